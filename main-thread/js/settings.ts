import { PipelineError } from "./errors.js";
import type { Options } from "./generated/data.js";

/** What of a runtime's options the coordinator must know. @internal */
export interface Settings {
  python?: { workers?: number | undefined } | undefined;
  computeWorkers?: number | "auto" | undefined;
  startTimeoutMs?: { runtime?: number; python?: number } | undefined;
}

/** The coordinator's options; throws `InvalidInput`. @internal */
export function coordinatorOptions({
  computeWorkers = "auto",
  python,
  startTimeoutMs,
}: Settings): Partial<Options> {
  const cores = globalThis.navigator?.hardwareConcurrency ?? 2;
  const auto = Math.max(1, Math.min(4, cores - 1));
  return {
    computeWorkers: computeWorkers === "auto" ? auto : whole(computeWorkers, "computeWorkers"),
    pythonWorkers: whole(python?.workers ?? 1, "python.workers"),
    ...(startTimeoutMs?.runtime === undefined ? {} : { startTimeoutMs: startTimeoutMs.runtime }),
    ...(startTimeoutMs?.python === undefined ? {} : { pythonTimeoutMs: startTimeoutMs.python }),
  };
}

function whole(count: number, name: string): number {
  if (Number.isInteger(count) && count >= 1 && count <= 64) return count;
  throw new PipelineError("InvalidInput", `${name} must be a whole number from 1 to 64`, { stage: "start" });
}
