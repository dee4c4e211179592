import type { ErrorCode, FaultView, Problem } from "./generated/data.js";

/** What a {@link PipelineError} may carry beside its code and message. */
export interface ErrorFacts {
  node?: string | undefined;
  stage?: string | undefined;
  problems?: Problem[] | undefined;
  traceback?: string | undefined;
  details?: unknown;
  cause?: unknown;
}

/** The one error class of RemoteMedia. `code` says what kind; the rest says where and why. */
export class PipelineError extends Error {
  /** Which kind of error: one of a closed list. */
  readonly code: ErrorCode;
  /** Id of the node it is about. */
  readonly node?: string;
  /** What was being done: `start`, `plan`, `load`, `open`, `process`, `flush`, `input`, `output` or `cancel`. */
  readonly stage?: string;
  /** Every defect, for `InvalidManifest` and `UnknownNode`. */
  readonly problems?: Problem[];
  /** Python's traceback. */
  readonly traceback?: string;
  /** More facts; which ones depends on the code. */
  readonly details?: unknown;

  constructor(code: ErrorCode, message: string, facts: ErrorFacts = {}) {
    super(message, "cause" in facts ? { cause: facts.cause } : undefined);
    this.name = "PipelineError";
    this.code = code;
    if (facts.node !== undefined) this.node = facts.node;
    if (facts.stage !== undefined) this.stage = facts.stage;
    if (facts.problems !== undefined) this.problems = facts.problems;
    if (facts.traceback !== undefined) this.traceback = facts.traceback;
    if (facts.details !== undefined) this.details = facts.details;
  }
}

/** The error that a fault is. @internal */
export function errorOf(fault: FaultView, cause?: unknown): PipelineError {
  const facts: ErrorFacts = { node: fault.node, stage: fault.stage, traceback: fault.traceback };
  if (fault.problems.length > 0) facts.problems = fault.problems;
  if (fault.details !== undefined) facts.details = parsed(fault.details);
  if (cause !== undefined) facts.cause = cause;
  return new PipelineError(fault.code, fault.message, facts);
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

/** The message of whatever was thrown, without a stack. @internal */
export function messageOf(thrown: unknown): string {
  return thrown instanceof Error ? thrown.message : String(thrown);
}
