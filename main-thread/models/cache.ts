import { PiecedPart } from "./memory.js";
import { keyOf, type ModelRecord, type Part, parseRecord, type Shelf } from "./shelf.js";

const CACHE = "remotemedia-models";
/** Keys must be URLs; these are of this origin and lead nowhere. */
const FOLDER = "/.remotemedia-models/";
const RECORD = "model.json";

/** Models in the origin's cache. It takes whole files only: a part stays in memory until it is complete. */
export class CacheShelf implements Shelf {
  readonly kind = "cache";
  readonly #cache: Cache;
  readonly #parts = new Map<string, PiecedPart>();

  private constructor(cache: Cache) {
    this.#cache = cache;
  }

  /** Fails where there is no cache. */
  static async open(): Promise<CacheShelf> {
    const cache = await caches.open(CACHE);
    // Some browsers open one that they then refuse to use.
    await cache.match(keyUrl("probe"));
    return new CacheShelf(cache);
  }

  async records(): Promise<ModelRecord[]> {
    const keys = (await this.#cache.keys()).filter(({ url }) => url.endsWith(`/${RECORD}`));
    const records = await Promise.all(keys.map((key) => this.#readRecord(key.url)));
    return records.filter((it) => it !== undefined);
  }

  async record(model: string): Promise<ModelRecord | undefined> {
    return this.#readRecord(await urlOf(model, RECORD));
  }

  async write(record: ModelRecord): Promise<void> {
    const type = { headers: { "Content-Type": "application/json" } };
    await this.#cache.put(await urlOf(record.name, RECORD), new Response(JSON.stringify(record), type));
  }

  async part(model: string, index: number): Promise<Part> {
    const url = await urlOf(model, String(index));
    const part = this.#parts.get(url) ?? new CachedPart(this.#cache, url, () => this.#parts.delete(url));
    this.#parts.set(url, part);
    return part;
  }

  async size(model: string, index: number): Promise<number> {
    return (await this.file(model, index))?.size ?? 0;
  }

  async file(model: string, index: number): Promise<Blob | undefined> {
    const url = await urlOf(model, String(index));
    const part = this.#parts.get(url);
    return part ? part.blob() : (await this.#cache.match(url))?.blob();
  }

  async remove(model: string): Promise<void> {
    const record = await this.record(model);
    const names = [RECORD, ...(record?.files ?? []).map((_, index) => String(index))];
    for (const name of names) {
      const url = await urlOf(model, name);
      this.#parts.delete(url);
      await this.#cache.delete(url);
    }
  }

  async #readRecord(url: string): Promise<ModelRecord | undefined> {
    const found = await this.#cache.match(url);
    return found && parseRecord(await found.text());
  }
}

/** Goes into the cache once it is whole. */
class CachedPart extends PiecedPart {
  readonly #cache: Cache;
  readonly #url: string;
  readonly #kept: () => void;

  constructor(cache: Cache, url: string, kept: () => void) {
    super();
    this.#cache = cache;
    this.#url = url;
    this.#kept = kept;
  }

  override async keep(): Promise<void> {
    await this.#cache.put(this.#url, new Response(this.blob()));
    this.#kept();
  }
}

async function urlOf(model: string, file: string): Promise<string> {
  return keyUrl(`${await keyOf(model)}/${file}`);
}

function keyUrl(path: string): string {
  return new URL(FOLDER + path, globalThis.location.origin).href;
}
