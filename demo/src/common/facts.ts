import type { RunEvent } from "remotemedia";

/** Something that is fetched or started for a run; times in milliseconds of `performance.now()`. */
export interface Load {
  what: string;
  name: string;
  loaded: number;
  total: number | null;
  startedAt: number;
  changedAt: number;
}

/** Loads by what and whose they are. */
export type Loads = Map<string, Load>;

export type LogLine = Omit<Extract<RunEvent, { type: "log" }>, "type" | "run">;

/** How a run stands. */
export type RunState = "idle" | "starting" | "running" | "cancelling" | "done" | "failed" | "cancelled";

/** Why a run ends that the user cancels. */
export class CancelledByUser extends Error {
  readonly code = "Cancelled";
}

/** Notes how far a load has come. */
export function note(
  loads: Loads,
  { what, name, loaded, total }: Pick<Load, "what" | "name" | "loaded" | "total">,
  now: number,
): void {
  const key = `${what} ${name}`;
  const startedAt = loads.get(key)?.startedAt ?? now;
  loads.set(key, { what, name, loaded, total, startedAt, changedAt: now });
}

/** Whether a run in this state still has to end. */
export function isActive(state: RunState): boolean {
  return state === "starting" || state === "running" || state === "cancelling";
}

/** A field of whatever was thrown, if it is text. */
export function fieldOf(error: unknown, field: "node" | "code" | "stage" | "traceback"): string | undefined {
  const value: unknown = typeof error === "object" && error !== null ? Reflect.get(error, field) : undefined;
  return typeof value === "string" ? value : undefined;
}

/** Waits for `work`, but no longer than until `signal` is aborted. */
export function unlessAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    signal.addEventListener("abort", () => reject(signal.reason as Error), { once: true });
    work.then(resolve, reject);
  });
}
