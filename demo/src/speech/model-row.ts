import { h, setText } from "../dom.ts";
import { bytes } from "../format.ts";
import {
  type Download,
  downloadInWords,
  isHere,
  languagesInWords,
  loadInWords,
  type Model,
  placeInWords,
} from "./models.ts";

/** What the user wants with a model. */
export interface ModelCommands {
  use: (name: string) => void;
  download: (name: string) => void;
  cancel: (name: string) => void;
  remove: (name: string) => void;
}

/** A model in the table of models. */
export class ModelRow {
  readonly element: HTMLTableRowElement;
  readonly #model: Model;
  readonly #place = h("span", { class: "model-place" });
  readonly #load = h("td", { "class": "number", "data-title": "Loads in" });
  readonly #bar: HTMLProgressElement;
  readonly #figures = h("span", { class: "hint" });
  readonly #buttons: { [command in keyof ModelCommands]: HTMLButtonElement };

  constructor(model: Model, commands: ModelCommands) {
    this.#model = model;
    const { name, title, memory, licence } = model;
    this.#bar = h("progress", { "aria-label": `Download of ${title}` });
    const button = (command: keyof ModelCommands, label: string): HTMLButtonElement => {
      const it = h("button", { "type": "button", "aria-label": `${label} ${title}` }, label);
      it.addEventListener("click", () => commands[command](name));
      return it;
    };
    this.#buttons = {
      use: button("use", "Use"),
      download: button("download", "Download"),
      cancel: button("cancel", "Cancel"),
      remove: button("remove", "Delete"),
    };
    this.element = h(
      "tr",
      { "data-testid": "model-row", "data-model": name },
      h(
        "th",
        { scope: "row" },
        h("span", { class: "model-title" }, title),
        h("span", { class: "hint" }, licence),
      ),
      h("td", { "data-title": "Download" }, sizeOf(model.bytes)),
      h("td", { "data-title": "Memory" }, sizeOf(memory)),
      h("td", { "data-title": "Languages" }, languagesInWords(model)),
      h("td", { "data-title": "Where" }, this.#place, this.#bar, this.#figures),
      this.#load,
      h("td", { class: "model-actions" }, ...Object.values(this.#buttons)),
    );
  }

  show(download: Download | undefined, loadMs: number | undefined, isChosen: boolean): void {
    const model = this.#model;
    const isLoading = download?.state === "loading";
    this.element.dataset["place"] = isLoading ? "loading" : model.place;
    setText(this.#place, placeInWords(model, download));
    setText(this.#load, loadInWords(loadMs));
    setText(this.#figures, download ? told(download) : "");
    this.#bar.hidden = !isLoading;
    if (isLoading && download.total !== null) {
      [this.#bar.max, this.#bar.value] = [Math.max(download.total, 1), download.loaded];
    } else this.#bar.removeAttribute("value");
    this.#buttons.use.hidden = isChosen || isLoading;
    this.#buttons.download.hidden = isHere(model) || isLoading;
    setText(this.#buttons.download, model.place === "partial" ? "Resume" : "Download");
    this.#buttons.cancel.hidden = !isLoading;
    this.#buttons.remove.hidden = isLoading || (model.place !== "stored" && model.place !== "partial");
  }
}

function sizeOf(size: number | undefined): string {
  return size === undefined ? "" : bytes(size);
}

function told(download: Download): string {
  if (download.state === "loading") return downloadInWords(download);
  return download.error instanceof Error ? download.error.message : String(download.error);
}
