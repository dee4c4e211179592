// Files in the browser's cache, by their content: whoever knows a hash gets that content or nothing.
import type { Asset } from "./offline-list.js";

/** Headers that a file keeps: what it is, and what its host allows it. The others are of the transfer. */
const KEPT_HEADERS = [
  "content-type",
  "content-security-policy",
  "cross-origin-opener-policy",
  "cross-origin-embedder-policy",
  "cross-origin-resource-policy",
  "permissions-policy",
  "referrer-policy",
  "x-content-type-options",
];

/** Keys must be URLs: below this folder of the scope, which leads nowhere. */
const FOLDER = ".remotemedia/";
const HASH = /^[0-9a-f]{64}$/;

/** What is kept for one scope, by all versions together: content that two of them share is there once. */
export class Store {
  readonly #cache: Cache;
  readonly #root: string;

  private constructor(cache: Cache, scope: string) {
    this.#cache = cache;
    this.#root = new URL(FOLDER, scope).href;
  }

  /** `name` is what the cache is called; every scope has its own. */
  static async open(name: string, scope: string): Promise<Store> {
    return new Store(await caches.open(cacheName(name, scope)), scope);
  }

  /** Hashes of the files that are here. */
  async kept(): Promise<Set<string>> {
    const names = await this.#names();
    return new Set(names.filter((it) => HASH.test(it)));
  }

  /** A file, checked: one that is not what it should be is removed, and counts as missing. */
  async read(asset: Asset): Promise<{ bytes: ArrayBuffer; headers: Headers } | undefined> {
    const key = this.#key(asset.sha256);
    try {
      const found = await this.#cache.match(key);
      if (!found) return undefined;
      const bytes = await found.arrayBuffer();
      if (await isOf(bytes, asset)) return { bytes, headers: found.headers };
    } catch {
      // What cannot be read is as good as damaged.
    }
    await this.#cache.delete(key).catch(() => {});
    return undefined;
  }

  /** Keeps a file whose content was checked; what was kept of its beginning is of no more use. */
  async write(asset: Asset, bytes: BufferSource, headers: Headers): Promise<void> {
    const key = this.#key(asset.sha256);
    try {
      await this.#cache.put(key, new Response(bytes, { headers: keptHeaders(headers) }));
    } catch (error) {
      await this.#cache.delete(key).catch(() => {});
      throw error;
    } finally {
      await this.dropPieces(asset);
    }
  }

  /** What is kept of a file's beginning, in order. */
  async pieces({ sha256 }: Asset): Promise<Uint8Array<ArrayBuffer>[]> {
    const found: Uint8Array<ArrayBuffer>[] = [];
    for (;;) {
      const piece = await this.#cache.match(this.#pieceKey(sha256, found.length));
      if (!piece) return found;
      found.push(new Uint8Array(await piece.arrayBuffer()));
    }
  }

  async addPiece({ sha256 }: Asset, index: number, bytes: BlobPart[]): Promise<void> {
    await this.#cache.put(this.#pieceKey(sha256, index), new Response(new Blob(bytes)));
  }

  async dropPieces({ sha256 }: Asset): Promise<void> {
    for (let index = 0; await this.#cache.delete(this.#pieceKey(sha256, index)); index += 1);
  }

  /** What was noted under a name; nothing if nothing was. */
  async note<T>(name: string): Promise<T | undefined> {
    const found = await this.#cache.match(this.#key(`notes/${name}`));
    return found && ((await found.json()) as T);
  }

  async writeNote(name: string, value: unknown): Promise<void> {
    await this.#cache.put(this.#key(`notes/${name}`), new Response(JSON.stringify(value)));
  }

  async removeNote(name: string): Promise<void> {
    await this.#cache.delete(this.#key(`notes/${name}`));
  }

  /** Names of the notes that begin so. */
  async notes(prefix: string): Promise<string[]> {
    const names = (await this.#names()).filter((it) => it.startsWith(`notes/${prefix}`));
    return names.map((it) => it.slice("notes/".length));
  }

  /** Removes every file, and every piece of one, whose hash is not among these. */
  async keepOnly(hashes: ReadonlySet<string>): Promise<void> {
    for (const name of await this.#names()) {
      const hash = /^(?:pieces\/)?([0-9a-f]{64})/.exec(name)?.[1];
      if (hash !== undefined && !hashes.has(hash)) await this.#cache.delete(this.#key(name));
    }
  }

  async #names(): Promise<string[]> {
    const keys = await this.#cache.keys();
    return keys.map(({ url }) => url.slice(this.#root.length));
  }

  #key(name: string): string {
    return this.#root + name;
  }
  #pieceKey(sha256: string, index: number): string {
    return this.#key(`pieces/${sha256}/${index}`);
  }
}

/** What the cache of a scope is called. */
export function cacheName(name: string, scope: string): string {
  return `${name} ${scope}`;
}

/** Whether `bytes` are the content that the list promises. */
export async function isOf(bytes: BufferSource, { sha256, bytes: size }: Asset): Promise<boolean> {
  if (bytes.byteLength !== size) return false;
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
  return [...digest].map((byte) => byte.toString(16).padStart(2, "0")).join("") === sha256;
}

/** The headers of an answer that are kept, or given on, with its content. */
export function keptHeaders(headers: Headers): Headers {
  const kept = new Headers();
  for (const name of KEPT_HEADERS) {
    const value = headers.get(name);
    if (value !== null) kept.set(name, value);
  }
  return kept;
}
