// One file from the network into the store, however often the way breaks.
import { notKept, OfflineError } from "./offline-error.js";
import type { Asset } from "./offline-list.js";
import { isOf, type Store } from "./offline-store.js";

/** Of larger files the beginning is kept, in pieces of this size, so that a broken download goes on. */
const PIECE_BYTES = 4 << 20;

/** Milliseconds before each new try, after one that brought nothing new; then it is given up. */
const PAUSES_MS = [250, 1_000, 3_000];

/** Marks requests that the worker leaves alone. A header that needs no consent of another origin. */
const DIRECT = "*/*;remotemedia=direct";

/** What is to be fetched, and who is told. */
export interface Wanted {
  asset: Asset;
  url: string;
  store: Store;
  signal?: AbortSignal | undefined;
  /** The file is whole and right, and could not be kept. What this throws ends the download. */
  full: (error: OfflineError) => void;
}

/** Whether a request comes from here. */
export function isDirect(headers: Headers): boolean {
  return headers.get("accept") === DIRECT;
}

/** Where the body of an answer begins in the file, or what is wrong with the answer. `at`: what is here already. */
export function beginning(
  { status, headers }: Pick<Response, "status" | "headers">,
  { file, bytes }: Asset,
  at: number,
): number | OfflineError {
  if (status === 206) {
    const [, start, total] = /^bytes (\d+)-\d+\/(\d+|\*)$/.exec(headers.get("content-range") ?? "") ?? [];
    if (total !== undefined && total !== "*" && Number(total) !== bytes) return stale(file);
    return Number(start) === at ? at : unreachable(file, "sends another part than was asked for", status);
  }
  if (status === 416) return stale(file);
  if (status !== 200) return unreachable(file, `answers ${status}`, status);
  // Of a compressed answer the length says nothing about the bytes that come out.
  const size = headers.get("content-encoding") ? null : headers.get("content-length");
  return size !== null && Number(size) !== bytes ? stale(file) : 0;
}

/** A download under way: its chunks, in order. The last one comes after all of them were checked and kept. */
export class Download {
  /** Of the latest answer. */
  headers = new Headers();
  readonly #it: Wanted;
  #chunks: Uint8Array<ArrayBuffer>[] = [];
  #size = 0;
  /** How many chunks, and how many pieces, are kept. */
  #saved = { chunks: 0, size: 0, pieces: 0 };
  /** Bytes that were here before it began. */
  #before = 0;
  #keepsPieces: boolean;

  constructor(it: Wanted) {
    this.#it = it;
    this.#keepsPieces = it.asset.bytes > PIECE_BYTES;
  }

