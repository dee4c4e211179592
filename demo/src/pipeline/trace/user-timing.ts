import { type Moment, momentInWords, type Span, type Trace } from "./trace.ts";

/** The most entries that a run leaves in the page's timeline. */
const MOST = 1000;
const GROUP = "RemoteMedia";
const COLORS = {
  run: "primary",
  load: "secondary",
  rust: "tertiary",
  python: "primary-dark",
  node: "tertiary-light",
} as const;

/** Where entries go; `performance`, or what stands for it in a test. */
export type Timing = Pick<Performance, "mark" | "measure" | "clearMarks" | "clearMeasures">;

/** Writes runs into the page's User Timing, so that the browser's profiler shows them on tracks of their own. */
export class UserTiming {
  readonly #timing: Timing;
  #measures = new Set<string>();
  #marks = new Set<string>();

  constructor(timing: Timing = performance) {
    this.#timing = timing;
  }

  /** Writes a run that is over, in place of the one before. */
  publish({ lanes, origin }: Trace): void {
    this.clear();
    const spans = lanes.flatMap((lane) => lane.spans.map((span) => ({ lane: lane.name, span })));
    for (const { lane, span } of spans.slice(0, MOST)) this.#measure(lane, span, origin);
    const moments = lanes.flatMap((lane) => lane.moments.map((moment) => ({ lane: lane.name, moment })));
    for (const { lane, moment } of moments.slice(0, Math.max(0, MOST - spans.length))) {
      this.#mark(lane, moment, origin);
    }
  }

  /** Takes away what was written, and nothing else. */
  clear(): void {
    for (const name of this.#measures) this.#timing.clearMeasures(name);
    for (const name of this.#marks) this.#timing.clearMarks(name);
    this.#measures.clear();
    this.#marks.clear();
  }

  #measure(track: string, span: Span, origin: number): void {
    const name = `${GROUP}: ${track}: ${span.name}`;
    const properties = [["source", span.source], ...(span.facts ? [["facts", span.facts]] : [])];
    const color = COLORS[span.look];
    const devtools = { dataType: "track-entry", track, trackGroup: GROUP, color, properties };
    this.#timing.measure(name, {
      start: origin + span.start,
      end: origin + span.end,
      detail: { devtools },
    });
    this.#measures.add(name);
  }

  #mark(track: string, moment: Moment, origin: number): void {
    const name = `${GROUP}: ${track}: ${moment.name}`;
    const color = moment.kind === "failed" ? "error" : "secondary-light";
    const devtools = { dataType: "marker", color, tooltipText: momentInWords(moment) };
    this.#timing.mark(name, { startTime: origin + moment.at, detail: { devtools } });
    this.#marks.add(name);
  }
}
