import init, { Hasher } from "../../target/bindgen/coordinator/coordinator.js";
import type { Part } from "./shelf.js";

/** How much is read at once. */
const PIECE_BYTES = 4 << 20;

let wasm: Promise<unknown> | undefined;

/** Brings up the wasm that hashes; once. */
export function startHashing(url: string): Promise<unknown> {
  wasm ??= init({ module_or_path: url }).catch((error: unknown) => {
    wasm = undefined;
    throw error;
  });
  return wasm;
}

/** SHA-256 of a part, worked out while it grows. Needs {@link startHashing}. */
export class RunningHash {
  #hasher = new Hasher();
  /** Bytes that are hashed: the first ones of the part. */
  #at = 0;
  #digest: string | undefined;

  /** `bytes` are about to be added to a part of `size` bytes. */
  update(size: number, bytes: Uint8Array): void {
    if (size < this.#at || this.#digest !== undefined) this.#restart();
    // What lies before them is made up for later.
    if (size !== this.#at) return;
    this.#hasher.update(bytes);
    this.#at += bytes.length;
  }

  /** Hashes what was there before. */
  async catchUp(part: Part): Promise<void> {
    if (part.size < this.#at || this.#digest !== undefined) this.#restart();
    while (this.#at < part.size) {
      const bytes = await part.read(this.#at, PIECE_BYTES);
      this.#hasher.update(bytes);
      this.#at += bytes.length;
    }
  }

  /** Of the whole part, in lower-case hexadecimal. */
  async digest(part: Part): Promise<string> {
    if (this.#digest !== undefined && this.#at === part.size) return this.#digest;
    await this.catchUp(part);
    const digest = this.#hasher.finish();
    this.#digest = digest;
    return digest;
  }

  free(): void {
    this.#hasher.free();
  }

  #restart(): void {
    this.#hasher.free();
    this.#hasher = new Hasher();
    this.#at = 0;
    this.#digest = undefined;
  }
}

/** SHA-256 of a blob, in lower-case hexadecimal. */
export async function hashOf(blob: Blob, signal: AbortSignal): Promise<string> {
  const hasher = new Hasher();
  try {
    for (let at = 0; at < blob.size; at += PIECE_BYTES) {
      signal.throwIfAborted();
      hasher.update(new Uint8Array(await blob.slice(at, at + PIECE_BYTES).arrayBuffer()));
    }
    return hasher.finish();
  } finally {
    hasher.free();
  }
}
