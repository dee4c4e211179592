import type { ModelInfo, Runtime } from "remotemedia";
import type { Model, Place } from "./models.ts";

const PLACES: Record<ModelInfo["state"], Place> = {
  bundled: "bundled",
  stored: "stored",
  partial: "partial",
  none: "absent",
};

/** The models of a runtime, the usual one first. */
export async function modelsOf(runtime: Runtime): Promise<Model[]> {
  const told = await runtime.models.list();
  return told.sort((a, b) => Number(b.default) - Number(a.default)).map(shown);
}

function shown({ name, title, state, bytes, licence, languages, memory, note }: ModelInfo): Model {
  return {
    name,
    title,
    bytes: bytes ?? undefined,
    memory,
    languages: languages === undefined || languages.includes("*") ? undefined : languages,
    licence: licence ?? "",
    note,
    place: PLACES[state],
  };
}
