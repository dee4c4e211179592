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
  const named = items.map((it, index) => withName(it, mediaOf(pkg.manifest, index)));
  if (named.length > 0 && named.every((it) => it instanceof File)) panel.recordings.use(named);
  else if (isWritable(named)) panel.json = pretty(named, LINE);
  else panel.given = named;
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

function withName(value: InputValue, name: string | undefined): InputValue {
  if (!(value instanceof Blob) || value instanceof File) return value;
  return new File([value], name ?? "item", { type: value.type });
}

/** The name of the file that an example's item stands for. */
function mediaOf(manifest: object, index: number): string | undefined {
  const path = field(list(field(field(manifest, "package"), "example"), "inputs")[index], "media");
  return typeof path === "string" ? path.split("/").at(-1) : undefined;
}

/** The types of the nodes that get the items. */
function sourceTypes(manifest: object): string {
  const targets = new Set(list(manifest, "connections").map((it) => field(it, "to")));
  const sources = list(manifest, "nodes").filter((it) => !targets.has(field(it, "id")));
  return sources.map((it) => String(field(it, "node_type"))).join(" ");
}
