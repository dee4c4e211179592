import { Client } from "./client.js";
import { PipelineError } from "./errors.js";
import type { NodeInfo, Problem } from "./generated/data.js";
import { Package, type Trust } from "./package.js";
import {
  FOLDER_LOCK,
  type Opened,
  type PackageLimits,
  type PackageProgress,
  type PackageSource,
  type PackagesQuestion,
} from "./packages-messages.js";
import { absolute, packagesBoot, type Places } from "./places.js";

/** How a package is to be loaded. */
export interface LoadPackageOptions {
  /**
   * Whether Python modules, wheels and plugins that the package brings may run; `"none"` by default, and `"page"` for a
   * package that is named by its hash.
   */
  trust?: Trust;
  /** What the SHA-256 of the file has to be, in hexadecimal. */
  sha256?: string;
  /** Keys whose signatures the page trusts: ed25519, in base64. */
  keys?: readonly string[];
  limits?: PackageLimits;
  /** Aborting stops the load, which then rejects with the signal's reason. */
  signal?: AbortSignal;
  onProgress?: (progress: PackageProgress) => void;
}

/** What is to be in a package. */
export interface PackageContents {
  /** A pipeline: an object, or its JSON text. */
  manifest: string | object;
  /** By their paths: `python/…`, `wheels/…`, `models/…`, `media/…`, `plugins/…`, `runtime.wasm`. */
  files?: { readonly [path: string]: Blob | ArrayBuffer | Uint8Array | string };
  /** What `metadata.json` is to hold; if not given, it is made from the manifest. */
  metadata?: string | object;
  /**
   * Who signs it: a secret ed25519 key, as `remotemedia keygen` writes it into a file (the file's text, or the key in base64),
   * or its 32 bytes. Handed to the package worker, and kept nowhere.
   */
  sign?: string | Uint8Array;
}

/** The code of a package, for whoever has decided to run it. @internal */
export interface PackageCode {
  /** Python files, by their paths in the folder `python/`. */
  modules: { path: string; bytes: Uint8Array }[];
  wheels: { name: string; blob: Blob }[];
  plugins: { name: string; module: WebAssembly.Module }[];
}

/** What of a runtime packages need. @internal */
export interface Installer {
  validate(manifest: string, params: string | undefined, pkg?: number): Promise<Problem[]>;
  /** Makes the code of a package ready for its runs; gives the node kinds it brings. */
  installPackage(id: number, code: PackageCode): Promise<NodeInfo[]>;
  closePackage(id: number): void;
}

/** The worker is let go after so long without a question, in milliseconds. */
const IDLE_MS = 10_000;

/** A folder for what has to lie aside of a package, and what gives it up. */
interface Held {
  key: string;
  release(): void;
}

/** Loads packages, and makes them. @internal */
export class Packages {
  readonly #client: Client<PackagesQuestion, PackageProgress>;
  readonly #installer: Installer;
  readonly #held = new Set<Held>();
  #numbers = 0;

  constructor(places: Places, installer: Installer) {
    this.#installer = installer;
    this.#client = new Client("package", places, { boot: packagesBoot, idleMs: IDLE_MS, deaf: true });
  }

  async load(
    from: Blob | ArrayBuffer | Uint8Array | URL | string,
    options: LoadPackageOptions,
  ): Promise<Package> {
    const { signal, onProgress, keys = [], limits = {} } = options;
    signal?.throwIfAborted();
    const sha256 = hashIn(options.sha256);
    const trust = trustIn(options.trust, sha256);
    const source = sourceOf(from);
    const held = await this.#hold(source);
    let opened: Opened | undefined;
    try {
      opened = (await this.#client.ask(
        { ask: "open", source, folder: held.key, sha256, keys: [...keys], limits },
        { signal, onProgress },
      )) as Opened;
      return await this.#accept(opened, trust, held, signal);
    } catch (error) {
      // A download that broke off stays, to be gone on with; what was unpacked is of no use.
      await this.#forget(held, opened?.kept ?? false);
      throw error;
    }
  }

  async pack({ manifest, files = {}, metadata, sign }: PackageContents): Promise<Blob> {
    const secret = secretIn(sign);
    const listed = Object.entries(files).map(([name, data]) => ({
      name,
      data: data instanceof Blob ? data : new Blob([data as BlobPart]),
    }));
    const text = (it: string | object): string => (typeof it === "string" ? it : JSON.stringify(it));
    return (await this.#client.ask({
      ask: "pack",
      manifest: text(manifest),
      metadata: metadata === undefined ? undefined : text(metadata),
      sign: secret,
      files: listed,
    })) as Blob;
  }

  close(): void {
    this.#client.close();
    for (const { release } of this.#held) release();
    this.#held.clear();
  }

  /** The package, once its code is ready if it may run, and the engine has no objection to its manifest. */
  async #accept(opened: Opened, trust: Trust, held: Held, signal: AbortSignal | undefined): Promise<Package> {
    const code = trust === "page" ? await codeOf(opened) : undefined;
    const id = code && (this.#numbers += 1);
    const drop = (): void => {
      if (id !== undefined) this.#installer.closePackage(id);
    };
    try {
      const kinds = code && id !== undefined ? await this.#installer.installPackage(id, code) : [];
      signal?.throwIfAborted();
      const problems = await this.#installer.validate(opened.manifest, undefined, id);
      signal?.throwIfAborted();
      const warnings = accepted(problems);
      const forget = async (): Promise<void> => {
        drop();
        await this.#forget(held, opened.kept);
      };
      return new Package({ id, opened, trust, kinds, forget }, [...opened.warnings, ...warnings]);
    } catch (error) {
      drop();
      throw error;
    }
  }

  /** A folder that nobody else uses: for one URL the same each time, so that a download can be gone on with. */
  async #hold(source: PackageSource): Promise<Held> {
    const name = "url" in source ? await keyOf(source.url) : undefined;
    for (let number = 1; ; number += 1) {
      const key = name === undefined ? String(Math.random()).slice(2) : `${name}-${number}`;
      const release = await take(`${FOLDER_LOCK}${key}`);
      if (!release) continue;
      const held = { key, release };
      this.#held.add(held);
      return held;
    }
  }

  async #forget(held: Held, kept: boolean): Promise<void> {
    // What stays behind is cleared away when the worker is started next.
    if (kept) await this.#client.ask({ ask: "forget", folder: held.key }).catch(() => {});
    this.#held.delete(held);
    held.release();
  }
}

