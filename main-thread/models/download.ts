// One file from its URL into a part, however often the way breaks.
import { messageOf, PipelineError } from "../js/errors.js";
import type { ErrorCode } from "../js/generated/data.js";
import { judge, type Known, rangeHeaders, wrongSize } from "./answer.js";
import { HEAD_BYTES } from "./format.js";
import type { RunningHash } from "./hash.js";
import type { FileRecord, Part } from "./shelf.js";

/** What is to be fetched, and who is told. */
export interface Download {
  /** Its validators and size are kept up to date. */
  file: FileRecord;
  /** What is wrong with a file that begins so and has so many bytes, in words. */
  objection(head: Uint8Array, total: number | null): string | undefined;
  /** The code of the error where it is not what it should be; `ModelRejected` if not given. */
  rejection?: ErrorCode;
  /** What is known beforehand. */
  expected: { bytes: number | null; sha256?: string | undefined };
  part: Part;
  hash: RunningHash;
  signal: AbortSignal;
  /** The whole is known to have so many bytes (null: nobody knows), of which the part's are here. */
  begun(total: number | null): Promise<void>;
  tell(loaded: number, total: number | null): void;
}

/** Milliseconds before each new try after one that brought nothing new; then it is given up. */
const PAUSES_MS = [250, 500, 1_000, 2_000, 4_000];
/** After so many, another origin is asked for the whole: it may refuse every request for a part. */
const PARTS_REFUSED = 2;

/** The connection broke: worth another try. */
class Interrupted extends Error {}

/**
 * Fetches the rest of a file and gives its SHA-256. Throws `LoadFailed` where it cannot be had, `ModelRejected` where
 * it is not what it should be, and the signal's reason. What has come so far stays in the part.
 */
export async function download(it: Download): Promise<string> {
  let resumed = it.part.size > 0;
  let again = false;
  let best = it.part.size;
  for (let failures = 0; ;) {
    try {
      await attempt(it, failures);
      const wrong = await defect(it);
      if (wrong === undefined) return it.hash.digest(it.part);
      if (!resumed || again) throw wrong;
      // Pieces of two tries need not fit together: the whole gets one more.
      again = true;
      it.part.clear();
    } catch (error) {
      it.signal.throwIfAborted();
      if (!(error instanceof Interrupted)) throw error;
      failures = it.part.size > best ? 0 : failures + 1;
      best = Math.max(best, it.part.size);
      resumed ||= it.part.size > 0;
      const ms = PAUSES_MS[failures - 1] ?? PAUSES_MS[0];
      if (failures > PAUSES_MS.length) throw gaveUp(it, error);
      await pause(ms as number, it.signal);
    }
  }
}

function gaveUp({ file, part }: Download, error: Error): PipelineError {
  const message = `${file.url} cannot be fetched: ${error.message} (${part.size} bytes are here)`;
  return new PipelineError("LoadFailed", message, { details: { url: file.url, loaded: part.size } });
}

async function attempt(it: Download, failures: number): Promise<void> {
  const { file, part, signal } = it;
  const size = it.expected.bytes ?? file.bytes;
  if (size !== null && part.size > size) part.clear();
  if (size !== null && size > 0 && part.size === size) return;
  await it.hash.catchUp(part);
  const offset = part.size;
  const known: Known = {
    url: file.url,
    bytes: it.expected.bytes,
    etag: file.etag,
    lastModified: file.lastModified,
    seen: file.bytes,
    hashed: it.expected.sha256 !== undefined,
  };
  const sameOrigin = new URL(file.url).origin === globalThis.location.origin;
  const inParts = sameOrigin || failures < PARTS_REFUSED;
  const headers = inParts ? rangeHeaders(known, offset, sameOrigin) : {};
  const response = await fetch(file.url, { headers, signal, cache: "no-store" }).catch((error: unknown) => {
    throw new Interrupted(messageOf(error));
  });
  let verdict;
  try {
    verdict = judge(response, known, offset);
  } catch (error) {
    cancel(response);
    throw error;
  }
  if (verdict.do === "complete") return cancel(response);
  if (verdict.do === "discard") {
    cancel(response);
    part.clear();
    file.etag = file.lastModified = file.bytes = null;
    return attempt(it, 0);
  }
  if (verdict.do === "restart") {
    part.clear();
    file.etag = response.headers.get("etag");
    file.lastModified = response.headers.get("last-modified");
  }
  file.bytes = verdict.total;
  await it.begun(verdict.total);
  await take(response, it, verdict.total);
}

/** Reads a body to its end. */
async function take(response: Response, it: Download, total: number | null): Promise<void> {
  const { part, file } = it;
  const reader = response.body?.getReader();
  if (!reader) throw new Interrupted("the answer is empty");
  try {
    for (;;) {
      const { done, value } = await reader.read().catch((error: unknown) => {
        throw new Interrupted(messageOf(error));
      });
      if (done) break;
      if (part.size === 0 && value.length >= HEAD_BYTES) refuse(it, value, total);
      if (total !== null && part.size + value.length > total) {
        throw wrongSize({ url: file.url, bytes: total, hashed: false }, part.size + value.length);
      }
      it.hash.update(part.size, value);
      part.append(value);
      it.tell(part.size, total);
    }
  } finally {
    // Of no effect if it was read to its end.
    reader.cancel().catch(() => {});
  }
  if (total !== null && part.size < total) {
    throw new Interrupted(`the connection ended after ${part.size} of ${total} bytes`);
  }
}

function refuse(it: Download, head: Uint8Array, total: number | null): void {
  const why = it.objection(head.subarray(0, HEAD_BYTES), total);
  if (why !== undefined) throw rejected(it, why, {});
}

function rejected(
  { file: { url }, rejection = "ModelRejected" }: Download,
  why: string,
  facts: object,
): PipelineError {
  return new PipelineError(rejection, `${url} ${why}`, { details: { url, ...facts } });
}

/** What is wrong with a file that is whole. */
async function defect(it: Download): Promise<PipelineError | undefined> {
  const { file, expected, part } = it;
  const { bytes, sha256 } = expected;
  if (bytes !== null && part.size !== bytes) {
    return wrongSize({ url: file.url, bytes, hashed: false }, part.size);
  }
  refuse(it, await part.read(0, HEAD_BYTES), part.size);
  const found = await it.hash.digest(part);
  if (sha256 === undefined || sha256 === found) return undefined;
  const why = `is damaged: its SHA-256 is ${found}, and ${sha256} was expected`;
  return rejected(it, why, { expected: sha256, found });
}

function cancel(response: Response): void {
  response.body?.cancel().catch(() => {});
}

/** Waits, unless `signal` aborts. */
function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const abort = (): void => {
      clearTimeout(timer);
      reject(signal.reason);
    };
    const timer = setTimeout(() => {
      signal.removeEventListener("abort", abort);
      resolve();
    }, ms);
    signal.addEventListener("abort", abort, { once: true });
  });
}
