import type { Runtime } from "remotemedia";
import { Announcer } from "../common/announcer.ts";
import { confirmed } from "../common/confirm.ts";
import { panel } from "../common/controls.ts";
import { acceptDrops } from "../common/drops.ts";
import { ErrorPanel } from "../common/error-panel.ts";
import { h } from "../dom.ts";
import { bytes } from "../format.ts";
import { downloadIfMeant, removeIfMeant } from "../models/consent.ts";
import type { Column } from "../models/model-row.ts";
import { languagesInWords, type Model, sizeInWords } from "../models/models.ts";
import { ModelsTable } from "../models/models-table.ts";
import { nameOf } from "../models/own-files.ts";
import type { ModelShelf, Outcome } from "../models/shelf.ts";
import { OfflinePanel } from "../offline/panel.ts";
import type { View } from "../view.ts";
import { AddPanel } from "./add-panel.ts";
import { RoomPanel } from "./room-panel.ts";

/** The view of what this site keeps on the device. */
export class StorageView implements View {
  readonly element: HTMLElement;
  readonly #shelf: ModelShelf;
  readonly #error = new ErrorPanel();
  readonly #announcer = new Announcer();
  readonly #table: ModelsTable;
  readonly #add = new AddPanel((name, files) => void this.#take(name, files));
  readonly #room = new RoomPanel({ persist: () => void this.#persist(), clear: () => void this.#clear() });
  readonly #offline = new OfflinePanel();
  readonly #waiting = h("p", { class: "empty" }, "Starting the runtime…");

  constructor(shelf: ModelShelf) {
    this.#shelf = shelf;
    this.#table = new ModelsTable(shelf, COLUMNS, {
      download: (name) => void this.#download(name),
      pause: (name) => shelf.pause(name),
      remove: (name) => void this.#remove(name),
    });
    this.element = this.#layOut();
    this.#table.element.hidden = true;
    shelf.listen((change) => change === "models" && this.#changed());
  }

  connect(runtime: Runtime): void {
    this.#error.clear();
    this.#offline.connect(runtime);
    this.#shelf.connect(runtime).then(
      () => this.#changed(),
      (error: unknown) => this.#fail(error),
    );
  }

  broken(error: unknown): void {
    this.#waiting.hidden = true;
    this.#error.show(error);
  }

  enter(signal: AbortSignal): void {
    acceptDrops(this.element, signal, (files) => void this.#take(nameOf(files), files));
    // Another tab may have changed what is kept.
    this.#shelf.refresh().catch((error: unknown) => this.#fail(error));
  }

  async #download(name: string): Promise<void> {
    this.#error.clear();
    this.#tell(name, await downloadIfMeant(this.#shelf, name));
  }

  /** Gets a model that no catalogue has. */
  async #take(name: string, files?: readonly File[]): Promise<void> {
    this.#error.clear();
    const outcome = await this.#shelf.load(name, files);
    if (outcome.state === "failed") this.#fail(outcome.error);
    this.#tell(name, outcome);
  }

  #tell(name: string, { state }: Outcome): void {
    const words = { here: "is on this device", paused: "is paused", failed: "could not be had" };
    this.#announcer.say(`${this.#shelf.title(name)} ${words[state]}`);
  }

  async #remove(name: string): Promise<void> {
    const title = this.#shelf.title(name);
    await this.#trying(async () => {
      if (await removeIfMeant(this.#shelf, name)) this.#announcer.say(`${title} is deleted`);
    });
  }

  async #clear(): Promise<void> {
    const used = this.#shelf.storage?.used ?? 0;
    const text = `${bytes(used)} are deleted from this device. What was downloaded can be downloaded again.`;
    const question = { title: "Delete all models?", text, action: "Delete all", isDangerous: true };
    await this.#trying(async () => {
      if (!(await confirmed(question))) return;
      await this.#shelf.clear();
      this.#announcer.say("All models are deleted");
    });
  }

  async #persist(): Promise<void> {
    const isPromised = await this.#shelf.persist();
    this.#room.answered(isPromised);
    this.#announcer.say(isPromised ? "The browser keeps it" : "The browser has promised nothing");
  }

  async #trying(work: () => Promise<void>): Promise<void> {
    this.#error.clear();
    try {
      await work();
    } catch (error) {
      this.#fail(error);
    }
  }

  #changed(): void {
    this.#waiting.hidden = true;
    this.#table.element.hidden = false;
    if (this.#shelf.storage) this.#room.show(this.#shelf.storage);
    this.#offline.refresh();
  }

  #fail(error: unknown): void {
    this.#error.show(error);
  }

  #layOut(): HTMLElement {
    const models = h(
      "div",
      { class: "models-view" },
      h("p", { class: "lead" }, LEAD),
      this.#waiting,
      this.#table.element,
    );
    return h(
      "div",
      { "class": "view storage-view", "data-testid": "storage-view" },
      this.#error.element,
      h(
        "section",
        { "class": "side", "aria-label": "On this device" },
        panel("room", "Room on this device", this.#room.element),
        this.#offline.element,
        panel("add", "Add a model", this.#add.element),
      ),
      panel("models", "Models", models),
      this.#announcer.element,
    );
  }
}

const LEAD =
  "Models are downloaded once, checked against their hash, and kept on this device for every page of this site. " +
  "A download that breaks off goes on from where it was.";

const COLUMNS: Column[] = [
  { title: "Model", fill: titled },
  {
    title: "From",
    fill: (it) => [it.from, ...(it.licence ? [h("span", { class: "hint" }, it.licence)] : [])],
  },
  { title: "Size", isFigure: true, fill: (it) => [sizeInWords(it.bytes)] },
  { title: "Memory", isFigure: true, fill: (it) => [sizeInWords(it.memory)] },
  { title: "Languages", isFigure: true, fill: (it) => [languagesInWords(it)] },
  "where",
];

function titled({ title, name, note }: Model): Node[] {
  const parts: Node[] = [h("span", { class: "model-title" }, title)];
  if (name !== title) parts.push(h("code", { class: "model-name" }, name));
  if (note !== undefined) parts.push(h("span", { class: "hint model-remark" }, note));
  return parts;
}
