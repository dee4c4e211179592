import type { ModelStorage } from "remotemedia";
import { bytes } from "../format.ts";
import { isHere, type Model } from "./models.ts";

/** wasm of 32 bits has no more. */
const ENGINE_BYTES = 2 ** 32;

/** Room there is, as far as the browser tells; in bytes. */
export interface Room {
  storage: Pick<ModelStorage, "available" | "kind"> | undefined;
  memory: number | undefined;
}

/** What browsers tell of the device's memory: rounded, at most 8 GiB, and some tell nothing. */
export function deviceMemory(): number | undefined {
  const told = (navigator as { deviceMemory?: number }).deviceMemory;
  return told === undefined ? undefined : told * 2 ** 30;
}

/** Why a model cannot be had or used here, in sentences; none if nothing is known against it. */
export function obstacles(model: Model, { storage, memory }: Room): string[] {
  const found: string[] = [];
  const missing = (model.bytes ?? 0) - model.kept;
  const available = storage?.available ?? null;
  if (!isHere(model) && available !== null && missing > available) {
    found.push(`${bytes(missing)} are still to come, and about ${bytes(available)} are free for this site.`);
  }
  const limit = Math.min(ENGINE_BYTES, memory ?? Infinity);
  if (model.memory !== undefined && model.memory > limit) {
    const whose = limit === ENGINE_BYTES ? "an engine in a page can have" : "this device tells of";
    found.push(`A run needs about ${bytes(model.memory)} of memory; ${whose} ${bytes(limit)}.`);
  }
  return found;
}

/** What to expect of a model that may be used, but hardly fits; nothing if it does. */
export function caution(model: Model, { memory }: Room): string {
  if (model.memory === undefined || memory === undefined) return "";
  if (model.memory > memory || model.memory <= memory / 2) return "";
  return `Needs more than half of this device’s memory: close what else is open.`;
}
