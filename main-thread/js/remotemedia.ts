/**
 * RemoteMedia in the browser: pipelines of Rust and Python nodes, run in Web Workers.
 *
 * @example
 * const runtime = await Runtime.start();
 * const { outputs } = await runtime.run(manifest, { inputs: [5, 7, 3] });
 * await runtime.close();
 *
 * @module
 */
import { type Capabilities, capabilities } from "./capabilities.js";
import { PipelineError } from "./errors.js";
import type { Limits, NodeInfo, Problem } from "./generated/data.js";
import { loadCoordinator } from "./coordinator.js";
import { Hub } from "./hub.js";
import { Executor } from "./executor.js";
import { Models } from "./models.js";
import { Package } from "./package.js";
import { type LoadPackageOptions, type PackageContents, Packages } from "./packages.js";
import { type WorkerSource, wasmUrl } from "./places.js";
import type { StartProgress } from "./progress.js";
import { Run, type RunOptions } from "./run.js";
import { manifestText, Running } from "./running.js";
import { coordinatorOptions } from "./settings.js";

export type { Capabilities } from "./capabilities.js";
export { PipelineError } from "./errors.js";
export type { RunEvent } from "./events.js";
export type {
  Dtype,
  ErrorCode,
  GraphInfo,
  JsonSchema,
  Limits,
  LoadTimes,
  Metrics,
  NodeInfo,
  NodeMetrics,
  Problem,
} from "./generated/data.js";
export type { StartProgress } from "./progress.js";
export type { Inputs } from "./inputs.js";
export type { LoadModelOptions, Models } from "./models.js";
export type { ModelInfo, ModelProgress, ModelState, ModelStorage } from "./models-messages.js";
export type { Package, Trust } from "./package.js";
export type { LoadPackageOptions, PackageContents } from "./packages.js";
export type {
  PackageEntry,
  PackageInfo,
  PackageLimits,
  PackageProgress,
  PackageSignature,
} from "./packages-messages.js";
export type { WorkerSource } from "./places.js";
export type { Result, Run, RunOptions } from "./run.js";
export type { Audio, Bytes, InputValue, Tensor, TensorData, Value } from "./values.js";

/** A pipeline: an object in the shape of the manifest format, or its JSON text. The runtime checks it. */
export type Manifest = string | object;

/** How a runtime is to be started. */
export interface StartOptions {
  /** Folder where the bundle's files lie; by default the one this module was loaded from. */
  assets?: URL | string;
  /** Worker scripts that lie elsewhere, or functions that make the workers. */
  workerUrls?: {
    runtime?: WorkerSource;
    compute?: WorkerSource;
    python?: WorkerSource;
    plugin?: WorkerSource;
    models?: WorkerSource;
    package?: WorkerSource;
    wasi?: WorkerSource;
  };
  python?: {
    /** Where Python packages are loaded from. */
    indexUrl?: URL | string;
    /** Python workers that serve runs at the same time; 1 by default. A spare one comes on top. */
    workers?: number;
    /** Packages that every Python worker loads at its start. */
    packages?: readonly string[];
  };
  /** Threads of one worker, where the page is cross-origin isolated; "auto" by default. */
  threads?: number | "auto";
  /** Workers for heavy Rust nodes; "auto", by default: one less than there are cores, from 1 to 4. */
  computeWorkers?: number | "auto";
  /** What each run may use up, unless its own options say otherwise. */
  limits?: Limits;
  /** How long workers may be silent while they start, in milliseconds: 30 000, for Python 120 000. */
  startTimeoutMs?: { runtime?: number; python?: number };
  /** Aborting stops the start, which then rejects with the signal's reason. */
  signal?: AbortSignal;
  onProgress?: (progress: StartProgress) => void;
}

/** An older engine has no such symbol; then whoever wants it can use the registered one. */
const asyncDispose: typeof Symbol.asyncDispose =
  Symbol.asyncDispose ?? (Symbol.for("Symbol.asyncDispose") as typeof Symbol.asyncDispose);

