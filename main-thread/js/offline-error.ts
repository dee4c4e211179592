/** What can go wrong with keeping files: a closed list. */
export type OfflineErrorCode =
  /** The browser has no service workers here: no HTTPS, a private window, an embedded page. */
  | "NotSupported"
  /** The browser keeps no more. */
  | "StorageFull"
  /** The server has another version of the file than this page goes by. */
  | "Stale"
  /** The file cannot be fetched. */
  | "Unreachable";

/** Keeping or fetching a file failed. */
export class OfflineError extends Error {
  override readonly name = "OfflineError";
  readonly code: OfflineErrorCode;
  /** The file, relative to the folder of the build. */
  readonly file: string | undefined;
  /** What the server answered, if it did. */
  readonly status: number | undefined;

  constructor(
    code: OfflineErrorCode,
    message: string,
    { file, status, cause }: { file?: string; status?: number; cause?: unknown } = {},
  ) {
    super(message, cause === undefined ? undefined : { cause });
    this.code = code;
    this.file = file;
    this.status = status;
  }
}

/** The error that says why something was not kept. @internal */
export function notKept(file: string, cause: unknown): OfflineError {
  const full = cause instanceof DOMException && cause.name === "QuotaExceededError";
  const why = full ? "the browser keeps no more for this site" : `the browser refuses: ${String(cause)}`;
  return new OfflineError("StorageFull", `${file} is not kept: ${why}`, { file, cause });
}
