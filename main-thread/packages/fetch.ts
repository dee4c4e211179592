// A package from its URL into its folder.
import { PipelineError } from "../js/errors.js";
import type { PackageLimits, PackageProgress } from "../js/packages-messages.js";
import { download } from "../models/download.js";
import { RunningHash, startHashing } from "../models/hash.js";
import { isFull } from "../models/room.js";
import type { FileRecord } from "../models/shelf.js";
import type { Folder, Note } from "./folder.js";

/** Bytes of a package at most, where the page says nothing else. */
const ARCHIVE_BYTES = 2 ** 31;
const FILE = "package";

/** What is fetched, and on what terms. */
export interface Fetch {
  url: string;
  /** Lower-case hexadecimal, if the page knows it. */
  sha256: string | undefined;
  limits: PackageLimits;
  /** URL of the wasm that hashes. */
  hasher: string;
  signal: AbortSignal;
  tell(progress: PackageProgress): void;
}

/** Fetches a package, or what is still missing of it, and gives it by reference. */
export async function fetchPackage(it: Fetch, folder: Folder): Promise<Blob> {
  const { url, sha256, signal, tell } = it;
  await startHashing(it.hasher).catch((cause: unknown) => {
    throw new PipelineError("LoadFailed", `${it.hasher} cannot be loaded`, { cause });
  });
  const part = await folder.part(FILE);
  const hash = new RunningHash();
  const file = recordOf(url, await folder.note());
  if (part.size > 0 && file.bytes === null && file.etag == null && file.lastModified == null) part.clear();
  try {
    await download({
      file,
      objection: (_, total) => tooLarge(it.limits, total ?? 0),
      rejection: "PackageRejected",
      expected: { bytes: null, sha256 },
      part,
      hash,
      signal,
      begun: async (total) => {
        refuse(it, total ?? 0);
        tell({ name: url, loaded: part.size, total });
        await folder.setNote(noteOf(file));
      },
      tell: (loaded, total) => {
        refuse(it, loaded);
        tell({ name: url, loaded, total });
      },
    });
    await part.keep();
  } catch (error) {
    if (error instanceof PipelineError && error.code !== "LoadFailed") {
      part.clear();
      await folder.setNote(undefined);
    }
    if (isFull(error)) throw new PipelineError("StorageFull", `no room to keep ${url} while it is used`);
    throw error;
  } finally {
    part.close();
    hash.free();
  }
  await folder.setNote(undefined);
  return folder.file(FILE);
}

function recordOf(url: string, note: Note | undefined): FileRecord {
  const known = note?.url === url ? note : { bytes: null, etag: null, lastModified: null };
  const { bytes, etag, lastModified } = known;
  return { name: FILE, url, bytes, etag, lastModified, done: false };
}

function noteOf({ url, bytes, etag = null, lastModified = null }: FileRecord): Note {
  return { url, bytes, etag, lastModified };
}

function refuse({ url, limits }: Fetch, bytes: number): void {
  const why = tooLarge(limits, bytes);
  if (why !== undefined) throw new PipelineError("PackageRejected", why, { details: { url } });
}

/** As the original puts it, for what need not be fetched to be refused. */
function tooLarge({ archive = ARCHIVE_BYTES }: PackageLimits, bytes: number): string | undefined {
  const shown = (bytes: number): string => `${(bytes / 2 ** 20).toFixed(2)} MB`;
  return bytes > archive ? `Package too large: ${shown(bytes)} (max ${shown(archive)})` : undefined;
}
