// What a server's answer to a request for (the rest of) a file means.
import { PipelineError } from "../js/errors.js";

/** What is known of a file before it is asked for. */
export interface Known {
  url: string;
  /** Its size, if it is known beforehand. */
  bytes: number | null;
  /** Of the answer that the first part came with. */
  etag?: string | null | undefined;
  lastModified?: string | null | undefined;
  /** The size that answer told. */
  seen?: number | null | undefined;
  /** Whether its hash is known beforehand: then a part is worth going on with, whatever the server says of it. */
  hashed: boolean;
}

/** The part of a `Response` that counts here. */
export interface Answer {
  status: number;
  headers: { get(name: string): string | null };
}

export type Verdict =
  /** The rest follows. */
  | { do: "append"; total: number | null }
  /** The whole follows. */
  | { do: "restart"; total: number | null }
  /** Nothing is missing. */
  | { do: "complete" }
  /** What is here is of another version: ask for the whole. */
  | { do: "discard" };

/** Headers that ask for what follows `offset`; none where the whole has to be asked for. */
export function rangeHeaders(known: Known, offset: number, sameOrigin: boolean): Record<string, string> {
  const validator = strong(known.etag) ?? known.lastModified ?? undefined;
  if (offset === 0 || (validator === undefined && !known.hashed)) return {};
  const range = { Range: `bytes=${offset}-` };
  // To another origin this header would need that origin's leave; the answer is compared instead.
  return sameOrigin && validator !== undefined ? { ...range, "If-Range": validator } : range;
}

/** Throws `LoadFailed` for what is no answer, `ModelRejected` for a file of another size. */
export function judge(answer: Answer, known: Known, offset: number): Verdict {
  const { status, headers } = answer;
  if (status === 206) return part(headers, known, offset);
  if (status === 416 && offset > 0) {
    return sizeIn(headers) === offset && same(headers, known) ? { do: "complete" } : { do: "discard" };
  }
  if (status !== 200) {
    throw new PipelineError("LoadFailed", `${known.url} cannot be fetched: the server answers ${status}`, {
      details: { url: known.url, status },
    });
  }
  // A compressed answer is longer than its header says.
  const length = headers.get("content-encoding") === null ? headers.get("content-length") : null;
  return { do: "restart", total: expect(known, length === null ? null : Number(length)) };
}

function part(headers: Answer["headers"], known: Known, offset: number): Verdict {
  const start = /^bytes (\d+)-/.exec(headers.get("content-range") ?? "")?.[1];
  const total = sizeIn(headers);
  const moved = start === undefined ? !known.hashed : Number(start) !== offset;
  const before = known.bytes ?? known.seen ?? null;
  const other = total !== null && before !== null && total !== before;
  if (moved || other || !same(headers, known)) return { do: "discard" };
  return { do: "append", total: total ?? before };
}

/** The size of the whole file, if a partial answer says it (and other origins are shown it). */
function sizeIn(headers: Answer["headers"]): number | null {
  const size = /\/(\d+)$/.exec(headers.get("content-range") ?? "")?.[1];
  return size === undefined ? null : Number(size);
}

/** Whether the answer is about what the first part is of, as far as both say. */
function same(headers: Answer["headers"], known: Known): boolean {
  const differs = (header: string, before: string | null | undefined): boolean => {
    const now = headers.get(header);
    return now !== null && before != null && now !== before;
  };
  return !differs("etag", known.etag) && !differs("last-modified", known.lastModified);
}

function expect(known: Known, found: number | null): number | null {
  if (found === null || known.bytes === null || found === known.bytes) return found ?? known.bytes;
  throw wrongSize(known, found);
}

/** The file is not the one that is meant. */
export function wrongSize(known: Known, found: number): PipelineError {
  return new PipelineError(
    "ModelRejected",
    `${known.url} has ${found} bytes, and ${known.bytes} were expected`,
    { details: { url: known.url, expected: known.bytes, found } },
  );
}

function strong(etag: string | null | undefined): string | undefined {
  return etag && !etag.startsWith("W/") ? etag : undefined;
}
