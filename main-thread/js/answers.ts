import type { ErrorFacts } from "./errors.js";
import type { ErrorCode } from "./generated/data.js";

/** What a helper says of the question `id`. @internal */
export type Answer<P> = { id: number } & (
  | { progress: P }
  | { value: unknown }
  | { error: { code: ErrorCode; message: string } & Pick<ErrorFacts, "details" | "problems"> }
  | { aborted: true }
);
