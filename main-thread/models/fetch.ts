// A whole model from its URLs onto the shelf.
import { PipelineError } from "../js/errors.js";
import { download } from "./download.js";
import { objection } from "./format.js";
import { RunningHash } from "./hash.js";
import { Announcer, type Tell } from "./job.js";
import { full, isFull, needRoom, storageRoom } from "./room.js";
import type { FileRecord, ModelRecord, Part, Shelf } from "./shelf.js";
import { isOf, type Source, type SourceFile } from "./source.js";

/** Other tabs hear of progress this often at most, in milliseconds. */
const ANNOUNCED_MS = 100;

let announcer: Announcer | undefined;

/** Fetches what is missing of a model. Nobody else works on it: see `exclusively`. */
export async function fetchModel(
  source: Source,
  shelf: Shelf,
  signal: AbortSignal,
  tell: Tell,
): Promise<ModelRecord> {
  try {
    return await new Fetching(source, shelf, signal, tell).run();
  } catch (error) {
    if (isFull(error)) {
      // What is half there would keep a smaller model from finding room.
      await shelf.remove(source.name);
      const { available } = await storageRoom();
      // Some browsers tell of more than they give.
      const believable = available !== null && source.bytes !== null && available < source.bytes;
      throw full(source.name, source.bytes, believable ? available : null);
    }
    if (error instanceof PipelineError && error.code === "ModelRejected") await shelf.remove(source.name);
    throw error;
  }
}

class Fetching {
  readonly #source: Source;
  readonly #shelf: Shelf;
  readonly #signal: AbortSignal;
  readonly #tell: Tell;
  #record: ModelRecord;
  /** Size of each file, as far as it is known. */
  readonly #sizes: (number | null)[];
  /** Bytes at hand of each. */
  readonly #loaded: number[];
  #announced = 0;

  constructor(source: Source, shelf: Shelf, signal: AbortSignal, tell: Tell) {
    this.#source = source;
    this.#shelf = shelf;
    this.#signal = signal;
    this.#tell = tell;
    this.#record = fresh(source);
    this.#sizes = source.files.map(({ bytes }) => bytes);
    this.#loaded = source.files.map(() => 0);
  }

  async run(): Promise<ModelRecord> {
    await this.#prepare();
    for (const index of this.#source.files.keys()) {
      if (!this.#file(index).done) await this.#fetchFile(index);
    }
    this.#report(true);
    return this.#record;
  }

  /** What is there already, how large the rest is, and whether there is room for it. */
  async #prepare(): Promise<void> {
    const { name } = this.#source;
    const before = await this.#shelf.record(name);
    if (before && isOf(before, this.#source)) this.#record = before;
    else if (before) await this.#shelf.remove(name);
    for (const [index, file] of this.#record.files.entries()) {
      this.#loaded[index] = await this.#shelf.size(name, index);
      this.#sizes[index] ??= file.absent ? 0 : (file.bytes ?? (await this.#askSize(file.url)));
    }
    await this.#needRoom();
    await this.#shelf.write(this.#record);
    this.#report(true);
  }

  /** The size of a file of which only the URL is known, so that the whole can be told; null if that fails. */
  async #askSize(url: string): Promise<number | null> {
    if (this.#source.files.length === 1) return null;
    const options = { method: "HEAD", signal: this.#signal, cache: "no-store" } as const;
    const answer = await fetch(url, options).catch(() => undefined);
    this.#signal.throwIfAborted();
    if (answer?.status === 404) return 0;
    const length =
      answer?.ok && !answer.headers.has("content-encoding") && answer.headers.get("content-length");
    return length ? Number(length) : null;
  }

  /** Where files are blobs, the browser itself sees to where they lie. */
  async #needRoom(): Promise<void> {
    const left = this.#sizes.reduce<number>(
      (sum, size, index) => sum + Math.max(0, (size ?? 0) - this.#done(index)),
      0,
    );
    if (this.#shelf.kind !== "memory") await needRoom(this.#source.name, left);
  }

  async #fetchFile(index: number): Promise<void> {
    const part = await this.#shelf.part(this.#source.name, index);
    const hash = new RunningHash();
    try {
      await this.#fetchPart(index, part, hash);
    } catch (error) {
      const missing = (error as { details?: { status?: number } } | null)?.details?.status === 404;
      if (!missing || !this.#wanted(index).optional) throw error;
      Object.assign(this.#file(index), { done: true, absent: true, bytes: 0 });
    } finally {
      part.close();
      hash.free();
    }
    await this.#shelf.write(this.#record);
  }

  async #fetchPart(index: number, part: Part, hash: RunningHash): Promise<void> {
    const [file, { bytes, sha256 }] = [this.#file(index), this.#wanted(index)];
    const found = await download({
      file,
      objection: (head, total) => objection(file.name, head, total),
      expected: { bytes, sha256 },
      part,
      hash,
      signal: this.#signal,
      begun: async (total) => {
        this.#sizes[index] = total;
        this.#loaded[index] = part.size;
        await this.#needRoom();
        await this.#shelf.write(this.#record);
      },
      tell: (loaded) => {
        this.#loaded[index] = loaded;
        this.#report(false);
      },
    });
    await part.keep();
    Object.assign(file, { done: true, bytes: part.size, sha256: found });
    this.#loaded[index] = this.#sizes[index] = part.size;
  }

  #report(now: boolean): void {
    const { name } = this.#source;
    const loaded = this.#loaded.reduce((sum, it) => sum + it, 0);
    const known = this.#sizes.every((size) => size !== null);
    const total = known ? this.#sizes.reduce<number>((sum, size) => sum + (size ?? 0), 0) : null;
    const progress = { name, loaded, total };
    this.#tell(progress);
    const at = performance.now();
    if (this.#shelf.kind === "memory" || (!now && at - this.#announced < ANNOUNCED_MS)) return;
    this.#announced = at;
    announcer ??= new Announcer();
    announcer.say(progress);
  }

  #file(index: number): FileRecord {
    return this.#record.files[index] as FileRecord;
  }
  #wanted(index: number): SourceFile {
    return this.#source.files[index] as SourceFile;
  }
  #done(index: number): number {
    return this.#loaded[index] ?? 0;
  }
}

function fresh({ name, title, source, files }: Source): ModelRecord {
  const file = ({ name, url, sha256 }: SourceFile): FileRecord => {
    return { name, url, bytes: null, ...(sha256 === undefined ? {} : { sha256 }), done: false };
  };
  return { version: 1, name, title, source, files: files.map(file) };
}
