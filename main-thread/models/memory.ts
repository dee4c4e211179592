import type { ModelRecord, Part, Shelf } from "./shelf.js";

/** Pieces are handed to the browser, which may keep them on disk, once they have this many bytes. */
const PIECE_BYTES = 4 << 20;

/** Models in blobs, as long as this worker lives. */
export class MemoryShelf implements Shelf {
  readonly kind: Shelf["kind"] = "memory";
  readonly #records = new Map<string, ModelRecord>();
  readonly #parts = new Map<string, PiecedPart>();

  records(): Promise<ModelRecord[]> {
    return Promise.resolve([...this.#records.values()].map((it) => structuredClone(it)));
  }
  record(model: string): Promise<ModelRecord | undefined> {
    return Promise.resolve(structuredClone(this.#records.get(model)));
  }
  write(record: ModelRecord): Promise<void> {
    this.#records.set(record.name, structuredClone(record));
    return Promise.resolve();
  }
  part(model: string, index: number): Promise<Part> {
    const key = partKey(model, index);
    const part = this.#parts.get(key) ?? new PiecedPart();
    this.#parts.set(key, part);
    return Promise.resolve(part);
  }
  size(model: string, index: number): Promise<number> {
    return Promise.resolve(this.#parts.get(partKey(model, index))?.size ?? 0);
  }
  file(model: string, index: number): Promise<Blob | undefined> {
    return Promise.resolve(this.#parts.get(partKey(model, index))?.blob());
  }
  remove(model: string): Promise<void> {
    const record = this.#records.get(model);
    this.#records.delete(model);
    record?.files.forEach((_, index) => this.#parts.delete(partKey(model, index)));
    return Promise.resolve();
  }
}

function partKey(model: string, index: number): string {
  return `${index} ${model}`;
}

/** A file in pieces, in memory as far as this worker can tell. */
export class PiecedPart implements Part {
  #pieces: Blob[] = [];
  #rest: Uint8Array<ArrayBuffer>[] = [];
  #restSize = 0;
  #size = 0;

  get size(): number {
    return this.#size;
  }

  read(at: number, most: number): Promise<Uint8Array<ArrayBuffer>> {
    return this.blob()
      .slice(at, at + most)
      .arrayBuffer()
      .then((it) => new Uint8Array(it));
  }

  append(bytes: Uint8Array<ArrayBuffer>): void {
    this.#rest.push(bytes);
    this.#restSize += bytes.length;
    this.#size += bytes.length;
    if (this.#restSize >= PIECE_BYTES) this.#fold();
  }

  clear(): void {
    this.#pieces = [];
    this.#rest = [];
    this.#restSize = this.#size = 0;
  }

  keep(): Promise<void> {
    return Promise.resolve();
  }

  close(): void {
    this.#fold();
  }

  blob(): Blob {
    this.#fold();
    return new Blob(this.#pieces);
  }

  #fold(): void {
    if (this.#restSize > 0) this.#pieces.push(new Blob(this.#rest));
    this.#rest = [];
    this.#restSize = 0;
  }
}
