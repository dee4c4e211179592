import type { InputValue, Runtime } from "remotemedia";
import { ErrorPanel } from "../common/error-panel.ts";
import { save } from "../common/save.ts";
import { freshId, h } from "../dom.ts";
import { bytes } from "../format.ts";
import { fileName } from "./manifest-file.ts";
import {
  type Added,
  contentsOf,
  DESCRIBED,
  type Described,
  describedIn,
  entryName,
  FOLDER_NAMES,
  folderOf,
} from "./pack.ts";

/** A pipeline as it stands on the page. */
export interface Subject {
  runtime: Runtime;
  manifest: string;
  /** Gives its items; none where they are spoken. */
  inputs: (() => Promise<readonly InputValue[] | undefined>) | undefined;
  /** Source of its user's own nodes; may be empty. */
  python: string;
}

const LABELS: Described = {
  name: "Name",
  version: "Version",
  author: "Author",
  license: "Licence",
  description: "Description",
};
const HINT =
  "Files go where their names belong: models, media, Python modules and wheels, plugin nodes. " +
  "A node names a model of its package by its path, as models/ggml-tiny.bin.";

/** Packs a pipeline with what its user chooses, and saves it. Gives what was saved; undefined: they thought better of it. */
export function packed(subject: Subject): Promise<string | undefined> {
  const dialog = new PackDialog(subject);
  return dialog.asked();
}

class PackDialog {
  readonly #subject: Subject;
  readonly #element: HTMLDialogElement;
  readonly #fields: { [field in keyof Described]: HTMLInputElement };
  readonly #withInputs = check("pack-inputs");
  readonly #withPython = check("pack-python");
  readonly #files = h("ul", { "class": "pack-files", "data-testid": "pack-added" });
  readonly #error = new ErrorPanel();
  #added: (Added & { folder: HTMLSelectElement })[] = [];
  #saved: string | undefined;

  constructor(subject: Subject) {
    this.#subject = subject;
    const title = freshId("pack-title");
    const described = describedIn(subject.manifest);
    this.#fields = Object.fromEntries(
      DESCRIBED.map((it) => [it, h("input", { id: freshId(it), value: described[it], type: "text" })]),
    ) as { [field in keyof Described]: HTMLInputElement };
    this.#element = h(
      "dialog",
      { "class": "pack-dialog", "aria-labelledby": title, "data-testid": "pack-dialog" },
      h("h2", { id: title }, "Pack this pipeline"),
      this.#form(),
    );
    // Its keys are its own while it is open, not the view's.
    this.#element.addEventListener("keydown", (event) => event.stopPropagation());
  }

  asked(): Promise<string | undefined> {
    document.body.append(this.#element);
    this.#element.showModal();
    return new Promise((resolve) => {
      this.#element.addEventListener("close", () => {
        this.#element.remove();
        resolve(this.#saved);
      });
    });
  }

  #form(): HTMLFormElement {
    const { inputs, python } = this.#subject;
    const submit = h(
      "button",
      { "type": "submit", "class": "primary", "data-testid": "pack-save" },
      "Pack and download",
    );
    const cancel = h("button", { "type": "button", "data-testid": "pack-cancel" }, "Cancel");
    cancel.addEventListener("click", () => this.#element.close());
    const form = h(
      "form",
      { class: "pack-form", novalidate: true },
      ...DESCRIBED.map((it) => field(it, this.#fields[it])),
      ...(inputs ? [option(this.#withInputs, "The items, as its example")] : []),
      ...(python.trim() === "" ? [] : [option(this.#withPython, "Your Python nodes, as python/nodes.py")]),
      h("div", { class: "pack-more" }, this.#picker(), h("p", { class: "hint" }, HINT), this.#files),
      this.#error.element,
      h("div", { class: "dialog-actions" }, cancel, submit),
    );
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      void this.#pack();
    });
    return form;
  }

  #picker(): HTMLElement {
    const picker = h("input", {
      "type": "file",
      "id": freshId("pack-files"),
      "multiple": true,
      "data-testid": "pack-files",
    });
    picker.addEventListener("change", () => {
      for (const file of picker.files ?? []) this.#add(file);
      picker.value = "";
    });
    return h("label", { for: picker.id, class: "file-label" }, "Add files", picker);
  }

  #add(file: File): void {
    const name = entryName(file.name);
    const options = FOLDER_NAMES.map((it) => h("option", { value: it }, `${it}/`));
    const folder = h("select", { "aria-label": `Folder of ${name}` }, ...options);
    folder.value = folderOf(name);
    const remove = h("button", { "type": "button", "aria-label": `Leave out ${name}` }, "Leave out");
    const row = h(
      "li",
      {},
      folder,
      h("span", { class: "recording-name" }, name),
      h("span", { class: "recording-size" }, bytes(file.size)),
      remove,
    );
    const added = { path: name, content: file, folder };
    remove.addEventListener("click", () => {
      this.#added = this.#added.filter((it) => it !== added);
      row.remove();
    });
    this.#added.push(added);
    this.#files.append(row);
  }

  async #pack(): Promise<void> {
    const { runtime, manifest, inputs, python } = this.#subject;
    this.#error.clear();
    try {
      const items = this.#withInputs.checked ? await inputs?.() : undefined;
      const described = Object.fromEntries(DESCRIBED.map((it) => [it, this.#fields[it].value])) as Described;
      const contents = contentsOf({
        manifest,
        described,
        ...(items ? { inputs: items } : {}),
        ...(this.#withPython.checked ? { python } : {}),
        added: this.#added.map(({ path, content, folder }) => ({ path: `${folder.value}/${path}`, content })),
      });
      const content = await runtime.pack(contents);
      const name = fileName(contents.manifest).replace(/json$/, "rmpkg");
      save(name, content);
      this.#saved = `Packed as ${name}, ${bytes(content.size)}.`;
      this.#element.close();
    } catch (error) {
      this.#error.show(error);
    }
  }
}

function check(name: string): HTMLInputElement {
  return h("input", { "type": "checkbox", "checked": true, "data-testid": name });
}

function option(input: HTMLInputElement, words: string): HTMLElement {
  return h("label", { class: "check" }, input, h("span", {}, words));
}

function field(name: keyof Described, input: HTMLInputElement): HTMLElement {
  input.dataset["testid"] = `pack-${name}`;
  return h("p", { class: "pack-field" }, h("label", { for: input.id }, LABELS[name]), input);
}
