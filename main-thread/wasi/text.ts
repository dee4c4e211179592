// What goes into an executor, and what is found in what it wrote.
import { decode } from "../js/decode.js";
import { PipelineError } from "../js/errors.js";
import type { GraphInfo } from "../js/generated/data.js";
import type { Packed, Value } from "../js/values.js";

const MARKER = "=== PIPELINE RESULTS ===";
/** Places at which a result is looked for, at most: what is written may be anything. */
const PLACES = 256;
/** Colors and the like, as terminals take them. */
const ESCAPES = /\u001b\[[0-9;]*[A-Za-z]/g;

/** What was found. */
export interface Found {
  outputs: unknown[];
  graph: Partial<GraphInfo> | undefined;
}

/** `text` without what only terminals understand. */
export function plain(text: string): string {
  return text.replace(ESCAPES, "");
}

/** What the executor reads: a manifest, with its input if there is some. */
export function requestText(manifest: string, params: string | null, items: Packed[] | null): string {
  const merged = params === null ? manifest : mergedText(manifest, params);
  if (items === null) return `{"manifest":${merged}}`;
  const values = items.flatMap((packed) => decode(packed, true));
  const texts = values.map((value, index) => jsonText(value, [index]));
  return `{"manifest":${merged},"input_data":[${texts.join(",")}]}`;
}

/** The result in what an executor wrote to its output, whatever else it wrote there; none if there is none. */
export function resultIn(written: string): Found | undefined {
  const text = plain(written);
  const marker = text.lastIndexOf(MARKER);
  const after = marker < 0 ? undefined : lastResult(text.slice(marker + MARKER.length));
  return after ?? lastResult(text);
}

function lastResult(text: string): Found | undefined {
  for (const at of places(text)) {
    const found = resultAt(text, at);
    if (found) return found;
  }
  return undefined;
}

/** Where a result may begin: at the beginning of a line first, the last line first; then anywhere. */
function* places(text: string): Generator<number> {
  let left = PLACES;
  for (let at = text.length; left > 0 && at > 0; left -= 1) {
    at = text.lastIndexOf("\n{", at - 1);
    if (at < 0) break;
    yield at + 1;
  }
  left = PLACES;
  for (let at = text.indexOf("{"); left > 0 && at >= 0; at = text.indexOf("{", at + 1), left -= 1) yield at;
}

function resultAt(text: string, start: number): Found | undefined {
  const end = endOf(text, start);
  if (end === undefined) return undefined;
  try {
    const result = parsed(text.slice(start, end)) as Record<string, unknown>;
    if (!Object.hasOwn(result, "outputs")) return undefined;
    const { outputs, graph_info } = result as { outputs: unknown; graph_info?: Partial<GraphInfo> };
    // A single output comes bare from the original's executor.
    return { outputs: Array.isArray(outputs) ? outputs : [outputs], graph: graph_info };
  } catch {
    return undefined;
  }
}

/** Where the object that begins at `start` ends; nothing if it does not. */
function endOf(text: string, start: number): number | undefined {
  let depth = 0;
  const token = /["{}]/g;
  token.lastIndex = start;
  for (let found = token.exec(text); found; found = token.exec(text)) {
    if (found[0] === '"') {
      const string = /"(?:[^"\\]|\\.)*"/y;
      string.lastIndex = found.index;
      if (!string.test(text)) return undefined;
      token.lastIndex = string.lastIndex;
      continue;
    }
    depth += found[0] === "{" ? 1 : -1;
    if (depth === 0) return token.lastIndex;
  }
  return undefined;
}

/** JSON in which integers beyond 2^53 stay exact, as bigints if they are within 64 bits. */
function parsed(text: string): unknown {
  const mark = `${Math.random()}:`;
  // Strings are matched so that nothing within them is.
  const marked = text.replace(/"(?:[^"\\]|\\.)*"|[-+.\deE]{16,}/g, (found) =>
    isLarge(found) ? `"${mark}${found}"` : found,
  );
  if (marked === text) return JSON.parse(text);
  return JSON.parse(marked, (_key, value: unknown) =>
    typeof value === "string" && value.startsWith(mark) ? BigInt(value.slice(mark.length)) : value,
  );
}

function isLarge(token: string): boolean {
  if (!/^-?\d{16,20}$/.test(token)) return false;
  const exact = BigInt(token);
  return !Number.isSafeInteger(Number(token)) && exact >= -(2n ** 63n) && exact < 2n ** 64n;
}

/** The manifest with `params` merged over those of its nodes. */
function mergedText(manifest: string, params: string): string {
  const whole = JSON.parse(manifest) as { nodes: { id: string; params?: object | null }[] };
  const given = JSON.parse(params) as Record<string, object>;
  for (const node of whole.nodes) {
    if (Object.hasOwn(given, node.id)) node.params = { ...node.params, ...given[node.id] };
  }
  return JSON.stringify(whole);
}

function jsonText(value: Value, path: (string | number)[]): string {
  if (typeof value === "bigint") return String(value);
  if (typeof value !== "object" || value === null) return JSON.stringify(value);
  if (Array.isArray(value)) return `[${value.map((it, at) => jsonText(it, [...path, at])).join(",")}]`;
  const facts = value as { samples?: unknown; data?: unknown };
  if (value instanceof Blob || ArrayBuffer.isView(facts.samples) || ArrayBuffer.isView(facts.data)) {
    const pointer = path.map((it) => `/${it}`).join("");
    const message = `input ${pointer} is no JSON, and the package's own executor takes nothing else`;
    throw new PipelineError("InvalidInput", message, { stage: "input", details: { path: pointer } });
  }
  const members = Object.entries(value as { [key: string]: Value });
  return `{${members.map(([key, it]) => `${JSON.stringify(key)}:${jsonText(it, [...path, key])}`).join(",")}}`;
}
