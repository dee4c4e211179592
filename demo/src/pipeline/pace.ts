import type { Line } from "./series.ts";

/** Milliseconds that a present rate is taken over. */
const WINDOW = 2000;
/** Less than this is no span to speak of a rate: news come in batches. */
const LEAST = 50;
/** Marks that are kept; of more every other one is dropped. */
const KEPT = 240;

interface Mark {
  at: number;
  done: number;
}

/** How much a node had done when, as its events told it: throughput now, and over time. */
export class Pace {
  #marks: Mark[] = [];

  /** `done` in whatever unit the node counts, `at` in milliseconds. */
  note(done: number, at: number): void {
    const last = this.#marks.at(-1);
    if (last?.at === at) last.done = done;
    else this.#marks.push({ at, done });
    if (this.#marks.length > KEPT) this.#marks = this.#marks.filter((_, index) => index % 2 === 0);
  }

  /** Units a second over the last two seconds; undefined before there is a span to measure. */
  now(at: number): number | undefined {
    const since = at - WINDOW;
    const inside = this.#marks.findIndex((it) => it.at >= since);
    // The mark before the window says how much was done when it began.
    const first = this.#marks[inside < 0 ? this.#marks.length - 1 : Math.max(0, inside - 1)];
    const last = this.#marks.at(-1);
    if (!first || !last || at - first.at < LEAST) return undefined;
    return ((last.done - first.done) / (at - first.at)) * 1000;
  }

  /** Units a second from one mark to the next; x in seconds since `start`. At most `points` of them. */
  series(start: number, points = 60): Line {
    const step = Math.max(1, Math.ceil((this.#marks.length - 1) / points));
    const marks = this.#marks.filter((_, index) => index % step === 0 || index === this.#marks.length - 1);
    return marks.slice(1).flatMap((mark, index) => {
      const before = marks[index];
      if (!before || mark.at <= before.at) return [];
      return [{ x: (mark.at - start) / 1000, y: ((mark.done - before.done) / (mark.at - before.at)) * 1000 }];
    });
  }
}
