import type { Runtime } from "remotemedia";
import { h, setText } from "../dom.ts";
import { bytes } from "../format.ts";
import { downloadIfMeant, removeIfMeant } from "../models/consent.ts";
import type { Column } from "../models/model-row.ts";
import { languagesInWords, loadInWords, type Model, sizeInWords } from "../models/models.ts";
import { ModelsTable } from "../models/models-table.ts";
import { ownFiles } from "../models/own-files.ts";
import type { ModelShelf } from "../models/shelf.ts";

/** What the panel tells the view. */
interface Listeners {
  /** The runtime knows other models, or they are elsewhere now. */
  onModels: (models: readonly Model[]) => void;
  onUse: (name: string) => void;
  say: (text: string) => void;
  onError: (error: unknown) => void;
}

/** The models to transcribe with: what they need, where they are. */
export class ModelsPanel {
  readonly element: HTMLElement;
  readonly #storage = h("p", { "class": "hint", "data-testid": "storage" });
  readonly #listeners: Listeners;
  readonly #shelf: ModelShelf;
  readonly #table: ModelsTable;
  readonly #loadMs = new Map<string, number>();

  constructor(shelf: ModelShelf, listeners: Listeners) {
    this.#shelf = shelf;
    this.#listeners = listeners;
    this.#table = new ModelsTable(shelf, this.#columns(), {
      use: (name) => listeners.onUse(name),
      download: (name) => this.download(name),
      pause: (name) => shelf.pause(name),
      remove: (name) => void this.#remove(name),
    });
    this.element = h(
      "div",
      { "class": "models-view", "data-testid": "models" },
      this.#table.element,
      ownFiles((name, files) => void this.#add(name, files)),
      this.#storage,
    );
    shelf.listen((change) => change === "models" && this.#changed());
  }

  /** Gets the models of a runtime. */
  async connect(runtime: Runtime): Promise<void> {
    await this.#shelf.connect(runtime);
    // Another view may have had them before.
    this.#changed();
  }

  /** The model that is going to be used. */
  set chosen(name: string) {
    this.#table.chosen = name;
  }

  /** Notes how long it took to make a model ready. */
  measured(name: string, ms: number): void {
    this.#loadMs.set(name, ms);
    this.#table.rewrite();
  }

  download(name: string): void {
    void this.#download(name);
  }

  async #download(name: string): Promise<void> {
    const { state } = await downloadIfMeant(this.#shelf, name);
    if (state === "here") this.#listeners.say(`${this.#shelf.title(name)} is here`);
  }

  /** Takes files of the user as a model, and has it used. */
  async #add(name: string, files: readonly File[]): Promise<void> {
    const outcome = await this.#shelf.load(name, files);
    if (outcome.state === "here") this.#listeners.onUse(name);
    else if (outcome.state === "failed") this.#listeners.onError(outcome.error);
  }

  async #remove(name: string): Promise<void> {
    const title = this.#shelf.title(name);
    try {
      if (await removeIfMeant(this.#shelf, name)) this.#listeners.say(`${title} is deleted`);
    } catch (error) {
      this.#listeners.onError(error);
    }
  }

  /** Shows the models, and says how much room they take, and how much there is where the browser tells. */
  #changed(): void {
    this.#listeners.onModels(this.#shelf.models);
    const { storage } = this.#shelf;
    if (!storage) return;
    const { kind, used, available } = storage;
    const free = available === null ? "" : `, about ${bytes(available)} are free for this site`;
    const lost = kind === "memory" ? " This browser keeps them only as long as this page is open." : "";
    setText(this.#storage, `Models take ${bytes(used)}${free}.${lost}`);
  }

  #columns(): Column[] {
    return [
      { title: "Model", fill: ({ title, licence }) => [named(title), h("span", { class: "hint" }, licence)] },
      { title: "Download", isFigure: true, fill: (it) => [sizeInWords(it.bytes)] },
      { title: "Memory", isFigure: true, fill: (it) => [sizeInWords(it.memory)] },
      { title: "Languages", isFigure: true, fill: (it) => [languagesInWords(it)] },
      "where",
      { title: "Loads in", isFigure: true, fill: (it) => [loadInWords(this.#loadMs.get(it.name))] },
    ];
  }
}

function named(title: string): HTMLElement {
  return h("span", { class: "model-title" }, title);
}
