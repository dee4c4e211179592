import { PipelineError } from "./errors.js";
import type { Loading, ModelsClient } from "./models-client.js";
import type { Package } from "./package.js";
import type { LocalModel, ModelFiles, ModelInfo, ModelProgress, ModelStorage } from "./models-messages.js";

/** How a model is to be loaded. */
export interface LoadModelOptions {
  /** Aborting stops the download, unless somebody else waits for it too; what has come of it is kept. */
  signal?: AbortSignal;
  onProgress?: (progress: ModelProgress) => void;
  /** What nodes are to call files of the user; by default the file's name, or its folder's. */
  name?: string;
}

/**
 * The models nodes can use: those of the catalogue, those at a URL, and files of the user. They are kept in this
 * browser, for every page of this origin.
 */
export class Models {
  readonly #client: ModelsClient;
  #asked = false;

  /** @internal */
  constructor(client: ModelsClient) {
    this.#client = client;
  }

  /** The catalogue, and whatever else is kept here. */
  async list(): Promise<ModelInfo[]> {
    return (await this.#client.ask({ ask: "list" })) as ModelInfo[];
  }

  /** What is known of one model, by its name or URL. Rejects with `InvalidInput` if it can be none. */
  async info(name: string): Promise<ModelInfo> {
    return (await this.#client.ask({ ask: "info", name: String(name) })) as ModelInfo;
  }

  /**
   * Gets a model, so that runs find it: one of the catalogue by its name; the ggml file, or the folder in the format of
   * Hugging Face (its URL ends with `/`), that a URL names; or files that the user picked, which runs then find by
   * their name. A download goes on where an earlier one broke off, is checked, and is kept.
   *
   * Rejects with `LoadFailed`, `ModelRejected` (it is damaged, is no model, or too large for this device),
   * `StorageFull`, `InvalidInput`, or the signal's reason.
   */
  async load(
    source: string | URL | File | readonly File[] | FileList,
    options: LoadModelOptions = {},
  ): Promise<ModelInfo> {
    const { signal, onProgress } = options;
    signal?.throwIfAborted();
    this.#askToKeep();
    const model =
      typeof source === "string" || source instanceof URL ? String(source) : local(source, options.name);
    return (await this.#client.load(model, { signal, onProgress })).info;
  }

  /** Forgets a model's files. Runs that have begun may fail; the next one fetches it anew. */
  async remove(name: string): Promise<void> {
    await this.#client.ask({ ask: "remove", name: String(name) });
  }

  /** Where models are kept, and how much room there is. */
  async storage(): Promise<ModelStorage> {
    return (await this.#client.ask({ ask: "storage" })) as ModelStorage;
  }

  /** Asks the browser, once, not to clear models away when space runs short. Only the page can ask. */
  #askToKeep(): void {
    if (this.#asked) return;
    this.#asked = true;
    // Whatever the answer is, models are kept as well as may be.
    globalThis.navigator?.storage?.persist?.().catch(() => {});
  }
}

function local(source: File | readonly File[] | FileList, name: string | undefined): LocalModel {
  const files = source instanceof Blob ? [source] : Array.from(source as ArrayLike<File>);
  if (files.length === 0 || !files.every((file) => file instanceof File)) {
    throw new PipelineError("InvalidInput", "a model is a name, a URL, or one or more Files", {
      stage: "load",
    });
  }
  const folder = files.length > 1 ? files[0]?.webkitRelativePath.split("/").at(-2) : files[0]?.name;
  const called = name ?? (folder || undefined);
  if (called === undefined) {
    const message = "several files need a name by which nodes can call them: give options.name";
    throw new PipelineError("InvalidInput", message, { stage: "load" });
  }
  return { name: called, files };
}

/** Who gets models for runs. @internal */
export interface ModelReceiver {
  loading(run: number, model: string, loaded: number, total: number | null): void;
  came(run: number, model: string, files: ModelFiles): void;
  failed(run: number, model: string, fault: { code: string; message: string; details: string | null }): void;
}

/** Gets models for runs, each as long as its run wants it. @internal */
export class ModelFeed {
  readonly #client: ModelsClient;
  readonly #receiver: ModelReceiver;
  /** What stops a run's loads, and how many there are. */
  readonly #loads = new Map<number, { abort: AbortController; open: number }>();
  /** The packages that runs are of. */
  readonly #packages = new Map<number, Package>();

  constructor(client: ModelsClient, receiver: ModelReceiver) {
    this.#client = client;
    this.#receiver = receiver;
  }

  /** The run is of a package, whose models it may use. */
  belongs(run: number, pkg: Package): void {
    this.#packages.set(run, pkg);
  }

  forget(run: number): void {
    this.#packages.delete(run);
  }

  need(run: number, model: string): void {
    const pkg = this.#packages.get(run);
    try {
      const own = pkg?.model(model);
      // Told later, as if it had been fetched.
      if (own) return queueMicrotask(() => this.#receiver.came(run, model, own));
    } catch (error) {
      return queueMicrotask(() => this.#receiver.failed(run, model, fault(error)));
    }
    const loads = this.#loads.get(run) ?? { abort: new AbortController(), open: 0 };
    const { abort } = loads;
    loads.open += 1;
    this.#loads.set(run, loads);
    const loading: Loading = {
      signal: abort.signal,
      onProgress: ({ loaded, total }) => this.#receiver.loading(run, model, loaded, total),
    };
    const over = (): void => {
      loads.open -= 1;
      if (loads.open === 0) this.#loads.delete(run);
    };
    // Whom nobody trusts does not choose what is fetched.
    this.#client.load(model, loading, pkg?.trust === "none").then(
      ({ files }) => {
        over();
        this.#receiver.came(run, model, files);
      },
      (error: unknown) => {
        over();
        if (!abort.signal.aborted) this.#receiver.failed(run, model, fault(error));
      },
    );
  }

  drop(run: number): void {
    this.#loads.get(run)?.abort.abort();
  }
}

function fault(error: unknown): { code: string; message: string; details: string | null } {
  const known = error instanceof PipelineError ? error : new PipelineError("LoadFailed", String(error));
  const details = known.details === undefined ? null : JSON.stringify(known.details);
  return { code: known.code, message: known.message, details };
}
