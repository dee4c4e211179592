import type { ModelStorage, Runtime } from "remotemedia";
import { CancelledByUser, fieldOf } from "../common/facts.ts";
import { modelsOf } from "./catalog.ts";
import type { Download, Model } from "./models.ts";
import { deviceMemory, type Room } from "./room.ts";

/** What has changed: a download's progress; or which models there are, where they are, and what room is left. */
export type Change = "progress" | "models";

/** How an attempt to get a model ended. */
export type Outcome = { state: "here" } | { state: "paused" } | { state: "failed"; error: unknown };

/** The models of the runtime, and what is on its way: one for all views. */
export class ModelShelf {
  /** Downloads by the model's name. */
  readonly downloads = new Map<string, Download>();
  models: readonly Model[] = [];
  storage: ModelStorage | undefined;
  readonly #stops = new Map<string, AbortController>();
  readonly #listeners = new Set<(change: Change) => void>();
  #runtime: Runtime | undefined;
  #connected: Promise<void> | undefined;

  /** Gets the models of a runtime; once, however many views there are. */
  connect(runtime: Runtime): Promise<void> {
    if (this.#runtime !== runtime) {
      this.#runtime = runtime;
      this.#connected = this.refresh();
    }
    return this.#connected ?? Promise.resolve();
  }

  listen(listener: (change: Change) => void): void {
    this.#listeners.add(listener);
  }

  /** The room there is for models. */
  get room(): Room {
    return { storage: this.storage, memory: deviceMemory() };
  }

  title(name: string): string {
    return this.models.find((it) => it.name === name)?.title ?? name;
  }

  /** Looks again: other tabs have the same models. */
  async refresh(): Promise<void> {
    if (!this.#runtime) return;
    const { models } = this.#runtime;
    const [found, storage] = await Promise.all([modelsOf(this.#runtime), models.storage()]);
    this.models = found;
    this.storage = storage;
    this.#tell("models");
  }

  /** Gets a model by its name or URL, or takes files of the user as one. A second call for it joins the first. */
  async load(name: string, source: string | readonly File[] = name): Promise<Outcome> {
    if (!this.#runtime || this.#stops.has(name)) return { state: "paused" };
    const stop = new AbortController();
    this.#stops.set(name, stop);
    this.#note(name, { state: "loading", loaded: 0, total: null });
    const outcome = await this.#fetch(this.#runtime, name, source, stop.signal);
    this.#stops.delete(name);
    if (outcome.state === "failed") this.downloads.set(name, outcome);
    else this.downloads.delete(name);
    await this.refresh();
    return outcome;
  }

  /** Stops a download; what has come of it is kept. */
  pause(name: string): void {
    this.#stops.get(name)?.abort(new CancelledByUser("paused"));
  }

  /** Forgets a model's files. */
  async remove(name: string): Promise<void> {
    await this.#runtime?.models.remove(name);
    this.downloads.delete(name);
    await this.refresh();
  }

  /** Forgets every model's files. */
  async clear(): Promise<void> {
    for (const { name, kept } of this.models) {
      if (kept > 0) await this.#runtime?.models.remove(name);
    }
    this.downloads.clear();
    await this.refresh();
  }

  /** Asks the browser not to clear models away; gives whether it promises that. */
  async persist(): Promise<boolean> {
    const promised = (await navigator.storage?.persist?.().catch(() => false)) ?? false;
    await this.refresh();
    return promised;
  }

  async #fetch(
    runtime: Runtime,
    name: string,
    source: string | readonly File[],
    signal: AbortSignal,
  ): Promise<Outcome> {
    const onProgress = ({ loaded, total }: { loaded: number; total: number | null }): void => {
      const isNew =
        this.downloads.get(name)?.state === "loading" && !this.models.some((it) => it.name === name);
      this.#note(name, { state: "loading", loaded, total });
      // What no catalogue knows is listed once some of it is here.
      // That it cannot be listed yet is no fault of the download.
      if (isNew && loaded > 0) this.refresh().catch(() => undefined);
    };
    try {
      const options = { signal, onProgress };
      await runtime.models.load(source, typeof source === "string" ? options : { ...options, name });
      return { state: "here" };
    } catch (error) {
      return fieldOf(error, "code") === "Cancelled" ? { state: "paused" } : { state: "failed", error };
    }
  }

  #note(name: string, download: Download): void {
    this.downloads.set(name, download);
    this.#tell("progress");
  }

  #tell(change: Change): void {
    for (const listener of this.#listeners) listener(change);
  }
}
