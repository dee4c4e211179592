import { keyOf, type ModelRecord, type Part, parseRecord, type Shelf } from "./shelf.js";

const ROOT = "remotemedia-models";
const RECORD = "model.json";
/** A record is written in one go: once more is mostly enough. */
const MOST_TRIES = 5;

/** A folder for each model in the origin's private file system. */
export class OpfsShelf implements Shelf {
  readonly kind = "opfs";
  readonly #root: FileSystemDirectoryHandle;

  private constructor(root: FileSystemDirectoryHandle) {
    this.#root = root;
  }

  /** Fails where there is no such file system, or none that can be written piece by piece. */
  static async open(): Promise<OpfsShelf> {
    const root = await (await navigator.storage.getDirectory()).getDirectoryHandle(ROOT, { create: true });
    if (!("createSyncAccessHandle" in FileSystemFileHandle.prototype)) throw new Error("cannot be written");
    return new OpfsShelf(root);
  }

  async records(): Promise<ModelRecord[]> {
    const found: ModelRecord[] = [];
    for await (const handle of this.#root.values()) {
      const record = handle.kind === "directory" ? await readRecord(handle) : undefined;
      if (record) found.push(record);
    }
    return found;
  }

  async record(model: string): Promise<ModelRecord | undefined> {
    const folder = await this.#folder(model, false);
    return folder && readRecord(folder);
  }

  async write(record: ModelRecord): Promise<void> {
    const folder = await this.#folder(record.name, true);
    const handle = await folder.getFileHandle(RECORD, { create: true });
    const file = await handle.createSyncAccessHandle();
    try {
      // Shorter than before, it must not keep its old end; one that is cut off counts as none.
      file.truncate(0);
      file.write(new TextEncoder().encode(JSON.stringify(record)), { at: 0 });
      file.flush();
    } finally {
      file.close();
    }
  }

  async part(model: string, index: number): Promise<Part> {
    const folder = await this.#folder(model, true);
    const handle = await folder.getFileHandle(String(index), { create: true });
    return new OpfsPart(await handle.createSyncAccessHandle());
  }

  async size(model: string, index: number): Promise<number> {
    return (await this.file(model, index))?.size ?? 0;
  }

  async file(model: string, index: number): Promise<Blob | undefined> {
    const folder = await this.#folder(model, false);
    const handle = await unlessMissing(folder?.getFileHandle(String(index)));
    return handle?.getFile();
  }

  async remove(model: string): Promise<void> {
    await unlessMissing(this.#root.removeEntry(await keyOf(model), { recursive: true }));
  }

  #folder(model: string, create: true): Promise<FileSystemDirectoryHandle>;
  #folder(model: string, create: boolean): Promise<FileSystemDirectoryHandle | undefined>;
  async #folder(model: string, create: boolean): Promise<FileSystemDirectoryHandle | undefined> {
    return unlessMissing(this.#root.getDirectoryHandle(await keyOf(model), { create }));
  }
}

export class OpfsPart implements Part {
  #size: number;
  readonly #file: FileSystemSyncAccessHandle;

  constructor(file: FileSystemSyncAccessHandle) {
    this.#file = file;
    this.#size = file.getSize();
  }

  get size(): number {
    return this.#size;
  }

  read(at: number, most: number): Promise<Uint8Array<ArrayBuffer>> {
    const bytes = new Uint8Array(Math.min(most, this.#size - at));
    return Promise.resolve(bytes.subarray(0, this.#file.read(bytes, { at })));
  }

  append(bytes: Uint8Array<ArrayBuffer>): void {
    const written = this.#file.write(bytes, { at: this.#size });
    this.#size += written;
    // Some engines write what fits and say nothing.
    if (written < bytes.length) throw new DOMException("the file system is full", "QuotaExceededError");
  }

  clear(): void {
    this.#file.truncate(0);
    this.#size = 0;
  }

  keep(): Promise<void> {
    this.#file.flush();
    return Promise.resolve();
  }

  close(): void {
    this.#file.close();
  }
}

/** The record in a folder. Written anew or removed while it is read, it is read again. */
async function readRecord(folder: FileSystemDirectoryHandle): Promise<ModelRecord | undefined> {
  for (let tries = 1; ; tries += 1) {
    const handle = await unlessMissing(folder.getFileHandle(RECORD));
    if (!handle) return undefined;
    try {
      const text = await (await handle.getFile()).text();
      if (text !== "" || tries === MOST_TRIES) return parseRecord(text);
    } catch (error) {
      if (!isMoved(error) || tries === MOST_TRIES) throw error;
    }
  }
}

/** Whether a file is not any more what it was when it was asked for. */
function isMoved(error: unknown): boolean {
  return error instanceof DOMException && /^Not(Found|Readable)Error$/.test(error.name);
}

/** What `found` gives; nothing if there is no such entry. */
export async function unlessMissing<T>(found: Promise<T> | undefined): Promise<T | undefined> {
  try {
    return await found;
  } catch (error) {
    if (error instanceof DOMException && error.name === "NotFoundError") return undefined;
    throw error;
  }
}
