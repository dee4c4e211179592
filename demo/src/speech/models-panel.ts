import type { Runtime } from "remotemedia";
import { CancelledByUser, fieldOf } from "../common/facts.ts";
import { freshId, h, setText } from "../dom.ts";
import { bytes } from "../format.ts";
import { type ModelCommands, ModelRow } from "./model-row.ts";
import type { Download, Model } from "./models.ts";
import { modelsOf } from "./catalog.ts";

const COLUMNS = ["Model", "Download", "Memory", "Languages", "Where", "Loads in", ""];

/** What the panel tells the view. */
interface Listeners {
  /** The runtime knows other models, or they are elsewhere now. */
  onModels: (models: readonly Model[]) => void;
  onUse: (name: string) => void;
  say: (text: string) => void;
  onError: (error: unknown) => void;
}

/** The models: what they need, where they are; downloads and deletes them. */
export class ModelsPanel {
  readonly element: HTMLElement;
  readonly #body = h("tbody", {});
  readonly #storage = h("p", { "class": "hint", "data-testid": "storage" });
  readonly #listeners: Listeners;
  readonly #rows = new Map<string, ModelRow>();
  readonly #downloads = new Map<string, Download>();
  readonly #stops = new Map<string, AbortController>();
  readonly #loadMs = new Map<string, number>();
  #runtime: Runtime | undefined;
  #models: readonly Model[] = [];
  #chosen = "";

  constructor(listeners: Listeners) {
    this.#listeners = listeners;
    const heads = COLUMNS.map((it) => h("th", { scope: "col" }, it));
    const table = h("table", { class: "models" }, h("thead", {}, h("tr", {}, ...heads)), this.#body);
    this.element = h(
      "div",
      { "class": "models-view", "data-testid": "models" },
      h("div", { "class": "scroller", "role": "region", "aria-label": "Models", "tabindex": 0 }, table),
      this.#own(),
      this.#storage,
    );
  }

  /** Gets the models of a runtime. */
  async connect(runtime: Runtime): Promise<void> {
    this.#runtime = runtime;
    await this.#refresh();
  }

  /** The model that is going to be used. */
  set chosen(name: string) {
    this.#chosen = name;
    this.#show();
  }

  /** Notes how long it took to make a model ready. */
  measured(name: string, ms: number): void {
    this.#loadMs.set(name, ms);
    this.#show();
  }

  download(name: string): void {
    void this.#download(name);
  }

  async #download(name: string): Promise<void> {
    await this.#load(name, name);
  }

  /** Takes files of the user as a model, and has it used. */
  async #add(files: readonly File[]): Promise<void> {
    const name = files.length > 1 ? nameOf(files) : (files[0]?.name ?? "");
    if (await this.#load(name, files)) this.#listeners.onUse(name);
  }

  /** Gets a model; gives whether it is here then. */
  async #load(name: string, source: string | readonly File[]): Promise<boolean> {
    if (!this.#runtime || this.#stops.has(name)) return false;
    const stop = new AbortController();
    this.#stops.set(name, stop);
    this.#note(name, { state: "loading", loaded: 0, total: null });
    const onProgress = ({ loaded, total }: { loaded: number; total: number | null }): void =>
      this.#note(name, { state: "loading", loaded, total });
    try {
      const options = { signal: stop.signal, onProgress };
      await this.#runtime.models.load(source, typeof source === "string" ? options : { ...options, name });
      this.#downloads.delete(name);
      this.#listeners.say(`${this.#title(name)} is here`);
    } catch (error) {
      if (typeof source !== "string") this.#listeners.onError(error);
      if (fieldOf(error, "code") === "Cancelled") this.#downloads.delete(name);
      else this.#downloads.set(name, { state: "failed", error });
    }
    this.#stops.delete(name);
    await this.#refresh();
    return !this.#downloads.has(name) && this.#rows.has(name);
  }

  async #remove(name: string): Promise<void> {
    try {
      await this.#runtime?.models.remove(name);
      this.#downloads.delete(name);
      this.#listeners.say(`${this.#title(name)} is deleted`);
    } catch (error) {
      this.#downloads.set(name, { state: "failed", error });
    }
    await this.#refresh();
  }

  #note(name: string, download: Download): void {
    this.#downloads.set(name, download);
    this.#show();
  }

  async #refresh(): Promise<void> {
    if (!this.#runtime) return;
    this.#models = await modelsOf(this.#runtime);
    this.#rows.clear();
    for (const model of this.#models) this.#rows.set(model.name, new ModelRow(model, this.#commands()));
    this.#body.replaceChildren(...[...this.#rows.values()].map((it) => it.element));
    this.#show();
    this.#listeners.onModels(this.#models);
    await this.#weigh();
  }

  /** Says how much room the models take, and how much there is where the browser tells. */
  async #weigh(): Promise<void> {
    if (!this.#runtime) return;
    const { kind, used, available } = await this.#runtime.models.storage();
    const free = available === null ? "" : `, about ${bytes(available)} are free for this site`;
    const lost = kind === "memory" ? " This browser keeps them only as long as this page is open." : "";
    setText(this.#storage, `Models take ${bytes(used)}${free}.${lost}`);
  }

  /** The way in for models that no catalogue has. */
  #own(): HTMLElement {
    const picker = h("input", {
      "type": "file",
      "id": freshId("model-files"),
      "multiple": true,
      "accept": ".bin,.safetensors,.json,.txt",
      "data-testid": "model-files",
    });
    picker.addEventListener("change", () => {
      if (picker.files?.length) void this.#add([...picker.files]);
      picker.value = "";
    });
    return h(
      "p",
      { class: "model-own" },
      h("label", { for: picker.id, class: "file-label" }, "Use model files of your own", picker),
      h("span", { class: "hint" }, "A ggml file of whisper.cpp, or the files of a Hugging Face folder."),
    );
  }

  #commands(): ModelCommands {
    return {
      use: (name) => this.#listeners.onUse(name),
      download: (name) => void this.#download(name),
      cancel: (name) => this.#stops.get(name)?.abort(new CancelledByUser("cancelled")),
      remove: (name) => void this.#remove(name),
    };
  }

  #title(name: string): string {
    return this.#models.find((it) => it.name === name)?.title ?? name;
  }

  #show(): void {
    for (const [name, row] of this.#rows) {
      row.show(this.#downloads.get(name), this.#loadMs.get(name), name === this.#chosen);
    }
  }
}

/** What files that belong together are called: as the largest is, which has the weights. */
function nameOf(files: readonly File[]): string {
  return files.reduce((most, it) => (it.size > most.size ? it : most)).name;
}
