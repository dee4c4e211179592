import type { InputValue } from "remotemedia";
import { freshId, h } from "../dom.ts";
import { counted } from "../format.ts";
import { Editor } from "./editor.ts";
import { InputError, inputsFrom } from "./json.ts";
import { placeIn } from "./pointer.ts";
import { Recordings } from "./recordings.ts";

type Kind = "json" | "recordings";

/** What goes into the pipeline: JSON values, or recordings. */
export class InputPanel {
  readonly element: HTMLElement;
  readonly recordings = new Recordings();
  readonly #editor = new Editor({
    name: "inputs",
    label: "Items",
    hint: "A JSON array, one entry per item. Empty: every source is called once with null.",
    rows: 7,
  });
  readonly #choices: Record<Kind, HTMLInputElement>;

  constructor() {
    const group = freshId("input-kind");
    this.#choices = { json: choice(group, "json"), recordings: choice(group, "recordings") };
    this.element = h(
      "fieldset",
      { class: "input-panel" },
      h("legend", {}, "Input"),
      h(
        "div",
        { class: "segments" },
        h("label", {}, this.#choices.json, h("span", {}, "JSON")),
        h("label", {}, this.#choices.recordings, h("span", {}, "Recordings")),
      ),
      this.#editor.element,
      this.recordings.element,
    );
    for (const input of Object.values(this.#choices)) input.addEventListener("change", () => this.#show());
    this.#editor.onInput(() => void this.#check());
    this.recordings.onChange(() => this.choose("recordings"));
    this.choose("json");
  }

  set json(text: string) {
    this.#editor.value = text;
    this.#check();
    this.choose("json");
  }

  choose(kind: Kind): void {
    this.#choices[kind].checked = true;
    this.#show();
  }

  /** What a run gets. Throws an {@link InputError} if that is no list of items, after marking the place. */
  read(): readonly (InputValue | File)[] | undefined {
    if (this.#choices.recordings.checked) {
      if (this.recordings.files.length === 0) throw new InputError("choose a recording first");
      return this.recordings.files;
    }
    const items = this.#check();
    if (items instanceof Error) {
      this.#editor.focus();
      throw items;
    }
    return items;
  }

  #check(): InputValue[] | undefined | InputError {
    const text = this.#editor.value;
    try {
      const items = inputsFrom(text);
      this.#editor.marks = [];
      this.#editor.status = items ? counted(items.length, "item") : "no inputs";
      return items;
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error);
      this.#editor.marks = [{ severity: "error", message, place: "inputs", range: placeIn(text, message) }];
      this.#editor.status = "";
      return new InputError(message);
    }
  }

  #show(): void {
    this.#editor.element.hidden = !this.#choices.json.checked;
    this.recordings.element.hidden = !this.#choices.recordings.checked;
  }
}

function choice(name: string, value: Kind): HTMLInputElement {
  return h("input", { "type": "radio", name, value, "data-testid": `input-${value}` });
}
