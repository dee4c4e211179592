import { h, setText } from "../dom.ts";
import { clock, clockInWords } from "../format.ts";
import type { Peaks } from "./peaks.ts";
import type { Segment } from "./transcript.ts";

/** A bar of the waveform and the gap after it, in CSS pixels. */
const BAR = 2;
const GAP = 1;
/** How far the arrow keys go, in seconds. */
const STEP = 5;
/** Sound below this peak is drawn as quiet as it is; louder recordings are drawn to the full height. */
const QUIET = 0.02;

/** What a waveform shows; lengths in seconds. */
export interface Drawing {
  peaks: Peaks | undefined;
  seconds: number;
}

/**
 * The recording as a picture, to see how far the transcription is and to go anywhere in it. The picture is drawn when
 * the sound or the width changes; all that moves moves above it.
 */
export class Waveform {
  readonly element: HTMLElement;
  readonly #base = h("canvas", { "class": "wave-base", "aria-hidden": "true" });
  readonly #done = h("canvas", { "class": "wave-done", "aria-hidden": "true" });
  readonly #marks = h("canvas", { "class": "wave-marks", "aria-hidden": "true" });
  readonly #region = h("div", { class: "wave-region", hidden: true });
  readonly #head = h("div", { class: "wave-head", hidden: true });
  readonly #pointer = h("div", { class: "wave-pointer", hidden: true });
  readonly #pointed = h("span", {});
  readonly #slider: HTMLElement;
  readonly #note = h("p", { "class": "hint wave-note", "data-testid": "wave-note" });
  readonly #onSeek: (time: number) => void;
  #drawing: Drawing = { peaks: undefined, seconds: 0 };
  #segments: readonly Segment[] = [];
  #time = 0;

