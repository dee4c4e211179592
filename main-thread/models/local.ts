// Files that the user gave.
import { PipelineError } from "../js/errors.js";
import type { LocalModel } from "../js/models-messages.js";
import { HEAD_BYTES, objection } from "./format.js";
import { RunningHash } from "./hash.js";
import type { Tell } from "./job.js";
import { isFull, needRoom } from "./room.js";
import type { FileRecord, ModelRecord, Shelf } from "./shelf.js";
import { missingOf } from "./source.js";

/** Throws `ModelRejected` for what is no model by its first bytes or its files' names. */
export async function inspect({ name, files }: LocalModel): Promise<void> {
  const rejected = (why: string): PipelineError =>
    new PipelineError("ModelRejected", `${name} ${why}`, { details: { name } });
  const lacking = files.length === 0 ? "has no files" : missingOf(files.map((file) => file.name));
  if (lacking !== undefined) throw rejected(lacking);
  for (const file of files) {
    const head = new Uint8Array(await file.slice(0, HEAD_BYTES).arrayBuffer());
    // A folder may hold more than a model needs.
    const counts = files.length === 1 || /\.(json|safetensors)$/.test(file.name);
    const why = counts ? objection(file.name, head, file.size) : undefined;
    if (why !== undefined) throw rejected(files.length === 1 ? why : `: ${file.name} ${why}`);
  }
}

/** A copy of the files on the shelf; nothing if there is no room for one. */
export async function copyModel(
  local: LocalModel,
  shelf: Shelf,
  signal: AbortSignal,
  tell: Tell,
): Promise<ModelRecord | undefined> {
  if (shelf.kind === "memory") return undefined;
  const total = local.files.reduce((sum, { size }) => sum + size, 0);
  try {
    await needRoom(local.name, total);
    return await copyFiles(local, shelf, signal, (loaded) => tell({ name: local.name, loaded, total }));
  } catch (error) {
    await shelf.remove(local.name).catch(() => {});
    if (isFull(error) || (error instanceof PipelineError && error.code === "StorageFull")) return undefined;
    throw error;
  }
}

async function copyFiles(
  { name, files }: LocalModel,
  shelf: Shelf,
  signal: AbortSignal,
  tell: (loaded: number) => void,
): Promise<ModelRecord> {
  await shelf.remove(name);
  const listed = files.map((file): FileRecord => {
    return { name: file.name, url: "", bytes: file.size, done: false };
  });
  const record: ModelRecord = { version: 1, name, title: name, source: "file", files: listed };
  await shelf.write(record);
  let before = 0;
  for (const [index, file] of files.entries()) {
    const sha256 = await copyFile(file, shelf, [name, index], signal, (size) => tell(before + size));
    Object.assign(record.files[index] as FileRecord, { sha256, done: true });
    before += file.size;
  }
  await shelf.write(record);
  return record;
}

async function copyFile(
  file: File,
  shelf: Shelf,
  [name, index]: [string, number],
  signal: AbortSignal,
  tell: (loaded: number) => void,
): Promise<string> {
  const part = await shelf.part(name, index);
  const hash = new RunningHash();
  const reader = file.stream().getReader();
  try {
    part.clear();
    for (;;) {
      signal.throwIfAborted();
      const { done, value } = await reader.read();
      if (done) break;
      hash.update(part.size, value);
      part.append(value);
      tell(part.size);
    }
    const sha256 = await hash.digest(part);
    await part.keep();
    return sha256;
  } finally {
    reader.cancel().catch(() => {});
    part.close();
    hash.free();
  }
}