  /** Fetches it whole; `tell` hears how many bytes are there. A damaged beginning is thrown away, once. */
  async whole(tell: (loaded: number) => void = () => {}): Promise<Uint8Array<ArrayBuffer>> {
    try {
      return await this.#drain(tell);
    } catch (error) {
      if (this.#before === 0 || !isStale(error)) throw error;
      return this.#drain(tell);
    }
  }

  async *chunks(): AsyncGenerator<Uint8Array<ArrayBuffer>, void, undefined> {
    const { asset, store } = this.#it;
    if (this.#keepsPieces) await this.#resume();
    let given = 0;
    try {
      for await (const _ of this.#grow()) {
        while (given < this.#chunks.length - 1) yield this.#chunks[given++] as Uint8Array<ArrayBuffer>;
      }
    } catch (error) {
      if (isStale(error)) await this.#forget();
      throw error;
    } finally {
      // Also where the reader went away: it may come back.
      if (this.#size < asset.bytes) await this.#save(true);
    }
    const bytes = joined(this.#chunks, this.#size);
    if (!(await isOf(bytes, asset))) {
      await this.#forget();
      throw stale(asset.file);
    }
    await store.write(asset, bytes, this.headers).catch((cause: unknown) => {
      this.#it.full(notKept(asset.file, cause));
    });
    for (; given < this.#chunks.length; given += 1) yield this.#chunks[given] as Uint8Array<ArrayBuffer>;
  }

  async #drain(tell: (loaded: number) => void): Promise<Uint8Array<ArrayBuffer>> {
    let loaded = 0;
    for await (const chunk of this.chunks()) tell((loaded += chunk.length));
    return joined(this.#chunks, this.#size);
  }

  async #resume(): Promise<void> {
    const pieces = await this.#it.store.pieces(this.#it.asset).catch(() => []);
    for (const piece of pieces) this.#add(piece);
    this.#before = this.#size;
    this.#saved = { chunks: pieces.length, size: this.#size, pieces: pieces.length };
    if (this.#size > this.#it.asset.bytes) await this.#forget();
  }

  /** Adds what is missing; says so after each chunk. */
  async *#grow(): AsyncGenerator<void, void, undefined> {
    const { asset, signal } = this.#it;
    if (this.#chunks.length > 0) yield;
    for (let failures = 0; this.#size < asset.bytes;) {
      const before = this.#size;
      try {
        for await (const _ of this.#attempt(failures)) yield;
        return;
      } catch (error) {
        signal?.throwIfAborted();
        if (error instanceof OfflineError) throw error;
        failures = this.#size > before ? 1 : failures + 1;
        const ms = PAUSES_MS[failures - 1];
        // Where nothing at all has come there is no network, and somebody waits to hear of it.
        if (ms === undefined || this.#size === this.#before) throw unreachable(asset.file, String(error));
        await pause(ms, signal);
      }
    }
  }

  async *#attempt(failures: number): AsyncGenerator<void, void, undefined> {
    const { asset, url, signal } = this.#it;
    const at = this.#size;
    const response = await fetch(url, {
      headers: { accept: DIRECT, ...(at > 0 ? { range: `bytes=${at}-` } : {}) },
      // The first try may use what the browser's own cache has, if the server still has the same.
      cache: at > 0 || failures > 0 ? "no-store" : "no-cache",
      signal: signal ?? null,
    });
    const start = beginning(response, asset, at);
    if (start instanceof OfflineError) {
      void response.body?.cancel().catch(() => {});
      throw start;
    }
    this.headers = response.headers;
    // A server without ranges sends all of it again: what is here is skipped.
    let skip = at - start;
    for await (const bytes of bodyOf(response)) {
      const fresh = bytes.subarray(Math.min(skip, bytes.length));
      skip -= bytes.length - fresh.length;
      if (fresh.length === 0) continue;
      if (this.#size + fresh.length > asset.bytes) throw stale(asset.file);
      this.#add(fresh);
      if (this.#size - this.#saved.size >= PIECE_BYTES) await this.#save(false);
      yield;
    }
    if (this.#size < asset.bytes) throw new Error(`the connection ended after ${this.#size} bytes`);
  }

  #add(bytes: Uint8Array<ArrayBuffer>): void {
    this.#chunks.push(bytes);
    this.#size += bytes.length;
  }

  /** Keeps what has come since the last time. Where there is no room the download goes on without. */
  async #save(last: boolean): Promise<void> {
    const fresh = this.#chunks.slice(this.#saved.chunks);
    if (!this.#keepsPieces || fresh.length === 0) return;
    const { asset, store } = this.#it;
    try {
      await store.addPiece(asset, this.#saved.pieces, fresh);
      this.#saved = { chunks: this.#chunks.length, size: this.#size, pieces: this.#saved.pieces + 1 };
    } catch {
      this.#keepsPieces = false;
      if (!last) await store.dropPieces(asset).catch(() => {});
    }
  }

  async #forget(): Promise<void> {
    this.#chunks = [];
    this.#size = 0;
    this.#saved = { chunks: 0, size: 0, pieces: 0 };
    await this.#it.store.dropPieces(this.#it.asset).catch(() => {});
  }
}

function isStale(error: unknown): boolean {
  return error instanceof OfflineError && error.code === "Stale";
}

function stale(file: string): OfflineError {
  return new OfflineError("Stale", `the server has another version of ${file} than this page goes by`, {
    file,
  });
}

function unreachable(file: string, why: string, status?: number): OfflineError {
  const facts = status === undefined ? { file } : { file, status };
  return new OfflineError("Unreachable", `${file} cannot be fetched: ${why}`, facts);
}

/** The body's chunks; a reader that leaves cancels it. */
async function* bodyOf(response: Response): AsyncGenerator<Uint8Array<ArrayBuffer>, void, undefined> {
  const reader = response.body?.getReader();
  if (!reader) return;
  try {
    for (let next = await reader.read(); !next.done; next = await reader.read()) {
      yield next.value as Uint8Array<ArrayBuffer>;
    }
  } finally {
    reader.cancel().catch(() => {});
  }
}

function joined(chunks: readonly Uint8Array[], size: number): Uint8Array<ArrayBuffer> {
  const whole = new Uint8Array(size);
  let at = 0;
  for (const chunk of chunks) {
    whole.set(chunk, at);
    at += chunk.length;
  }
  return whole;
}

/** Waits, unless `signal` aborts. */
function pause(ms: number, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve, reject) => {
    const abort = (): void => {
      clearTimeout(timer);
      reject(signal?.reason as Error);
    };
    const timer = setTimeout(() => {
      signal?.removeEventListener("abort", abort);
      resolve();
    }, ms);
    signal?.addEventListener("abort", abort, { once: true });
  });
}