  constructor(onSeek: (time: number) => void) {
    this.#onSeek = onSeek;
    this.#pointer.append(this.#pointed);
    this.#slider = h(
      "div",
      {
        "class": "waveform",
        "role": "slider",
        "tabindex": 0,
        "aria-label": "Place in the recording",
        "aria-valuemin": 0,
        "data-testid": "waveform",
      },
      this.#base,
      this.#done,
      this.#marks,
      this.#region,
      this.#pointer,
      this.#head,
    );
    this.element = h("div", {}, this.#slider, this.#note);
    this.#slider.addEventListener("pointerdown", (event) => this.#grab(event));
    this.#slider.addEventListener("pointermove", (event) => this.#point(event));
    this.#slider.addEventListener("pointerleave", () => (this.#pointer.hidden = true));
    this.#slider.addEventListener("keydown", (event) => this.#step(event));
    new ResizeObserver(() => this.#redraw()).observe(this.#slider);
    // Colors of a canvas do not follow the page's by themselves.
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => this.#redraw());
    this.progress(0);
  }

  /** What is said below: why there is no picture, or that one is being made. */
  set note(text: string) {
    setText(this.#note, text);
  }

  /** Length of what is shown; 0 if it is not known. */
  get seconds(): number {
    return this.#drawing.seconds;
  }

  draw(drawing: Drawing): void {
    this.#drawing = drawing;
    this.#slider.setAttribute("aria-valuemax", String(Math.round(drawing.seconds)));
    this.#redraw();
  }

  /** Shows that so many seconds are transcribed. */
  progress(seconds: number): void {
    this.#done.style.clipPath = `inset(0 ${100 * (1 - this.#share(seconds))}% 0 0)`;
  }

  /** Shows where the segments of a transcription are: `fresh` came to those shown before. */
  mark(segments: readonly Segment[], fresh: readonly Segment[]): void {
    const isOther = segments !== this.#segments;
    this.#segments = segments;
    if (isOther) this.#markAll();
    else this.#drawMarks(fresh);
  }

  /** Shows what is heard: the place, and the segment around it. */
  follow(time: number, segment: Segment | undefined): void {
    this.#time = time;
    const { seconds } = this.#drawing;
    this.#head.hidden = seconds === 0;
    this.#head.style.left = `${100 * this.#share(time)}%`;
    this.#slider.setAttribute("aria-valuenow", String(Math.round(time)));
    this.#slider.setAttribute("aria-valuetext", `${clockInWords(time)} of ${clockInWords(seconds)}`);
    this.#region.hidden = segment === undefined || seconds === 0;
    if (!segment) return;
    this.#region.style.left = `${100 * this.#share(segment.start)}%`;
    this.#region.style.right = `${100 * (1 - this.#share(segment.end))}%`;
  }

  #share(time: number): number {
    const { seconds } = this.#drawing;
    return seconds > 0 ? Math.max(0, Math.min(1, time / seconds)) : 0;
  }

  #redraw(): void {
    const { peaks, seconds } = this.#drawing;
    const { clientWidth: width, clientHeight: height } = this.#base;
    if (width === 0) return;
    const columns = Math.floor(width / (BAR + GAP));
    const heights = peaks && seconds > 0 ? peaks.columns(columns, seconds) : new Float32Array(columns);
    const full = heights.reduce((most, it) => Math.max(most, it), QUIET);
    for (const canvas of [this.#base, this.#done]) {
      const context = prepare(canvas, width, height);
      if (!context) return;
      heights.forEach((peak, column) => {
        // Nearer to how loud it sounds than the samples are.
        const bar = Math.max(1, height * 0.92 * (peak / full) ** 0.7);
        context.fillRect(column * (BAR + GAP), (height - bar) / 2, BAR, bar);
      });
    }
    this.#markAll();
  }

  #markAll(): void {
    prepare(this.#marks, this.#marks.clientWidth, this.#marks.clientHeight);
    this.#drawMarks(this.#segments);
  }

  #drawMarks(segments: readonly Segment[]): void {
    const { clientWidth: width, clientHeight: height } = this.#marks;
    const context = this.#marks.getContext("2d");
    if (this.#drawing.seconds === 0 || !context) return;
    for (const { start, end } of segments) {
      const left = width * this.#share(start);
      context.fillRect(left, 0, Math.max(1, width * this.#share(end) - left - 1), height);
    }
  }

  #timeAt(event: PointerEvent): number {
    const { left, width } = this.#slider.getBoundingClientRect();
    return Math.max(0, Math.min(1, (event.clientX - left) / width)) * this.#drawing.seconds;
  }

  #grab(event: PointerEvent): void {
    if (event.button !== 0) return;
    this.#slider.setPointerCapture(event.pointerId);
    this.#onSeek(this.#timeAt(event));
  }

  #point(event: PointerEvent): void {
    if (this.#drawing.seconds === 0) return;
    const time = this.#timeAt(event);
    if (this.#slider.hasPointerCapture(event.pointerId)) this.#onSeek(time);
    this.#pointer.hidden = event.pointerType === "touch";
    this.#pointer.style.left = `${100 * this.#share(time)}%`;
    setText(this.#pointed, clock(time));
  }

  #step(event: KeyboardEvent): void {
    const places: { [key: string]: number } = {
      ArrowLeft: this.#time - STEP,
      ArrowDown: this.#time - STEP,
      ArrowRight: this.#time + STEP,
      ArrowUp: this.#time + STEP,
      PageDown: this.#time - 10 * STEP,
      PageUp: this.#time + 10 * STEP,
      Home: 0,
      End: this.#drawing.seconds,
    };
    const place = places[event.key];
    if (place === undefined || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    this.#onSeek(place);
  }
}

/** Clears a canvas for so many CSS pixels, to be drawn in its own text color. */
function prepare(canvas: HTMLCanvasElement, width: number, height: number): CanvasRenderingContext2D | null {
  canvas.width = Math.round(width * devicePixelRatio);
  canvas.height = Math.round(height * devicePixelRatio);
  const context = canvas.getContext("2d");
  if (!context) return null;
  context.scale(devicePixelRatio, devicePixelRatio);
  context.fillStyle = getComputedStyle(canvas).color;
  return context;
}
