import { counted, milliseconds, percent, progress as progressText, rate } from "../../format.ts";
import type { NodeState, NodeView } from "../run-model.ts";

export const STATES: Record<NodeState, string> = {
  idle: "idle",
  waiting: "waiting",
  loading: "loading",
  running: "running",
  done: "done",
  failed: "failed",
  cancelled: "cancelled",
};

export const LANGUAGES = { rust: "Rust", python: "Python" } as const;

/** What a node has done by its own count: `3 of 4 items`. */
export function amountOf({ progress }: NodeView): string {
  return progress ? progressText(progress.done, progress.total, progress.unit) : "";
}

/** Items taken, and what the node itself counted where that is something else. */
export function itemsOf(node: NodeView): string {
  const { metrics, progress } = node;
  const amount = amountOf(node);
  if (!metrics) return amount;
  const items = counted(metrics.items, "item");
  if (!progress || progress.unit === "items") return items;
  const { done, total, unit } = progress;
  // All of it is said once.
  return `${items}, ${done === total ? progressText(done, null, unit) : amount}`;
}

/** Time on the clock while it works; what the runtime measured once it has. */
export function timeOf({ metrics, startedAt, endedAt, progress, state }: NodeView, now: number): string {
  if (metrics) return `${milliseconds(metrics.busyMs)} busy`;
  if (startedAt === undefined) return "";
  const elapsed = (endedAt ?? now) - startedAt;
  // News come in batches: what begins and ends within one cannot be told apart.
  if (elapsed < 20) return "";
  const eta = state === "running" ? progress?.etaMs : undefined;
  return eta ? `${milliseconds(elapsed)}, ${milliseconds(eta)} left` : milliseconds(elapsed);
}

/** Throughput: of the last seconds while it works; afterwards of the time in which it was busy. */
export function rateOf(node: NodeView, now: number): string {
  const { progress, pace, state, metrics } = node;
  if (!progress) return "";
  if (metrics) {
    const busy = whileBusy(node);
    return busy === undefined ? "" : `${rate(busy, progress.unit)} busy`;
  }
  const current = state === "running" ? pace.now(now) : undefined;
  return current === undefined ? "" : rate(current, progress.unit);
}

/** Units a second of the time in which the node was busy, as the runtime measured it. */
export function whileBusy({ progress, metrics }: NodeView): number | undefined {
  if (!progress || !metrics || metrics.busyMs <= 0) return undefined;
  return (progress.done / metrics.busyMs) * 1000;
}

/** The share of the run in which the node was busy. */
export function shareOf({ metrics }: NodeView, totalMs: number | undefined): string {
  return metrics && totalMs ? `${percent(metrics.busyMs / totalMs)} of run` : "";
}
