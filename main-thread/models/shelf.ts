// What a place to keep models in must offer, whatever the browser has.

/** What is known of a model that is kept, in whole or in part. Written when a download begins, and as files are done. */
export interface ModelRecord {
  version: 1;
  name: string;
  title: string;
  source: "catalogue" | "url" | "file";
  files: FileRecord[];
}

export interface FileRecord {
  name: string;
  url: string;
  bytes: number | null;
  /** Lower-case hexadecimal; as found, once the file is done. */
  sha256?: string | undefined;
  etag?: string | null;
  lastModified?: string | null;
  /** Set last, when everything was checked: only then the file counts as there. */
  done: boolean;
  /** The model lacks it, and may. */
  absent?: boolean;
}

/** A file that is being written, from its beginning or on. Nobody else writes it: see `Store`. */
export interface Part {
  /** Bytes so far. */
  readonly size: number;
  /** Bytes `at` and on, at most so many. */
  read(at: number, most: number): Promise<Uint8Array<ArrayBuffer>>;
  /** Adds bytes, which must not change any more. Throws the browser's `QuotaExceededError`. */
  append(bytes: Uint8Array<ArrayBuffer>): void;
  /** Forgets everything. */
  clear(): void;
  /** It is whole and checked: sees to it that it stays. */
  keep(): Promise<void>;
  /** Nothing more is written now; what is there stays. */
  close(): void;
}

/** Models and parts of models, by name. */
export interface Shelf {
  readonly kind: "opfs" | "cache" | "memory";
  records(): Promise<ModelRecord[]>;
  record(model: string): Promise<ModelRecord | undefined>;
  write(record: ModelRecord): Promise<void>;
  /** Opens the file number `index` for writing. */
  part(model: string, index: number): Promise<Part>;
  /** Bytes kept of the file number `index`. */
  size(model: string, index: number): Promise<number>;
  /** The file number `index` by reference; none if it is not there. */
  file(model: string, index: number): Promise<Blob | undefined>;
  remove(model: string): Promise<void>;
}

/** A name that can be a file's, the same for the same model. */
export async function keyOf(model: string): Promise<string> {
  const hash = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(model));
  const bytes = [...new Uint8Array(hash).subarray(0, 16)];
  return bytes.map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** The record in `text`; none if it is cut off or of another version. */
export function parseRecord(text: string): ModelRecord | undefined {
  try {
    const record = JSON.parse(text) as ModelRecord;
    return record.version === 1 && Array.isArray(record.files) ? record : undefined;
  } catch {
    return undefined;
  }
}
