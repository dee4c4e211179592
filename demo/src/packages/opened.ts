import type { NodeInfo, Package, Runtime } from "remotemedia";
import { CancelledByUser, unlessAborted } from "../common/facts.ts";
import type { Job } from "../pipeline/runner.ts";
import type { Consents, Runs } from "./consent.ts";
import { codeOf } from "./words.ts";

/** How a package is opened. */
export interface OpenOptions {
  /** Keys that are trusted, in base64. */
  keys: readonly string[];
  signal: AbortSignal;
  onProgress?: (progress: { name: string; loaded: number; total: number | null }) => void;
}

/** A package that is open, and where it came from. */
export class Opened {
  /** Opened with no trust: nothing of its own code can run. */
  readonly package: Package;
  readonly file: string;
  readonly #source: Blob | URL;
  readonly #keys: readonly string[];
  /** The same with its user's trust, once that was given. */
  #trusted: Package | undefined;

  private constructor(pkg: Package, source: Blob | URL, file: string, keys: readonly string[]) {
    this.package = pkg;
    this.#source = source;
    this.file = file;
    this.#keys = keys;
  }

  static async open(
    runtime: Runtime,
    source: Blob | URL,
    file: string,
    options: OpenOptions,
  ): Promise<Opened> {
    const pkg = await runtime.loadPackage(source, { ...options, trust: "none" });
    return new Opened(pkg, source, file, options.keys);
  }

  /** The kinds of nodes that it brings, once its code could say so. */
  get kinds(): NodeInfo[] {
    return this.#trusted?.nodes() ?? [];
  }

  /** Gets the package ready to run; asks its user where code of its own would. */
  async job(runtime: Runtime, runs: Runs, consents: Consents, signal: AbortSignal): Promise<Job> {
    if (!(await consents.given(this.package, this.file, runs))) {
      throw new CancelledByUser("its code may not run");
    }
    const needsTrust = codeOf(this.package.info(), runs).length > 0;
    const pipeline = needsTrust ? await unlessAborted(this.#trust(runtime, signal), signal) : this.package;
    return { pipeline, options: { executor: runs }, kinds: pipeline.nodes() };
  }

  close(): void {
    void this.package.close();
    void this.#trusted?.close();
  }

  /** Opens the very same once more, to let it run. */
  async #trust(runtime: Runtime, signal: AbortSignal): Promise<Package> {
    const { sha256 } = this.package.info();
    const options = { trust: "page" as const, sha256, keys: this.#keys, signal };
    this.#trusted ??= await runtime.loadPackage(this.#source, options);
    return this.#trusted;
  }
}
