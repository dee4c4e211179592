// Where what has to lie aside of an open package lies: what was fetched of it, what large files of it unpack to.
import { FOLDER_LOCK } from "../js/packages-messages.js";
import { PiecedPart } from "../models/memory.js";
import { OpfsPart, unlessMissing } from "../models/opfs.js";
import type { Part } from "../models/shelf.js";

const ROOT = "remotemedia-packages";
const NOTE = "note.json";
/** An unfinished download is worth going on with for so long, in milliseconds. */
const WORTH_MS = 7 * 24 * 3600 * 1000;

/** What is known of a download that is not finished. */
export interface Note {
  url: string;
  bytes: number | null;
  etag: string | null;
  lastModified: string | null;
}

/** Files of one package, as long as it is open. */
export interface Folder {
  /** Whether anything of it outlives this worker. */
  readonly kept: boolean;
  part(name: string): Promise<Part>;
  /** What was written, by reference; its part is closed. */
  file(name: string): Promise<Blob>;
  note(): Promise<Note | undefined>;
  /** None: nothing is to be gone on with. */
  setNote(note: Note | undefined): Promise<void>;
}

/** The folder `key`, in the private file system of the origin, else in memory. */
export async function openFolder(key: string): Promise<Folder> {
  // Who could tell which folders are in use, where there are no locks?
  const root = navigator.locks ? await openRoot() : undefined;
  return root ? new OpfsFolder(root, key) : new MemoryFolder();
}

/** Forgets a folder. */
export async function removeFolder(key: string): Promise<void> {
  const root = await openRoot();
  if (root) await unlessMissing(root.removeEntry(key, { recursive: true }));
}

/** Clears away what was left by pages that are gone. */
export async function sweep(): Promise<void> {
  const root = navigator.locks ? await openRoot() : undefined;
  if (!root) return;
  const keys: string[] = [];
  for await (const key of root.keys()) keys.push(key);
  for (const key of keys) {
    await navigator.locks.request(`${FOLDER_LOCK}${key}`, { ifAvailable: true }, async (lock) => {
      if (lock && !(await isWorthKeeping(root, key)))
        await unlessMissing(root.removeEntry(key, { recursive: true }));
    });
  }
}

async function openRoot(): Promise<FileSystemDirectoryHandle | undefined> {
  try {
    if (!("createSyncAccessHandle" in FileSystemFileHandle.prototype)) return undefined;
    return await (await navigator.storage.getDirectory()).getDirectoryHandle(ROOT, { create: true });
  } catch {
    // No private file system here, or not in this mode.
    return undefined;
  }
}

async function isWorthKeeping(root: FileSystemDirectoryHandle, key: string): Promise<boolean> {
  const folder = await unlessMissing(root.getDirectoryHandle(key));
  const note = await unlessMissing(folder?.getFileHandle(NOTE));
  return note !== undefined && (await note.getFile()).lastModified > Date.now() - WORTH_MS;
}

class OpfsFolder implements Folder {
  kept = false;
  readonly #root: FileSystemDirectoryHandle;
  readonly #key: string;

  constructor(root: FileSystemDirectoryHandle, key: string) {
    this.#root = root;
    this.#key = key;
  }

  async part(name: string): Promise<Part> {
    const handle = await (await this.#folder()).getFileHandle(name, { create: true });
    return new OpfsPart(await handle.createSyncAccessHandle());
  }

  async file(name: string): Promise<Blob> {
    return (await (await this.#folder()).getFileHandle(name)).getFile();
  }

  async note(): Promise<Note | undefined> {
    const folder = await unlessMissing(this.#root.getDirectoryHandle(this.#key));
    const file = await unlessMissing(folder?.getFileHandle(NOTE));
    if (!file) return undefined;
    this.kept = true;
    try {
      return JSON.parse(await (await file.getFile()).text()) as Note;
    } catch {
      // Cut off: there is nothing to go on from.
      return undefined;
    }
  }

  async setNote(note: Note | undefined): Promise<void> {
    const folder = await this.#folder();
    if (!note) return unlessMissing(folder.removeEntry(NOTE));
    const file = await (await folder.getFileHandle(NOTE, { create: true })).createSyncAccessHandle();
    try {
      file.truncate(0);
      file.write(new TextEncoder().encode(JSON.stringify(note)), { at: 0 });
      file.flush();
    } finally {
      file.close();
    }
  }

  #folder(): Promise<FileSystemDirectoryHandle> {
    this.kept = true;
    return this.#root.getDirectoryHandle(this.#key, { create: true });
  }
}

class MemoryFolder implements Folder {
  readonly kept = false;
  readonly #parts = new Map<string, PiecedPart>();

  part(name: string): Promise<Part> {
    const part = this.#parts.get(name) ?? new PiecedPart();
    this.#parts.set(name, part);
    return Promise.resolve(part);
  }
  file(name: string): Promise<Blob> {
    return Promise.resolve(this.#parts.get(name)?.blob() ?? new Blob());
  }
  note(): Promise<undefined> {
    return Promise.resolve(undefined);
  }
  setNote(): Promise<void> {
    return Promise.resolve();
  }
}
