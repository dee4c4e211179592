import { stemOf } from "../common/save.ts";
import { formatted, LINE, pretty } from "./json.ts";

/** Bytes of a file at most that is taken for a manifest. */
const MOST = 4 << 20;

/** A manifest from a file, and the items that came with it. */
export interface Imported {
  manifest: string;
  inputs?: string;
}

/** Whether a file may be a manifest: by its name, and by what is in it. */
export async function isManifest(file: File): Promise<boolean> {
  if (!file.name.toLowerCase().endsWith(".json") || file.size > MOST) return false;
  const value = parsed(await file.text());
  return Array.isArray(field(value, "nodes")) || field(value, "manifest") !== undefined;
}

/**
 * A manifest from a file: bare, or with its items as the command line takes it, `{ manifest, input_data }`. What is no
 * JSON is taken as it is, for the editor to say what is wrong.
 */
export async function imported(file: File): Promise<Imported> {
  if (file.size > MOST) throw new Error(`${file.name} is too large for a manifest`);
  const text = await file.text();
  const value = parsed(text);
  const manifest = field(value, "manifest");
  if (typeof manifest !== "object" || manifest === null) return { manifest: formatted(text) ?? text };
  const items = field(value, "input_data");
  return {
    manifest: pretty(manifest, LINE),
    ...(Array.isArray(items) ? { inputs: pretty(items, LINE) } : {}),
  };
}

/** What a manifest's file is called: after its metadata. */
export function fileName(manifest: string): string {
  const name = field(field(parsed(manifest), "metadata"), "name");
  return `${(typeof name === "string" && stemOf(`${name}.`).trim()) || "pipeline"}.json`;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function field(value: unknown, name: string): unknown {
  return typeof value === "object" && value !== null ? Reflect.get(value, name) : undefined;
}