function hashIn(sha256: string | undefined): string | undefined {
  if (sha256 === undefined || /^[0-9a-f]{64}$/i.test(sha256)) return sha256?.toLowerCase();
  throw misuse("sha256 must be 64 hexadecimal digits");
}

/** The key in base64; comments in its file count for nothing. */
function secretIn(sign: string | Uint8Array | undefined): string | undefined {
  if (sign === undefined) return undefined;
  const secret =
    typeof sign === "string" ? sign.replace(/^#.*$/gm, "").trim() : btoa(String.fromCharCode(...sign));
  if (/^[A-Za-z0-9+/]{43}=$/.test(secret)) return secret;
  throw misuse("sign must be a secret key: 32 bytes, or what `remotemedia keygen` wrote");
}

function trustIn(trust: Trust | undefined, sha256: string | undefined): Trust {
  if (trust === undefined) return sha256 === undefined ? "none" : "page";
  if (trust === "page" || trust === "none") return trust;
  throw misuse('trust must be "page" or "none"');
}

function sourceOf(from: unknown): PackageSource {
  if (typeof from === "string" || from instanceof URL) return { url: absolute(from) };
  if (from instanceof Blob) {
    const { name } = from as Blob & { name?: string };
    return name === undefined ? { blob: from } : { blob: from, name };
  }
  if (from instanceof ArrayBuffer || ArrayBuffer.isView(from)) return { blob: new Blob([from as BlobPart]) };
  throw misuse("a package is a Blob, an ArrayBuffer, a Uint8Array or a URL");
}

/** The code that is in a package; none if there is none. */
async function codeOf({ entries, data }: Opened): Promise<PackageCode | undefined> {
  const below = (folder: string, extension: string): { name: string; blob: Blob }[] =>
    entries.flatMap(({ name }, at) =>
      name.startsWith(folder) && name.endsWith(extension)
        ? [{ name: name.slice(folder.length), blob: data[at] as Blob }]
        : [],
    );
  const [modules, wheels, plugins] = [
    below("python/", ""),
    below("wheels/", ".whl"),
    below("plugins/", ".wasm"),
  ];
  if (modules.length + wheels.length + plugins.length === 0) return undefined;
  return {
    modules: await Promise.all(
      modules.map(async ({ name, blob }) => ({
        path: name,
        bytes: new Uint8Array(await blob.arrayBuffer()),
      })),
    ),
    wheels,
    plugins: await Promise.all(
      plugins.map(async ({ name, blob }) => ({ name, module: await compile(name, blob) })),
    ),
  };
}

async function compile(name: string, blob: Blob): Promise<WebAssembly.Module> {
  const bytes = await blob.arrayBuffer();
  return WebAssembly.compile(bytes).catch((cause: unknown) => {
    throw new PipelineError("PackageRejected", `plugins/${name} is no WebAssembly that runs here`, {
      stage: "load",
      cause,
    });
  });
}

/** The warnings among what the engine found. Unknown nodes are no reason to refuse a package: runs tell of them. */
function accepted(problems: Problem[]): Problem[] {
  const errors = problems.filter((it) => it.severity === "error" && it.code !== "UnknownNode");
  if (errors.length === 0) return problems.filter((it) => it.severity === "warning");
  const message = errors.map((it) => it.message).join("\n");
  throw new PipelineError("PackageRejected", message, {
    node: errors[0]?.node,
    stage: "load",
    problems: errors,
  });
}

/** Takes a lock, unless somebody has it; gives what lets go of it. */
function take(name: string): Promise<(() => void) | undefined> {
  const locks = globalThis.navigator?.locks;
  if (!locks) return Promise.resolve(() => {});
  return new Promise((resolve) => {
    const taken = locks.request(name, { ifAvailable: true }, (lock) => {
      if (!lock) return resolve(undefined);
      return new Promise<void>((release) => resolve(release));
    });
    // Forbidden, where the page has no storage: then nothing is kept in it either.
    taken.catch(() => resolve(() => {}));
  });
}

/** A name that can be a folder's, the same for the same URL. */
async function keyOf(url: string): Promise<string | undefined> {
  const hash = await globalThis.crypto?.subtle?.digest("SHA-256", new TextEncoder().encode(url));
  if (!hash) return undefined;
  return Array.from(new Uint8Array(hash, 0, 16), (it) => it.toString(16).padStart(2, "0")).join("");
}

function misuse(message: string): PipelineError {
  return new PipelineError("InvalidInput", message, { stage: "load" });
}
