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
  return told.sort((a, b) => Number(b.default) - Number(a.default)).map((it) => shown(it, location.host));
}

/** A model as the page shows it; `host` is this site's. */
export function shown(info: ModelInfo, host: string): Model {
  const { name, title, state, bytes, bytesStored, licence, languages, memory, note } = info;
  return {
    name,
    title,
    bytes: bytes ?? undefined,
    kept: bytesStored,
    memory,
    languages: languages === undefined || languages.includes("*") ? undefined : languages,
    licence: licence ?? "",
    from: giver(info, host),
    note,
    place: PLACES[state],
  };
}

function giver({ source, files }: ModelInfo, host: string): string {
  const url = files.find((it) => it.url)?.url;
  if (source === "file" || url === undefined) return "your own files";
  const found = new URL(url).host;
  return found === host ? "this site" : found;
}
