// Whether there is room: in this browser's storage for the files, in memory for a run with them.
import { PipelineError } from "../js/errors.js";

/** wasm of 32 bits has no more; some of it is not the model's. */
const WASM_BYTES = 2 ** 32 - 2 ** 26;
/** Storage is counted in blocks, and other things need some too. */
const SPARE_BYTES = 1 << 20;

/** What this origin may keep in all, and what is left of it; null where the browser does not tell. */
export async function storageRoom(): Promise<{ quota: number | null; available: number | null }> {
  try {
    const { quota, usage } = await navigator.storage.estimate();
    if (quota === undefined) return { quota: null, available: null };
    return { quota, available: Math.max(0, quota - (usage ?? 0)) };
  } catch {
    return { quota: null, available: null };
  }
}

/** Throws `StorageFull` if `bytes` more are more than there is room for. */
export async function needRoom(model: string, bytes: number): Promise<void> {
  const { available } = await storageRoom();
  const needed = bytes + SPARE_BYTES;
  if (available !== null && needed > available) throw full(model, bytes, available);
}

/** The browser keeps no more. */
export function full(model: string, needed: number | null, available: number | null): PipelineError {
  const figures = [
    needed === null ? "" : `${needed} bytes are needed`,
    available === null ? "" : `${available} are free`,
  ];
  const told = figures.filter((it) => it !== "").join(", ");
  const message = `no room to keep the model ${model}${told === "" ? "" : `: ${told}`}`;
  return new PipelineError("StorageFull", message, { details: { model, needed, available } });
}

/** Whether the browser's refusal means that. */
export function isFull(error: unknown): boolean {
  return error instanceof DOMException && error.name === "QuotaExceededError";
}

/** Throws `ModelRejected` if a run with the model cannot fit into memory. */
export function needMemory(model: string, needed: number | undefined): void {
  const available = memory();
  if (needed === undefined || needed <= available) return;
  const message = `a run with the model ${model} needs ${needed} bytes of memory, and there are ${available}`;
  throw new PipelineError("ModelRejected", message, { details: { model, needed, available } });
}

/** Bytes of memory that a run can have, as far as is known. */
function memory(): number {
  // In GiB, rounded and capped by browsers: a hint of little memory is one, a hint of much is none.
  const hint = (navigator as { deviceMemory?: number }).deviceMemory;
  return Math.min(WASM_BYTES, hint === undefined ? Infinity : hint * 2 ** 30);
}
