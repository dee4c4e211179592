import { PipelineError } from "./errors.js";
import type { NodeInfo, Problem } from "./generated/data.js";
import type { ModelFiles } from "./models-messages.js";
import type { Opened, PackageEntry, PackageInfo } from "./packages-messages.js";
import type { Running } from "./running.js";
import type { InputValue } from "./values.js";

/**
 * What a page makes of the code in a package: `"page"`, it is as good as the page's own and runs; or `"none"`, it does
 * not run. The package has no say in it.
 */
export type Trust = "page" | "none";

/** What the page holds of a package. @internal */
export interface Inside {
  /** What the coordinator calls it; none if it has no code of it. */
  id: number | undefined;
  opened: Opened;
  trust: Trust;
  /** The kinds of nodes it brings. */
  kinds: NodeInfo[];
  /** Once it is closed. */
  forget(): Promise<void>;
}

/** Media types of what packages carry. */
const TYPES: { [extension: string]: string } = {
  aac: "audio/aac",
  flac: "audio/flac",
  json: "application/json",
  m4a: "audio/mp4",
  mp3: "audio/mpeg",
  ogg: "audio/ogg",
  opus: "audio/ogg",
  py: "text/x-python",
  txt: "text/plain",
  wasm: "application/wasm",
  wav: "audio/wav",
  webm: "audio/webm",
};

/** What of a package is code, in words. */
const CODE: { [permission: string]: string } = {
  python: "Python modules",
  wheels: "Python wheels",
  plugins: "plugins",
};

/** A package that was read and checked. Its files stay where they are: no byte of them is in the page until it is read. */
export class Package {
  /** What its `manifest.json` holds. Runs go by the text as it was read, whatever is changed here. */
  readonly manifest: object;
  readonly trust: Trust;
  /** What is not as it should be, but stops nothing. */
  readonly warnings: Problem[];
  readonly #inside: Inside;
  readonly #files: ReadonlyMap<string, Blob>;
  readonly #runs = new Set<Running>();
  #closing: Promise<void> | undefined;

  /** @internal */
  constructor(inside: Inside, warnings: Problem[]) {
    const { entries, data, manifest } = inside.opened;
    this.#inside = inside;
    this.#files = new Map(entries.map(({ name }, at) => [name, data[at] as Blob]));
    this.manifest = JSON.parse(manifest) as object;
    this.trust = inside.trust;
    this.warnings = warnings;
  }

  /** What it says of itself, what of it is code, and whether it is signed. */
  info(): PackageInfo {
    return structuredClone(this.#inside.opened.info);
  }

  /** Its files. */
  entries(): PackageEntry[] {
    return structuredClone(this.#inside.opened.entries);
  }

  /** The kinds of nodes that it brings itself, known to its own runs only; none where its code may not run. */
  nodes(): NodeInfo[] {
    return structuredClone(this.#inside.kinds);
  }

  /** A file of it, by reference. Rejects with `InvalidInput` if it has none of that name. */
  async read(name: string): Promise<Blob> {
    const blob = this.#file(name);
    const type = TYPES[name.split(".").at(-1)?.toLowerCase() ?? ""];
    return type === undefined ? blob : blob.slice(0, blob.size, type);
  }

  /** The inputs it brings as an example, files of it in place of what names them; none if it brings no example. */
  async exampleInputs(): Promise<InputValue[] | undefined> {
    const { package: facts } = this.manifest as { package?: { example?: { inputs?: unknown } } };
    const inputs = facts?.example?.inputs;
    if (!Array.isArray(inputs)) return undefined;
    return Promise.all(inputs.map((it) => this.#filled(it)));
  }

  /** Cancels what is left of its runs and forgets its files. Idempotent. */
  close(): Promise<void> {
    return (this.#closing ??= this.#close());
  }

  /** The text of its manifest. @internal */
  get text(): string {
    return this.#inside.opened.manifest;
  }

  /** What the coordinator calls it; none if none of its code may run. @internal */
  get id(): number | undefined {
    return this.#inside.id;
  }

  /** Its own executor; throws `NotSupported` if it brings none. @internal */
  get executor(): Blob {
    const blob = this.#files.get("runtime.wasm");
    if (blob) return blob;
    throw new PipelineError("NotSupported", 'executor: "package" is for packages with a runtime.wasm', {
      stage: "plan",
    });
  }

  /** Throws if it cannot run: it is closed, or has code that nobody trusts and `engine` would have to run. @internal */
  expectRunnable(engine: boolean): void {
    if (this.#closing) throw closed();
    const code = this.#inside.opened.info.permissions.filter((it) => it in CODE);
    if (!engine || this.trust === "page" || code.length === 0) return;
    const words = code.map((it) => CODE[it]).join(", ");
    const message = `the package brings ${words}, which run only if the page trusts it: load it with { trust: "page" }`;
    throw new PipelineError("NotSupported", message, { stage: "plan", details: { permissions: code } });
  }

  /** Keeps a run until it has ended. @internal */
  keep(running: Running): void {
    this.#runs.add(running);
    void running.ended.then(() => this.#runs.delete(running));
  }

  /**
   * The files of the model that a node calls `name`; none if it is not meant to be in the package. Throws
   * `ModelRejected` if it is meant to be, and is not. @internal
   */
  model(name: string): ModelFiles | undefined {
    if (!name.startsWith("models/")) return undefined;
    const path = name.replace(/\/+$/, "");
    const single = this.#files.get(path);
    if (single) return { files: [{ name: path.split("/").at(-1) ?? path, data: single }] };
    const files = [...this.#files]
      .filter(([file]) => file.startsWith(`${path}/`))
      .map(([file, data]) => ({ name: file.slice(path.length + 1), data }));
    if (files.length > 0) return { files };
    const { models } = this.#inside.opened.info;
    const message = `the package has no ${path}: its models are ${models.join(", ") || "none"}`;
    throw new PipelineError("ModelRejected", message, { stage: "load", details: { name } });
  }

  async #close(): Promise<void> {
    const reason = closed();
    await Promise.all([...this.#runs].map((it) => it.cancel(reason)));
    await this.#inside.forget();
  }

  #file(name: string): Blob {
    if (this.#closing) throw closed();
    const blob = this.#files.get(name);
    if (blob) return blob;
    throw new PipelineError("InvalidInput", `the package has no file ${JSON.stringify(name)}`, {
      stage: "load",
      details: { name },
    });
  }

  /** `value`, with the file itself wherever one is named. */
  async #filled(value: unknown): Promise<InputValue> {
    if (Array.isArray(value)) return Promise.all(value.map((it) => this.#filled(it)));
    if (typeof value !== "object" || value === null) return value as InputValue;
    const entries = Object.entries(value);
    const [[key, name] = []] = entries;
    if (entries.length === 1 && key === "media" && typeof name === "string") {
      const blob = await this.read(name);
      return new File([blob], name.split("/").at(-1) ?? name, { type: blob.type });
    }
    return Object.fromEntries(
      await Promise.all(entries.map(async ([key, it]) => [key, await this.#filled(it)] as const)),
    );
  }
}

function closed(): PipelineError {
  return new PipelineError("Closed", "the package was closed");
}
