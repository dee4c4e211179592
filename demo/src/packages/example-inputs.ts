import type { InputValue, Package } from "remotemedia";
import type { InputPanel } from "../pipeline/input-panel.ts";
import { LINE, pretty } from "../pipeline/json.ts";
import { field, list } from "../pipeline/manifest.ts";

/** Kinds of nodes that want an object with a text; other sources make something of numbers. */
const TEXTUAL = /Text/;
const NUMBERS = [5, 7, 3];
const TEXTS = [{ text: "Hello WASM", operations: ["uppercase", "word_count"] }];

/** Puts the package's example on the panel; where it has none, a guess. Gives what is to be said of it. */
export async function putExample(panel: InputPanel, pkg: Package): Promise<string> {
  const items = await pkg.exampleInputs();
  // Nothing of what another package brought stays.
  panel.json = "";
  if (!items) {
    panel.json = pretty(TEXTUAL.test(sourceTypes(pkg.manifest)) ? TEXTS : NUMBERS, LINE);
    return "The package brings no items: these are a guess.";
  }
  const files = items.filter((it) => it instanceof File);
  if (files.length > 0 && files.length === items.length) panel.recordings.use(files);
  else if (isWritable(items)) panel.json = pretty(items, LINE);
  else panel.given = items;
  return "These items came with the package.";
}

/** Whether items can be written down, so that they can be changed. */
export function isWritable(items: readonly InputValue[]): boolean {
  return items.every(isPlain);
}

function isPlain(value: unknown): boolean {
  if (typeof value !== "object" || value === null) return true;
  if (value instanceof Blob || ArrayBuffer.isView(value) || value instanceof ArrayBuffer) return false;
  return Object.values(value).every(isPlain);
}

/** The types of the nodes that get the items. */
function sourceTypes(manifest: object): string {
  const targets = new Set(list(manifest, "connections").map((it) => field(it, "to")));
  const sources = list(manifest, "nodes").filter((it) => !targets.has(field(it, "id")));
  return sources.map((it) => String(field(it, "node_type"))).join(" ");
}
