// What the page and the package worker say to each other.
import type { Problem } from "./generated/data.js";

/** What a package may use up. What is refused is what is read, not what a header claims. Sizes in bytes. */
export interface PackageLimits {
  /** Of the file; 2 GiB. */
  archive?: number;
  /** Of the file of a package of format 1; 100 MiB, as in the original. */
  archiveV1?: number;
  /** Number of entries; 4096. */
  entries?: number;
  /** UTF-8 bytes of a name; 255. */
  name?: number;
  /** Parts of a name; 16. */
  depth?: number;
  /** Of one entry, unpacked; 2 GiB. */
  entry?: number;
  /** Of all entries, unpacked; 4 GiB. */
  total?: number;
  /** Of all entries that are compressed, unpacked; 256 MiB. */
  inflated?: number;
  /** Of each JSON text: manifest, metadata, lock, signature; 1 MiB. */
  text?: number;
  /** Unpacked bytes for each packed one, beyond the first MiB of an entry; 100. */
  ratio?: number;
  /** Of the module of a plugin; 16 MiB. */
  plugin?: number;
  /** Memory that a plugin may ask for; 256 MiB. */
  pluginMemory?: number;
}

/** How far a package is: first fetched, if it lies at a URL, then read. */
export interface PackageProgress {
  /** The URL while it is fetched; then the name of the file. */
  name: string;
  /** Bytes so far. */
  loaded: number;
  /** Of so many; null if unknown. */
  total: number | null;
}

/** A file of a package. */
export interface PackageEntry {
  /** Its path, parts separated by `/`. */
  name: string;
  /** Bytes. */
  size: number;
  /** Bytes it takes in the package. */
  compressed: number;
  /** Of its contents as they were read, in lower-case hexadecimal. */
  sha256: string;
}

/** Whether a package is signed. What is signed wrongly does not load at all. */
export interface PackageSignature {
  /** Format 1 has none; nobody signed it; a key signed it that the page named; keys signed it that the page does not know. */
  state: "none" | "unsigned" | "trusted" | "unknown";
  /** Ids of the keys: the first 16 hexadecimal digits of the key's SHA-256. */
  keys: string[];
}

/** What a package says of itself, and what it wants. */
export interface PackageInfo {
  name: string | null;
  version: string | null;
  description: string | null;
  author: string | null;
  license: string | null;
  format: 1 | 2;
  /** Bytes of the file. */
  size: number;
  /** Of the file, in lower-case hexadecimal. */
  sha256: string;
  /** Each once, in the manifest's order. */
  nodeTypes: string[];
  nodeCount: number;
  connectionCount: number;
  /** What of it is code: what the page, or its user, has to agree to. */
  permissions: ("python" | "wheels" | "plugins" | "executor")[];
  signature: PackageSignature;
  /** Bytes of its `runtime.wasm`. */
  executor: number | null;
  /** Files below `models/`. */
  models: string[];
  /** Files below `media/`. */
  media: string[];
  /** What `metadata.json` holds. */
  metadata: object | null;
  /** The same for people, a line each. */
  text: string;
}

/** The first message to the worker. @internal */
export interface PackagesBoot {
  /** URL of the wasm that reads packages. */
  wasm: string;
  /** URL of the wasm that hashes what is fetched. */
  hasher: string;
}

/** Where a package comes from. @internal */
export type PackageSource = { blob: Blob; name?: string } | { url: string };

/** What the page asks. @internal */
export type PackagesQuestion =
  | {
      ask: "open";
      source: PackageSource;
      /** Whatever has to be kept aside lies in the folder of this name, which is the asker's as long as it says. */
      folder: string;
      sha256: string | undefined;
      keys: readonly string[];
      limits: PackageLimits;
    }
  | { ask: "forget"; folder: string }
  | {
      ask: "pack";
      manifest: string;
      metadata: string | undefined;
      /** A secret key, in base64. */
      sign: string | undefined;
      files: { name: string; data: Blob }[];
    };

/** A package that was read and checked. Its files are references: no byte of them is in the page. @internal */
export interface Opened {
  manifest: string;
  info: PackageInfo;
  warnings: Problem[];
  entries: PackageEntry[];
  /** Their contents, in the same order. */
  data: Blob[];
  /** Whether anything lies in the folder. */
  kept: boolean;
}

/** Whoever uses a folder has the lock of this name and the folder's. @internal */
export const FOLDER_LOCK = "remotemedia packages: ";