/** The runtime: its workers, and what they can do. */
export class Runtime {
  /** What this browser, as this page is served, can do. */
  readonly capabilities: Capabilities;
  /** Models on this device. */
  readonly models: Models;
  readonly #hub: Hub;
  readonly #packages: Packages;
  readonly #options: StartOptions;

  private constructor(hub: Hub, options: StartOptions) {
    this.#hub = hub;
    this.#packages = new Packages(options, hub);
    this.#options = options;
    this.models = new Models(hub.models);
    this.capabilities = capabilities();
  }

  /** Starts a runtime. Rejects with `StartFailed`, `LoadFailed`, `ProtocolMismatch` or `NotSupported`. */
  static async start(options: StartOptions = {}): Promise<Runtime> {
    const { signal, onProgress } = options;
    signal?.throwIfAborted();
    if (typeof Worker !== "function" || typeof WebAssembly !== "object") {
      throw new PipelineError("NotSupported", "there are no Web Workers here: pipelines run in a browser", {
        stage: "start",
      });
    }
    const hub = new Hub(options, coordinatorOptions(options), () =>
      loadCoordinator(wasmUrl("coordinator", options), onProgress),
    );
    const abort = (): void => {
      hub.ready.reject(signal?.reason);
      hub.close();
    };
    signal?.addEventListener("abort", abort, { once: true });
    try {
      await hub.ready.promise;
    } finally {
      signal?.removeEventListener("abort", abort);
    }
    return new Runtime(hub, options);
  }

  /** Every kind of node there is, the registered ones included. */
  nodes(): Promise<NodeInfo[]> {
    return Promise.resolve(structuredClone(this.#hub.kinds));
  }

  /** Every defect of a manifest, or of a package's; none means that it can run. */
  async validate(
    manifest: Manifest | Package,
    options: { params?: RunOptions["params"] } = {},
  ): Promise<Problem[]> {
    let text: string;
    try {
      text = manifestText(manifest);
    } catch (error) {
      if (error instanceof PipelineError && error.problems) return error.problems;
      throw error;
    }
    return this.#hub.validate(
      text,
      options.params === undefined ? undefined : JSON.stringify(options.params),
      manifest instanceof Package ? manifest.id : undefined,
    );
  }

  /**
   * Learns the node classes and `@node` functions of a Python source and gives their kinds. Every Python worker gets
   * to know them. A kind that is registered again replaces the older one.
   */
  async registerPython(source: string, options: { packages?: readonly string[] } = {}): Promise<NodeInfo[]> {
    return this.#hub.register(source, [...(options.packages ?? [])]);
  }

  /** Runs a pipeline, or a package. Never throws; whatever is wrong, the run rejects. */
  run(manifest: Manifest | Package, options: RunOptions = {}): Run {
    // Not even without options where there should be some.
    const given = options ?? {};
    const own = manifest instanceof Package && given.executor === "package";
    const conductor = own ? new Executor(this.#hub, this.#options) : this.#hub;
    return new Run(new Running(conductor, manifest, given, this.#options.limits));
  }

  /**
   * Loads a package (`.rmpkg`): a file, bytes, or a URL, which is fetched as a model is. All of it is read and checked, in
   * a worker; nothing of it is run. Close it when it is not needed any more.
   *
   * Rejects with `LoadFailed`, `PackageRejected` (with `problems`: it is damaged, is no package, is not what was asked
   * for, or cannot run anywhere), `StorageFull`, `InvalidInput`, or the signal's reason.
   */
  async loadPackage(
    source: Blob | ArrayBuffer | Uint8Array | URL | string,
    options: LoadPackageOptions = {},
  ): Promise<Package> {
    return this.#packages.load(source, options);
  }

  /** Makes a package (format 2): the same bytes for the same contents. Rejects with `PackageRejected`. */
  async pack(contents: PackageContents): Promise<Blob> {
    return this.#packages.pack(contents);
  }

  /** Ends every run with `Closed` and every worker. Idempotent. */
  async close(): Promise<void> {
    this.#hub.close();
    this.#packages.close();
  }

  /** The same as {@link close}. */
  [asyncDispose](): Promise<void> {
    return this.close();
  }
}
