import { h } from "../dom.ts";
import { type Column, type ModelCommands, ModelRow } from "./model-row.ts";
import { caution, obstacles } from "./room.ts";
import type { ModelShelf } from "./shelf.ts";

/** The models of the shelf, one a row. */
export class ModelsTable {
  readonly element: HTMLElement;
  readonly #body = h("tbody", {});
  readonly #shelf: ModelShelf;
  readonly #columns: readonly Column[];
  readonly #commands: Partial<ModelCommands>;
  readonly #rows = new Map<string, ModelRow>();
  #chosen = "";

  constructor(shelf: ModelShelf, columns: readonly Column[], commands: Partial<ModelCommands>) {
    this.#shelf = shelf;
    this.#columns = columns;
    this.#commands = commands;
    const heads = [...columns.map((it) => (it === "where" ? "Where" : it.title)), "Actions"];
    const cells = heads.map((it) => h("th", { scope: "col" }, it));
    const table = h("table", { class: "models" }, h("thead", {}, h("tr", {}, ...cells)), this.#body);
    this.element = h(
      "div",
      { "class": "scroller", "role": "region", "aria-label": "Models", "tabindex": 0 },
      table,
    );
    shelf.listen((change) => (change === "models" ? this.#refill() : this.show()));
    this.#refill();
  }

  /** The model that is going to be used. */
  set chosen(name: string) {
    this.#chosen = name;
    this.show();
  }

  /** Writes every fact anew: the columns know others. */
  rewrite(): void {
    this.#rows.clear();
    this.#refill();
  }

  show(): void {
    const { models, downloads, room } = this.#shelf;
    for (const model of models) {
      const warning = [...obstacles(model, room), caution(model, room)].join(" ").trim();
      const standing = {
        download: downloads.get(model.name),
        isChosen: model.name === this.#chosen,
        warning,
      };
      this.#rows.get(model.name)?.show(model, standing);
    }
  }

  #refill(): void {
    const { models } = this.#shelf;
    for (const name of this.#rows.keys()) {
      if (!models.some((it) => it.name === name)) this.#rows.delete(name);
    }
    const rows = models.map((model) => {
      const row = this.#rows.get(model.name) ?? new ModelRow(model, this.#columns, this.#commands);
      this.#rows.set(model.name, row);
      row.fill(model);
      return row.element;
    });
    // Moving an element takes the focus from what is in it.
    const isSame =
      rows.length === this.#body.children.length && rows.every((it, at) => it === this.#body.children[at]);
    if (!isSame) this.#body.replaceChildren(...rows);
    this.show();
  }
}
