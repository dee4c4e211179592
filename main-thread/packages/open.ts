// A package as it lies in a blob: read, checked, and taken apart by reference.
import init, { OpenPackage, pack } from "../../target/bindgen/package/package.js";
import { PipelineError } from "../js/errors.js";
import type { ErrorFacts } from "../js/errors.js";
import type { ErrorCode, Problem } from "../js/generated/data.js";
import type {
  Opened,
  PackageEntry,
  PackageInfo,
  PackageProgress,
  PackagesQuestion,
} from "../js/packages-messages.js";
import { PiecedPart } from "../models/memory.js";
import type { Part } from "../models/shelf.js";
import type { Folder } from "./folder.js";

/** Small files are unpacked to memory, as long as they are no more than so many bytes together. */
const SMALL_BYTES = 64 << 10;
const SMALL_TOGETHER = 8 << 20;
const UNPACKED = "unpacked";

type Terms = Pick<Extract<PackagesQuestion, { ask: "open" }>, "keys" | "limits" | "sha256">;
type PackQuestion = Extract<PackagesQuestion, { ask: "pack" }>;
type Listed = PackageEntry & { offset: number | null };
interface Refusal {
  code: ErrorCode;
  message: string;
  problems: Problem[];
}
/** As the wasm tells it. */
interface Described {
  info: PackageInfo;
  warnings: Problem[];
  entries: Listed[];
}

let wasm: Promise<unknown> | undefined;

/** Brings up the wasm that reads packages; once. */
export function startReading(url: string): Promise<unknown> {
  wasm ??= init({ module_or_path: url }).catch((cause: unknown) => {
    wasm = undefined;
    throw new PipelineError("LoadFailed", `${url} cannot be loaded`, { cause });
  });
  return wasm;
}

/** Reads and checks all of a package. */
export async function openPackage(
  blob: Blob,
  name: string | undefined,
  terms: Terms,
  folder: Folder,
  tell: (progress: PackageProgress) => void,
): Promise<Opened> {
  const total = blob.size;
  // It is read twice: to be checked, and for its hash.
  const told = (bytes: number): void =>
    tell({ name: name ?? "package", loaded: Math.min(Math.floor(bytes / 2), total), total });
  const opened = refusing(() => new OpenPackage(blob, name, JSON.stringify(terms.limits), told));
  try {
    const described = refusing(() => opened.describe(JSON.stringify(terms.keys)));
    const { info, warnings, entries } = JSON.parse(described) as Described;
    expect(info.sha256, terms.sha256);
    const unpacked = new Unpacked(opened, folder);
    for (const entry of entries) if (entry.offset === null) await unpacked.add(entry);
    const whole = await unpacked.finish();
    told(2 * total);
    return {
      manifest: opened.manifest(),
      info,
      warnings,
      entries: entries.map(({ name, size, compressed, sha256 }) => ({ name, size, compressed, sha256 })),
      data: entries.map(({ name, size, offset }) =>
        offset === null ? whole(name) : blob.slice(offset, offset + size),
      ),
      kept: folder.kept,
    };
  } finally {
    opened.free();
  }
}

/** A new package. */
export function packPackage({ manifest, metadata, sign, files }: PackQuestion): Blob {
  const made = new PiecedPart();
  const request = JSON.stringify({ manifest, metadata, sign });
  const listed = files.map(({ name, data }) => [name, data]);
  refusing(() => pack(request, listed, (bytes: Uint8Array<ArrayBuffer>) => made.append(bytes)));
  return made.blob();
}

/** Files that are compressed in the package, unpacked one after the other. */
class Unpacked {
  readonly #opened: OpenPackage;
  readonly #folder: Folder;
  readonly #small = new PiecedPart();
  #large: Part | undefined;
  /** Where each lies. */
  readonly #places = new Map<string, { large: boolean; at: number; size: number }>();

  constructor(opened: OpenPackage, folder: Folder) {
    this.#opened = opened;
    this.#folder = folder;
  }

  async add({ name, size }: Listed): Promise<void> {
    const large = size > SMALL_BYTES || this.#small.size + size > SMALL_TOGETHER;
    if (large && !this.#large) {
      this.#large = await this.#folder.part(UNPACKED);
      this.#large.clear();
    }
    const part = large ? (this.#large as Part) : this.#small;
    this.#places.set(name, { large, at: part.size, size });
    try {
      refusing(() => this.#opened.copy(name, (bytes: Uint8Array<ArrayBuffer>) => part.append(bytes)));
    } catch (error) {
      this.#large?.close();
      throw error;
    }
  }

  /** Gives the files by reference. */
  async finish(): Promise<(name: string) => Blob> {
    await this.#large?.keep();
    this.#large?.close();
    const small = this.#small.blob();
    const large = this.#large ? await this.#folder.file(UNPACKED) : small;
    return (name) => {
      const place = this.#places.get(name);
      if (!place) return new Blob();
      return (place.large ? large : small).slice(place.at, place.at + place.size);
    };
  }
}

function expect(found: string, expected: string | undefined): void {
  if (expected === undefined || expected === found) return;
  const message = `the package is not the one that was meant: its SHA-256 is ${found}, and ${expected} was expected`;
  throw new PipelineError("PackageRejected", message, { details: { expected, found } });
}

/** What `work` gives; what the wasm throws is the JSON text of a fault. */
function refusing<T>(work: () => T): T {
  try {
    return work();
  } catch (error) {
    if (typeof error !== "string") throw error;
    const { code, message, problems } = JSON.parse(error) as Refusal;
    const facts: ErrorFacts = problems.length > 0 ? { problems } : {};
    throw new PipelineError(code, message, facts);
  }
}
