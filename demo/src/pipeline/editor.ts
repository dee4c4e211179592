import { freshId, h, setText } from "../dom.ts";
import { PlainText } from "./plain-text.ts";
import type { Range } from "./pointer.ts";
import type { Mark, Surface } from "./surface.ts";

export interface EditorOptions {
  name: string;
  label: string;
  /** What is expected, in a line below the label. */
  hint?: string;
  rows: number;
}

/** A field for a text and, below it, what is wrong with the text. */
export class Editor {
  readonly element: HTMLElement;
  protected readonly plain: PlainText;
  readonly #label: HTMLLabelElement;
  readonly #hint: HTMLElement;
  readonly #problems: HTMLUListElement;
  readonly #status: HTMLElement;
  readonly #listeners: (() => void)[] = [];
  #surface: Surface;
  #marks: readonly Mark[] = [];

  constructor({ name, label, hint, rows }: EditorOptions) {
    const [id, hintId, problemsId] = [freshId(name), freshId("hint"), freshId("problems")];
    this.#surface = this.plain = new PlainText({ name, label, rows, onInput: () => this.changed() });
    this.plain.area.id = id;
    this.plain.area.setAttribute("aria-describedby", `${hintId} ${problemsId}`);
    this.#label = h("label", { for: id }, label);
    this.#hint = h("p", { class: "hint", id: hintId }, hint ?? "");
    this.#problems = h("ul", { "class": "problems", "id": problemsId, "data-testid": `${name}-problems` });
    this.#status = h("p", { "class": "editor-status", "data-testid": `${name}-status` });
    this.element = h(
      "div",
      { class: "editor" },
      h("div", { class: "editor-head" }, this.#label, this.#status),
      this.#hint,
      this.plain.element,
      this.#problems,
    );
    // The label cannot name what is not a form's field.
    this.#label.addEventListener("click", () => this.focus());
  }

  get value(): string {
    return this.#surface.value;
  }

  set value(text: string) {
    if (this.value === text) return;
    this.#surface.value = text;
    this.marks = [];
  }

  /** A word about the text as a whole, such as `valid`. */
  set status(text: string) {
    setText(this.#status, text);
  }

  set hint(text: string) {
    setText(this.#hint, text);
  }

  get marks(): readonly Mark[] {
    return this.#marks;
  }

  set marks(marks: readonly Mark[]) {
    this.#marks = marks;
    this.#surface.mark(marks);
    this.#problems.replaceChildren(...marks.map((mark) => this.#problem(mark)));
  }

  onInput(listener: () => void): void {
    this.#listeners.push(listener);
  }

  /** Called when the user leaves a text that was changed. */
  onChange(listener: () => void): void {
    this.plain.area.addEventListener("change", listener);
  }

  focus(): void {
    this.#surface.focus();
  }

  select(range: Range): void {
    this.#surface.select(range);
  }

  /** The text has been changed by its user. */
  protected changed(): void {
    for (const listener of this.#listeners) listener();
  }

  /** From here on the text is written in another field; whoever writes goes on writing there. */
  protected replace(surface: Surface): void {
    const before = this.#surface;
    const { hasFocus } = before;
    this.#surface = surface;
    before.element.replaceWith(surface.element);
    surface.mark(this.#marks);
    if (hasFocus) surface.focus();
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
}
