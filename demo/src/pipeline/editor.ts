import { freshId, h, setText } from "../dom.ts";
import { lineOf, type Range } from "./pointer.ts";

/** Something wrong in a text. */
export interface Mark {
  severity: "error" | "warning";
  message: string;
  /** What it is about, as a JSON Pointer or in words. */
  place: string;
  range: Range | undefined;
}

export interface EditorOptions {
  name: string;
  label: string;
  /** What is expected, in a line below the label. */
  hint?: string;
  rows: number;
}

/** A text field with line numbers and, below it, what is wrong with the text. */
export class Editor {
  readonly element: HTMLElement;
  readonly #area: HTMLTextAreaElement;
  readonly #gutter: HTMLElement;
  readonly #problems: HTMLUListElement;
  readonly #status: HTMLElement;
  #marks: readonly Mark[] = [];

  constructor({ name, label, hint, rows }: EditorOptions) {
    const [id, hintId, problemsId] = [freshId(name), freshId("hint"), freshId("problems")];
    this.#area = h("textarea", {
      id,
      rows,
      "data-testid": name,
      "spellcheck": "false",
      "autocapitalize": "off",
      "autocomplete": "off",
      "wrap": "off",
      "aria-describedby": `${hintId} ${problemsId}`,
    });
    this.#gutter = h("div", { "class": "editor-gutter", "aria-hidden": "true" });
    this.#problems = h("ul", { "class": "problems", "id": problemsId, "data-testid": `${name}-problems` });
    this.#status = h("p", { "class": "editor-status", "data-testid": `${name}-status` });
    this.element = h(
      "div",
      { class: "editor" },
      h("div", { class: "editor-head" }, h("label", { for: id }, label), this.#status),
      h("p", { class: "hint", id: hintId }, hint ?? ""),
      h("div", { class: "editor-frame" }, h("div", { class: "editor-clip" }, this.#gutter), this.#area),
      this.#problems,
    );
    this.#area.addEventListener("input", () => this.#number());
    this.#area.addEventListener("scroll", () => this.#follow());
    this.#number();
  }

  get value(): string {
    return this.#area.value;
  }

  set value(text: string) {
    if (this.#area.value === text) return;
    this.#area.value = text;
    this.#area.scrollTo(0, 0);
    this.marks = [];
    this.#number();
  }

  /** A word about the text as a whole, such as `valid`. */
  set status(text: string) {
    setText(this.#status, text);
  }

  get marks(): readonly Mark[] {
    return this.#marks;
  }

  set marks(marks: readonly Mark[]) {
    this.#marks = marks;
    const isWrong = marks.some((it) => it.severity === "error");
    this.#area.setAttribute("aria-invalid", String(isWrong));
    this.#problems.replaceChildren(...marks.map((mark) => this.#problem(mark)));
    this.#number();
  }

  onInput(listener: () => void): void {
    this.#area.addEventListener("input", listener);
  }

  /** Called when the user leaves a text that was changed. */
  onChange(listener: () => void): void {
    this.#area.addEventListener("change", listener);
  }

  select({ start, end }: Range): void {
    this.#area.focus();
    this.#area.setSelectionRange(start, end);
    const lineHeight = Number.parseFloat(getComputedStyle(this.#area).lineHeight);
    const top = (lineOf(this.value, start) - 1) * lineHeight;
    this.#area.scrollTo({ top: Math.max(0, top - this.#area.clientHeight / 3), left: 0 });
  }

  #problem(mark: Mark): HTMLLIElement {
    const words = [
      h("span", { class: "problem-severity" }, mark.severity),
      h("span", { class: "problem-message" }, mark.message),
      h("code", { class: "problem-place" }, mark.place),
    ];
    const range = mark.range;
    const row = range ? h("button", { type: "button" }, ...words) : h("div", {}, ...words);
    if (range) row.addEventListener("click", () => this.select(range));
    return h("li", { class: `problem problem-${mark.severity}` }, row);
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
    this.#gutter.style.transform = `translateY(${-this.#area.scrollTop}px)`;
  }
}
