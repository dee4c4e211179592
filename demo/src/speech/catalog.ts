import type { Runtime } from "remotemedia";
import type { Model, Place } from "./models.ts";

/** What a runtime tells of a model, as far as this page shows it. */
interface Told {
  name: string;
  title: string;
  state: "bundled" | "stored" | "partial" | "none";
  bytes: number | null;
  default: boolean;
  licence?: string;
  languages?: string[];
  memory?: number;
  note?: string;
}

const PLACES: Record<Told["state"], Place> = {
  bundled: "bundled",
  stored: "stored",
  partial: "partial",
  none: "absent",
};

/** The models of a runtime, the usual one first. */
export async function modelsOf(runtime: Runtime): Promise<Model[]> {
  const told = (await runtime.models.list()) as Told[];
  return told.sort((a, b) => Number(b.default) - Number(a.default)).map(shown);
}

function shown({ name, title, state, bytes, licence, languages, memory, note }: Told): Model {
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
