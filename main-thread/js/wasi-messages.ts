// What the page and the worker that runs a package's own executor say to each other.
import type { FaultView, GraphInfo } from "./generated/data.js";
import type { Packed } from "./values.js";

/** The one message to the worker. @internal */
export interface Execution {
  /** The package's `runtime.wasm`. */
  wasm: Blob;
  manifest: string;
  /** JSON text. */
  params: string | null;
  /** None: the run has no inputs. */
  items: Packed[] | null;
  /** Bytes it may write. */
  outputBytes: number;
  /** Log events at most. */
  logs: number;
}

/** A line that the executor wrote. @internal */
export interface LogLine {
  level: "debug" | "info" | "warn" | "error";
  message: string;
}

/** What the executor gave. @internal */
export interface Executed {
  graph: GraphInfo;
  outputs: Packed;
  /** The node whose outputs they are, where that is known. */
  node: string;
  /** Milliseconds until it could begin. */
  startMs: number;
  /** Bytes of its memory. */
  memory: number;
}

/** What the worker says. @internal */
export type ExecutionNews =
  { started: string[] } | { log: LogLine[] } | { executed: Executed } | { failed: FaultView };
