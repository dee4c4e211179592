import { freshId, h, setText } from "../dom.ts";
import { clock, clockInWords } from "../format.ts";
import type { Segment } from "./transcript.ts";

/** One segment of the transcript: its time, which plays it, and its text. */
export class SegmentRow {
  readonly element: HTMLLIElement;
  readonly button: HTMLButtonElement;
  readonly #text: HTMLElement;
  #segment: Segment;
  #words: HTMLElement[] = [];
  #wordNow = -1;

  constructor(segment: Segment) {
    this.#segment = segment;
    const id = freshId("segment");
    this.button = h("button", {
      "type": "button",
      "class": "segment-time",
      "tabindex": -1,
      "aria-describedby": id,
    });
    this.#text = h("p", { id, class: "segment-text", dir: "auto" });
    this.element = h("li", { "class": "segment", "data-testid": "segment" }, this.button, this.#text);
    this.#show();
  }

  get segment(): Segment {
    return this.#segment;
  }

  /** Words that can be gone to; none without times of words. */
  get words(): readonly HTMLElement[] {
    return this.#words;
  }

  /** Takes what is known of the segment now. */
  set segment(segment: Segment) {
    this.#segment = segment;
    this.#show();
  }

  /** Whether this is what is heard. */
  set isNow(isNow: boolean) {
    this.element.classList.toggle("segment-now", isNow);
    if (isNow) this.button.setAttribute("aria-current", "true");
    else this.button.removeAttribute("aria-current");
    if (!isNow) this.wordNow = -1;
  }

  /** The word that is heard, by its place; -1 is none. */
  set wordNow(index: number) {
    if (index === this.#wordNow) return;
    this.#words[this.#wordNow]?.classList.remove("word-now");
    this.#words[index]?.classList.add("word-now");
    this.#wordNow = index;
  }

  #show(): void {
    const { start, text, words } = this.#segment;
    setText(this.button, clock(start));
    this.button.setAttribute("aria-label", `${clock(start)}: play from ${clockInWords(start)}`);
    if (words.length === 0) return setText(this.#text, text.trim());
    this.#words = words.map(({ word }, index) =>
      h("span", { "class": "word", "role": "button", "tabindex": -1, "data-word": index }, word.trim()),
    );
    // White space is between words, not of them.
    const spaces = words.map(({ word }, index) => (index > 0 && /^\s/.test(word) ? " " : ""));
    this.#text.replaceChildren(...this.#words.flatMap((it, index) => [spaces[index] ?? "", it]));
  }
}
