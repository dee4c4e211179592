import { h, setText } from "../dom.ts";
import { type Download, downloadInWords, isHere, type Model, placeInWords } from "./models.ts";

/** What the user wants with a model. */
export interface ModelCommands {
  use: (name: string) => void;
  download: (name: string) => void;
  pause: (name: string) => void;
  remove: (name: string) => void;
}

const LABELS: Record<keyof ModelCommands, string> = {
  use: "Use",
  download: "Download",
  pause: "Pause",
  remove: "Delete",
};

/** A column of a table of models: one of facts, or the one that tells where a model is. */
export type Column =
  | "where"
  | {
      title: string;
      /** Figures stay on one line. */
      isFigure?: boolean;
      fill: (model: Model) => (Node | string)[];
    };

/** How a model stands. */
export interface Standing {
  download: Download | undefined;
  isChosen: boolean;
  /** What the user should know before it is downloaded or used. */
  warning: string;
}

/** A model in a table of models. */
export class ModelRow {
  readonly element: HTMLTableRowElement;
  readonly #columns: readonly Column[];
  readonly #cells: HTMLTableCellElement[];
  readonly #place = h("span", { class: "model-place" });
  readonly #bar: HTMLProgressElement;
  readonly #figures = h("span", { class: "hint" });
  readonly #warning = h("span", { class: "model-warning", hidden: true });
  readonly #buttons: Partial<Record<keyof ModelCommands, HTMLButtonElement>> = {};
  readonly #title: string;
  #filled: Model | undefined;

  constructor({ name, title }: Model, columns: readonly Column[], commands: Partial<ModelCommands>) {
    this.#title = title;
    this.#columns = columns;
    this.#bar = h("progress", { "aria-label": `Download of ${title}` });
    this.#cells = columns.map((column, at) => {
      if (at === 0) return h("th", { scope: "row" });
      if (column !== "where") {
        return h("td", { "data-title": column.title, "class": column.isFigure ? "figure-cell" : undefined });
      }
      return h("td", { "data-title": "Where" }, this.#place, this.#bar, this.#figures, this.#warning);
    });
    for (const command of Object.keys(LABELS) as (keyof ModelCommands)[]) {
      const action = commands[command];
      if (!action) continue;
      const button = h("button", { "type": "button", "data-command": command });
      button.addEventListener("click", () => action(name));
      this.#label((this.#buttons[command] = button), LABELS[command]);
    }
    const actions = h("td", { class: "model-actions" }, ...Object.values(this.#buttons));
    this.element = h("tr", { "data-testid": "model-row", "data-model": name }, ...this.#cells, actions);
  }

  /** Writes what is known of the model, if that is not what was written last. */
  fill(model: Model): void {
    if (this.#filled === model) return;
    this.#filled = model;
    this.#columns.forEach((column, at) => {
      if (column !== "where") this.#cells[at]?.replaceChildren(...column.fill(model));
    });
  }

  show(model: Model, { download, isChosen, warning }: Standing): void {
    const isLoading = download?.state === "loading";
    this.element.dataset["place"] = isLoading ? "loading" : model.place;
    setText(this.#place, placeInWords(model, download));
    setText(this.#figures, figures(model, download));
    setText(this.#warning, warning);
    this.#warning.hidden = warning === "" || isLoading;
    this.#bar.hidden = !isLoading;
    if (isLoading && download.total !== null) {
      [this.#bar.max, this.#bar.value] = [Math.max(download.total, 1), download.loaded];
    } else this.#bar.removeAttribute("value");
    const { use, download: fetch, pause, remove } = this.#buttons;
    const focused = document.activeElement;
    if (use) use.hidden = isChosen || isLoading;
    if (fetch) {
      fetch.hidden = isHere(model) || isLoading;
      this.#label(fetch, model.place === "partial" ? "Resume" : LABELS.download);
    }
    if (pause) pause.hidden = !isLoading;
    if (remove) remove.hidden = isLoading || (model.place !== "stored" && model.place !== "partial");
    this.#keepFocus(focused);
  }

  #label(button: HTMLButtonElement, label: string): void {
    setText(button, label);
    button.setAttribute("aria-label", `${label} ${this.#title}`);
  }

  /** The hand that pressed a button finds the one that takes its place. */
  #keepFocus(focused: Element | null): void {
    const buttons = Object.values(this.#buttons);
    if (buttons.some((it) => it === focused && it.hidden)) buttons.find((it) => !it.hidden)?.focus();
  }
}

function figures(model: Model, download: Download | undefined): string {
  if (download?.state === "loading") return downloadInWords(download);
  if (download?.state === "failed") {
    return download.error instanceof Error ? download.error.message : String(download.error);
  }
  return model.place === "partial" ? downloadInWords({ loaded: model.kept, total: model.bytes ?? null }) : "";
}
