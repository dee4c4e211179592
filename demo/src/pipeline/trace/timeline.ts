import { h, svg } from "../../dom.ts";
import { milliseconds } from "../../format.ts";
import { ticks } from "../series.ts";
import { type Item, LaneView } from "./lane-view.ts";
import type { Trace } from "./trace.ts";
import { around, moved, showing, type TimeWindow, within, zoomed } from "./window.ts";

/** How much one step of the size changes it. */
const STEP = 1.6;

/** The lanes of a trace over time: a window of it, which mouse, wheel and keys move. */
export class Timeline {
  readonly element: HTMLElement;
  readonly #axis = svg("svg", { "class": "trace-axis", "aria-hidden": "true" });
  readonly #head = h(
    "div",
    { class: "trace-lane trace-head" },
    h("span", { class: "trace-name" }),
    this.#axis,
  );
  readonly #lanes = h("div", { class: "trace-lanes" }, this.#head);
  readonly #tip = h("div", {
    "class": "trace-tip",
    "role": "tooltip",
    "data-testid": "trace-tip",
    "hidden": true,
  });
  readonly #choice = h("div", { class: "trace-choice", hidden: true });
  #views: LaneView[] = [];
  #length = 0;
  /** Undefined: all of it, however long it gets. */
  #window: TimeWindow | undefined;
  #current: Item | undefined;

  constructor() {
    this.element = h(
      "div",
      { "class": "timeline", "role": "group", "aria-label": "Timeline", "data-testid": "timeline" },
      this.#lanes,
      this.#choice,
      this.#tip,
    );
    this.element.addEventListener("keydown", (event) => this.#onKey(event));
    this.element.addEventListener("click", (event) => this.#onClick(event));
    this.element.addEventListener("focusin", (event) => this.#point(event));
    this.element.addEventListener("focusout", () => this.#leave());
    this.element.addEventListener("pointerover", (event) => this.#point(event));
    this.element.addEventListener("pointerleave", () => this.#leave());
    this.element.addEventListener("wheel", (event) => this.#onWheel(event), { passive: false });
    this.#lanes.addEventListener("pointerdown", (event) => this.#choose(event));
    new ResizeObserver(() => this.#drawAxis()).observe(this.#axis);
  }

  /** The window that is shown. */
  get window(): TimeWindow {
    return this.#window ?? { from: 0, to: Math.max(this.#length, 0.05) };
  }

  show({ lanes, length }: Trace): void {
    this.#length = length;
    while (this.#views.length < lanes.length) this.#views.push(new LaneView());
    if (this.#views.length > lanes.length) this.#views.length = lanes.length;
    lanes.forEach((lane, index) => this.#views[index]?.show(lane, this.window));
    if (this.#lanes.childElementCount !== lanes.length + 1) {
      this.#lanes.replaceChildren(this.#head, ...this.#views.map((it) => it.element));
    }
    this.#settle();
    this.#drawAxis();
  }

  /** Another run: all of it, from nothing on. */
  reset(): void {
    this.#views = [];
    this.#window = undefined;
    this.#current = undefined;
    this.#lanes.replaceChildren(this.#head);
    this.#leave();
  }

  /** Shows less or more of it. */
  zoom(isIn: boolean): void {
    this.#look(zoomed(this.window, isIn ? 1 / STEP : STEP, this.#length));
  }

  /** Shows what was before or comes after. */
  move(share: number): void {
    this.#look(moved(this.window, share, this.#length));
  }

  whole(): void {
    this.#look(undefined);
  }

  #look(window: TimeWindow | undefined): void {
    const isWhole = !window || window.to - window.from >= this.#length;
    this.#window = isWhole ? undefined : window;
    for (const view of this.#views) view.place(this.window);
    this.#drawAxis();
  }

  /** One item is where Tab leads to. */
  #settle(): void {
    const elements = this.#views.flatMap((view) => view.items);
    const same = elements.find((it) => it.element === this.#current?.element);
    this.#current = same ?? elements[0];
    for (const { element } of elements) element.tabIndex = element === this.#current?.element ? 0 : -1;
  }

  #itemAt(target: EventTarget | null): Item | undefined {
    const element = target instanceof Element ? target.closest(".trace-item") : null;
    if (!element) return undefined;
    return this.#views.flatMap((view) => view.items).find((it) => it.element === element);
  }

  #onClick(event: Event): void {
    const item = this.#itemAt(event.target);
    if (item) this.#look(around(item, this.#length));
  }

  #onKey(event: KeyboardEvent): void {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const acts: { [key: string]: () => void } = {
      "+": () => this.zoom(true),
      "-": () => this.zoom(false),
      "0": () => this.whole(),
      "ArrowRight": () => this.#step(1),
      "ArrowLeft": () => this.#step(-1),
      "ArrowDown": () => this.#change(1),
      "ArrowUp": () => this.#change(-1),
      "Home": () => this.#step(-Infinity),
      "End": () => this.#step(Infinity),
    };
    const act = event.key === "Escape" && !this.#tip.hidden ? () => this.#leave() : acts[event.key];
    if (!act) return;
    event.preventDefault();
    act();
  }

  /** Goes so many items on within the lane. */
  #step(by: number): void {
    const view = this.#views.find((it) => it.items.some(({ element }) => element === this.#current?.element));
    const items = view?.items ?? [];
    const index = items.findIndex(({ element }) => element === this.#current?.element);
    this.#go(items[Math.max(0, Math.min(items.length - 1, index + by))]);
  }

  /** Goes to the next lane with anything in it, to what is there at about the same time. */
  #change(by: 1 | -1): void {
    const current = this.#current;
    const at = this.#views.findIndex((it) => it.items.some(({ element }) => element === current?.element));
    const beyond = by > 0 ? this.#views.slice(at + 1) : this.#views.slice(0, at).toReversed();
    const items = beyond.find((it) => it.items.length > 0)?.items ?? [];
    const distance = (it: Item): number => Math.abs(it.start - (current?.start ?? 0));
    this.#go(items.reduce<Item | undefined>((a, b) => (a && distance(a) <= distance(b) ? a : b), undefined));
  }

  #go(item: Item | undefined): void {
    if (!item) return;
    this.#current = item;
    this.#settle();
    if (this.#window) this.#look(showing(this.#window, item, this.#length));
    item.element.focus();
  }

  /** Says what is pointed at, by mouse or keys. */
  #point(event: Event): void {
    if (event.target instanceof Node && this.#tip.contains(event.target)) return;
    const item = this.#itemAt(event.target);
    if (!item) return void (event.type === "pointerover" && this.#leave());
    if (event.type === "focusin") {
      this.#current = item;
      this.#settle();
    }
    this.#tip.textContent = item.words;
    this.#tip.hidden = false;
    const [box, around] = [item.element.getBoundingClientRect(), this.element.getBoundingClientRect()];
    const left = Math.max(0, Math.min(box.left - around.left, around.width - this.#tip.offsetWidth));
    this.#tip.style.left = `${left}px`;
    this.#tip.style.top = `${box.bottom - around.top + 4}px`;
  }

  #leave(): void {
    this.#tip.hidden = true;
  }

  /** A wheel scrolls the page as everywhere; with Control it changes the window around the pointer. */
  #onWheel(event: WheelEvent): void {
    if (!event.ctrlKey) return;
    event.preventDefault();
    const factor = Math.exp(Math.max(-100, Math.min(100, event.deltaY)) / 250);
    this.#look(zoomed(this.window, factor, this.#length, this.#timeAt(event.clientX)));
  }

  /** A mouse that is dragged over the tracks chooses a window. */
  #choose(event: PointerEvent): void {
    if (event.pointerType !== "mouse" || event.button !== 0 || this.#itemAt(event.target)) return;
    event.preventDefault();
    const stop = new AbortController();
    const onMove = (move: PointerEvent): void => this.#mark(event.clientX, move.clientX);
    const onUp = (up: PointerEvent): void => {
      stop.abort();
      this.#choice.hidden = true;
      const [from, to] = [event.clientX, up.clientX].toSorted((a, b) => a - b);
      if (from === undefined || to === undefined || to - from < 5) return;
      this.#look(within({ from: this.#timeAt(from), to: this.#timeAt(to) }, this.#length));
    };
    addEventListener("pointermove", onMove, { signal: stop.signal });
    addEventListener("pointerup", onUp, { signal: stop.signal });
    addEventListener("pointercancel", () => stop.abort(), { signal: stop.signal });
  }

  #mark(a: number, b: number): void {
    const [from, to] = [Math.min(a, b), Math.max(a, b)];
    this.#choice.hidden = false;
    this.#choice.style.left = `${from - this.element.getBoundingClientRect().left}px`;
    this.#choice.style.width = `${to - from}px`;
  }

  #timeAt(x: number): number {
    const { left, width } = this.#axis.getBoundingClientRect();
    const { from, to } = this.window;
    const share = Math.min(1, Math.max(0, (x - left) / Math.max(width, 1)));
    return from + share * (to - from);
  }

  #drawAxis(): void {
    const width = this.#axis.clientWidth;
    if (width === 0) return;
    const { from, to } = this.window;
    const marks = ticks(from, to, Math.max(2, Math.floor(width / 90))).flatMap((at) => {
      const x = ((at - from) / (to - from)) * width;
      const end = x > width - 40 ? "end" : x < 20 ? "start" : "middle";
      return [
        svg("path", { d: `M${x.toFixed(1)} 16v6` }),
        svg("text", { "x": x.toFixed(1), "y": 11, "text-anchor": end }, milliseconds(at)),
      ];
    });
    this.#axis.replaceChildren(...marks);
  }
}
