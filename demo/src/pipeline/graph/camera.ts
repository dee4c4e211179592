import { h, setText } from "../../dom.ts";
import { percent } from "../../format.ts";
import { LEGIBLE, type Point } from "./plan.ts";

const SMALLEST = 0.03;
const LARGEST = 2;
const STEP = 1.25;
/** Below this size a card shows its name only. */
const FAR = 0.45;
/** Below this one nothing but its colour. */
const MAP = 0.14;

/** How large the sheet is shown, and which part of it: buttons, keys, wheel, dragging. */
export class Camera {
  readonly tools: HTMLElement;
  readonly #box: HTMLElement;
  readonly #field: HTMLElement;
  readonly #sheet: HTMLElement;
  readonly #scale = h("output", { "class": "graph-scale", "data-testid": "graph-scale" });
  #size: Point = { x: 0, y: 0 };
  #room: Point = { x: 0, y: 0 };
  #zoom = 1;
  /** The smallest size that fitting may choose; undefined: the user chose a size. */
  #floor: number | undefined = LEGIBLE;

  /** `box` scrolls, `field` is as large as the sheet is shown, `sheet` is drawn at its own size. */
  constructor(box: HTMLElement, field: HTMLElement, sheet: HTMLElement) {
    [this.#box, this.#field, this.#sheet] = [box, field, sheet];
    const tool = (name: string, label: string, text: string, act: () => void): HTMLButtonElement => {
      const button = h(
        "button",
        { "type": "button", "data-testid": name, "aria-label": label, "title": label },
        text,
      );
      button.addEventListener("click", act);
      return button;
    };
    this.tools = h(
      "div",
      { "class": "graph-tools", "role": "group", "aria-label": "Size of the graph" },
      tool("zoom-out", "Smaller", "−", () => this.by(1 / STEP)),
      this.#scale,
      tool("zoom-in", "Larger", "+", () => this.by(STEP)),
      tool("zoom-fit", "Fit all of it into the box", "Fit", () => this.fit()),
    );
    box.addEventListener("wheel", (event) => this.#onWheel(event), { passive: false });
    box.addEventListener("pointerdown", (event) => this.#drag(event));
  }

  /** There is another sheet, or other room for it; in pixels. */
  show(size: Point, room: Point): void {
    [this.#size, this.#room] = [size, room];
    if (this.#floor === undefined) this.#apply(this.#zoom);
    else this.#apply(this.#fitting(this.#floor));
  }

  /** Brings a place of the sheet into the middle, as far as there is more on all sides. */
  center({ x, y }: Point): void {
    this.#box.scrollTo(x * this.#zoom - this.#room.x / 2, y * this.#zoom - this.#box.clientHeight / 2);
  }

  /** As large as all of it can be shown, and again when the room changes. */
  fit(): void {
    this.#floor = SMALLEST;
    this.#apply(this.#fitting(SMALLEST));
    this.#box.scrollTo(0, 0);
  }

  /** Changes the size; what is in the middle, or at a place of the box, stays there. */
  by(factor: number, at: Point = { x: this.#box.clientWidth / 2, y: this.#box.clientHeight / 2 }): void {
    this.#floor = undefined;
    const before = this.#zoom;
    const scroll = { x: this.#box.scrollLeft + at.x, y: this.#box.scrollTop + at.y };
    this.#apply(before * factor);
    const grown = this.#zoom / before;
    this.#box.scrollTo(scroll.x * grown - at.x, scroll.y * grown - at.y);
  }

  #fitting(floor: number): number {
    const { x, y } = this.#size;
    return Math.max(floor, Math.min(1, this.#room.x / Math.max(x, 1), this.#room.y / Math.max(y, 1)));
  }

  #apply(zoom: number): void {
    this.#zoom = Math.min(LARGEST, Math.max(SMALLEST, zoom));
    this.#sheet.style.transform = `scale(${this.#zoom})`;
    this.#field.style.width = `${this.#size.x * this.#zoom}px`;
    this.#field.style.height = `${this.#size.y * this.#zoom}px`;
    this.#sheet.classList.toggle("sheet-far", this.#zoom < FAR);
    this.#sheet.classList.toggle("sheet-map", this.#zoom < MAP);
    setText(this.#scale, percent(this.#zoom));
  }

  /** A wheel scrolls the page as everywhere; with Control, as a pinch sends it, it changes the size. */
  #onWheel(event: WheelEvent): void {
    if (!event.ctrlKey) return;
    event.preventDefault();
    const { left, top } = this.#box.getBoundingClientRect();
    const turn = Math.max(-100, Math.min(100, event.deltaY));
    this.by(Math.exp(-turn / 250), { x: event.clientX - left, y: event.clientY - top });
  }

  /** A mouse drags the paper; fingers scroll it by themselves. */
  #drag(event: PointerEvent): void {
    // Neither cards nor scroll bars are paper.
    const onPaper = this.#field.contains(event.target as Node) && !(event.target as Element).closest(".node");
    if (event.pointerType !== "mouse" || event.button !== 0 || !onPaper) return;
    const start = { x: this.#box.scrollLeft + event.clientX, y: this.#box.scrollTop + event.clientY };
    const stop = new AbortController();
    const onMove = (move: PointerEvent): void =>
      this.#box.scrollTo(start.x - move.clientX, start.y - move.clientY);
    this.#box.classList.add("graph-dragged");
    const over = (): void => {
      stop.abort();
      this.#box.classList.remove("graph-dragged");
    };
    addEventListener("pointermove", onMove, { signal: stop.signal });
    addEventListener("pointerup", over, { signal: stop.signal });
    addEventListener("pointercancel", over, { signal: stop.signal });
  }
}
