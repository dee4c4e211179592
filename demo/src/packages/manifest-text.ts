import { h } from "../dom.ts";
import { LINE, pretty } from "../pipeline/json.ts";
import { ManifestEditor } from "../pipeline/manifest-editor.ts";
import { PlainText } from "../pipeline/plain-text.ts";
import { locate } from "../pipeline/pointer.ts";

/** The manifest of what is open: to be read where it is a package's, to be written for an executor without one. */
export class ManifestText {
  readonly element: HTMLElement;
  readonly editor = new ManifestEditor();
  readonly #read = new PlainText({
    name: "package-manifest",
    label: "Manifest",
    rows: 14,
    onInput: () => undefined,
  });
  readonly #details: HTMLDetailsElement;

  constructor() {
    this.#read.area.readOnly = true;
    this.#read.area.setAttribute("aria-label", "Manifest of the package");
    this.#details = h(
      "details",
      { class: "package-manifest" },
      h("summary", {}, "Manifest"),
      this.#read.element,
    );
    this.element = h("div", {}, this.#details, this.editor.element);
  }

  get value(): string {
    return this.#details.hidden ? this.editor.value : this.#read.value;
  }

  read(manifest: object): void {
    this.#read.value = pretty(manifest, LINE);
    this.#show(true);
  }

  write(manifest: object): void {
    this.editor.value = pretty(manifest, LINE);
    this.#show(false);
  }

  /** Shows a place of it, by its JSON Pointer. */
  select(path: string): void {
    const range = locate(this.value, path);
    if (!range) return;
    this.#details.open = true;
    (this.#details.hidden ? this.editor : this.#read).select(range);
  }

  #show(isRead: boolean): void {
    this.#details.hidden = !isRead;
    this.editor.element.hidden = isRead;
  }
}
