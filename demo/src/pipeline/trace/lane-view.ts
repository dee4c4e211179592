import { h, setText, svg } from "../../dom.ts";
import { type Lane, type Moment, momentInWords, type Span, spanInWords } from "./trace.ts";
import type { TimeWindow } from "./window.ts";

/** Something on a track that can be pointed at. */
export interface Item {
  element: HTMLButtonElement;
  start: number;
  end: number;
  words: string;
}

/** The lane of a run, a start-up or a node: its name, and a track with what took time and what happened. */
export class LaneView {
  readonly element: HTMLElement;
  readonly track = h("div", { class: "trace-track" });
  readonly #name = h("span", { class: "trace-name" });
  /** What took time, then what happened: each in the order in which it was told. */
  #spans: Item[] = [];
  #moments: Item[] = [];
  /** What the curves show, so that none is drawn twice. */
  readonly #drawn = new Map<HTMLElement, string>();

  constructor() {
    this.element = h("div", { "class": "trace-lane", "data-testid": "trace-lane" }, this.#name, this.track);
  }

  /** All that is on the track, by time. */
  get items(): Item[] {
    return [...this.#spans, ...this.#moments].toSorted((a, b) => a.start - b.start || b.end - a.end);
  }

  show({ name, spans, moments }: Lane, window: TimeWindow): void {
    setText(this.#name, name);
    this.#name.title = name;
    this.element.dataset["lane"] = name;
    this.#spans = spans.map((span, index) => this.#span(this.#spans[index], span, name));
    this.#moments = moments.map((moment, index) => this.#moment(this.#moments[index], moment, name));
    const wanted = [...this.#spans, ...this.#moments].map((it) => it.element);
    if (wanted.length !== this.track.childElementCount) this.track.replaceChildren(...wanted);
    this.place(window);
  }

  /** Puts everything where it is in another window. */
  place({ from, to }: TimeWindow): void {
    const width = to - from;
    for (const { element, start, end } of [...this.#spans, ...this.#moments]) {
      const [left, right] = [(start - from) / width, (end - from) / width];
      // Far outside there is nothing to draw, and numbers grow beyond what a page can lay out.
      const [first, last] = [Math.max(-0.02, left), Math.min(1.02, right)];
      element.classList.toggle("trace-outside", right < 0 || left > 1);
      element.style.left = `${first * 100}%`;
      element.style.width = `${Math.max(0, last - first) * 100}%`;
    }
  }

  #span(old: Item | undefined, span: Span, lane: string): Item {
    const element = old?.element ?? itemElement(`trace-span trace-${span.look}`);
    const words = `${lane}. ${spanInWords(span)}`;
    if (old?.words !== words) element.setAttribute("aria-label", words);
    element.classList.toggle("trace-measured", span.source === "measured");
    this.#draw(element, span);
    return { element, start: span.start, end: span.end, words };
  }

  #moment(old: Item | undefined, moment: Moment, lane: string): Item {
    if (old) return old;
    const element = itemElement(`trace-moment trace-${moment.kind}`);
    const words = `${lane}. ${momentInWords(moment)}`;
    element.setAttribute("aria-label", words);
    return { element, start: moment.at, end: moment.at, words };
  }

  /** Throughput as a curve within the span. It is cut where the span is, so that it is drawn only for the whole. */
  #draw(element: HTMLElement, { pace, start, end }: Span): void {
    const key = `${pace.length} ${start} ${end}`;
    if (pace.length < 3 || this.#drawn.get(element) === key) return;
    this.#drawn.set(element, key);
    const top = pace.reduce((most, it) => Math.max(most, it.y), 0) || 1;
    const points = pace.map(({ x, y }) => {
      const at = Math.min(100, Math.max(0, ((x * 1000 - start) / (end - start || 1)) * 100));
      return `${at.toFixed(2)} ${(20 - (y / top) * 17).toFixed(1)}`;
    });
    const curve = svg("svg", {
      "class": "trace-pace",
      "viewBox": "0 0 100 20",
      "preserveAspectRatio": "none",
      "aria-hidden": "true",
    });
    curve.append(svg("path", { d: `M${points[0]?.split(" ")[0] ?? 0} 20L${points.join("L")}V20Z` }));
    element.replaceChildren(curve);
  }
}

function itemElement(name: string): HTMLButtonElement {
  return h("button", { type: "button", class: `trace-item ${name}`, tabindex: -1 });
}
