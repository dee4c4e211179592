import { h } from "../dom.ts";
import { lineOf, type Range } from "./pointer.ts";
import type { Mark, Surface, SurfaceOptions } from "./surface.ts";

/** A text field with line numbers. */
export class PlainText implements Surface {
  readonly element: HTMLElement;
  readonly area: HTMLTextAreaElement;
  readonly #gutter = h("div", { "class": "editor-gutter", "aria-hidden": "true" });
  #marks: readonly Mark[] = [];

  constructor({ name, rows, onInput }: SurfaceOptions) {
    this.area = h("textarea", {
      rows,
      "data-testid": name,
      "spellcheck": "false",
      "autocapitalize": "off",
      "autocomplete": "off",
      "wrap": "off",
    });
    this.element = h(
      "div",
      { class: "editor-frame" },
      h("div", { class: "editor-clip" }, this.#gutter),
      this.area,
    );
    this.area.addEventListener("input", () => {
      this.#number();
      onInput();
    });
    this.area.addEventListener("scroll", () => this.#follow());
    this.#number();
  }

  get value(): string {
    return this.area.value;
  }

  set value(text: string) {
    this.area.value = text;
    this.area.scrollTo(0, 0);
    this.#number();
  }

  get selection(): Range {
    return { start: this.area.selectionStart, end: this.area.selectionEnd };
  }

  get hasFocus(): boolean {
    return document.activeElement === this.area;
  }

  focus(): void {
    this.area.focus();
  }

  select({ start, end }: Range): void {
    this.area.focus();
    this.area.setSelectionRange(start, end);
    const lineHeight = Number.parseFloat(getComputedStyle(this.area).lineHeight);
    const top = (lineOf(this.value, start) - 1) * lineHeight;
    this.area.scrollTo({ top: Math.max(0, top - this.area.clientHeight / 3), left: 0 });
  }

  mark(marks: readonly Mark[]): void {
    this.#marks = marks;
    this.area.setAttribute("aria-invalid", String(marks.some((it) => it.severity === "error")));
    this.#number();
  }

  #number(): void {
    const wrong = new Map<number, string>();
    for (const { range, severity } of this.#marks) {
      if (range) wrong.set(lineOf(this.value, range.start), severity);
    }
    const lines = lineOf(this.value, this.value.length);
    // A text of very many lines gets no numbers: they would cost more than they tell.
    if (lines > 5000) return this.#gutter.replaceChildren();
    const numbers = Array.from({ length: lines }, (_, index) => {
      const severity = wrong.get(index + 1);
      return h("span", { class: severity ? `line-${severity}` : undefined }, String(index + 1));
    });
    this.#gutter.replaceChildren(...numbers);
    this.#follow();
  }

  #follow(): void {
    this.#gutter.style.transform = `translateY(${-this.area.scrollTop}px)`;
  }
}
