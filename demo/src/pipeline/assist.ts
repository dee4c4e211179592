import type { NodeInfo } from "remotemedia";
import { type Loose, looseJson, type Place, placeAt, textOf, within } from "./loose-json.ts";
import { CONNECTION, type Known, MANIFEST, METADATA, NODE, parameters } from "./manifest-fields.ts";
import type { Range } from "./pointer.ts";

/** Something that could be written at a place. */
export interface Suggestion {
  label: string;
  /** A word or two beside the label. */
  detail: string;
  /** What it is, in a sentence. */
  info: string;
  kind: "field" | "type" | "value" | "node";
  /** What is put in place of the range. */
  text: string;
  /** Where in that text the caret goes. */
  caret: number;
}

export interface Suggestions extends Range {
  options: Suggestion[];
}

/** What is known about a place. */
export interface Doc extends Range {
  title: string;
  takes: string;
  description: string;
}

/** What could be written at an offset of a manifest, for the kinds of nodes that there are. */
export function suggest(text: string, offset: number, kinds: readonly NodeInfo[]): Suggestions | undefined {
  const root = looseJson(text);
  const place = placeAt(root, offset);
  if (!place) return undefined;
  const options = place.role === "key" ? keys(root, place, kinds) : values(root, place, kinds);
  if (options.length === 0) return undefined;
  const { written } = place;
  if (!written) return { start: offset, end: offset, options };
  const isQuoted = written.kind === "string";
  // What is matched is the word itself, so that the opening quote stays.
  const shorter = isQuoted ? options.flatMap((it) => withoutQuote(it)) : options;
  if (shorter.length === 0) return undefined;
  return { start: isQuoted ? written.start + 1 : written.start, end: written.end, options: shorter };
}

/** What is known of the word at an offset of a manifest. */
export function explain(text: string, offset: number, kinds: readonly NodeInfo[]): Doc | undefined {
  const root = looseJson(text);
  const place = placeAt(root, offset);
  if (!place?.written) return undefined;
  const { start, end } = place.written;
  if (place.role === "key") {
    const name = text.slice(start, end).replace(/^"|"$/g, "");
    const fields = fieldsAt(root, place.path, kinds, true);
    const [own, known] = fields[name]
      ? [name, fields[name]]
      : (Object.entries(fields).find(([, it]) => it.aliases?.includes(name)) ?? []);
    if (!own || !known) return undefined;
    const title = own === name ? name : `${name}: ${own}`;
    return { start, end, title, takes: known.takes, description: known.description };
  }
  const kind = place.path[2] === "node_type" && kindOf(textOf(within(root, place.path)), kinds);
  if (!kind) return undefined;
  return { start, end, title: kind.type, takes: inAndOut(kind), description: kind.description };
}

function keys(root: Loose | undefined, place: Place, kinds: readonly NodeInfo[]): Suggestion[] {
  const object = within(root, place.path);
  const written = place.written?.start;
  const others = object?.kind === "object" ? object.fields.filter((it) => it.key.start !== written) : [];
  const taken = new Set(others.map((it) => it.key.text));
  return Object.entries(fieldsAt(root, place.path, kinds))
    .filter(([name]) => !taken.has(name))
    .map(([name, known]) => field(name, known, place.hasColon));
}

function field(name: string, { start, takes, description }: Known, hasColon: boolean): Suggestion {
  const key = JSON.stringify(name);
  const text = hasColon ? key : `${key}: ${start}`;
  const isEmpty = !hasColon && /^(""|\[\]|\{\})$/.test(start);
  return {
    label: name,
    detail: takes,
    info: description,
    kind: "field",
    text,
    caret: isEmpty ? text.length - 1 : text.length,
  };
}

function values(root: Loose | undefined, { path }: Place, kinds: readonly NodeInfo[]): Suggestion[] {
  const [list, index, name] = path;
  if (list === "nodes" && path.length === 2) return kinds.map((it) => wholeNode(it, idsOf(root)));
  if (list === "nodes" && name === "node_type" && path.length === 3) return kinds.flatMap(types);
  if (list === "connections" && path.length === 2) return [wholeConnection()];
  if (list === "connections" && typeof index === "number") return ends(root, index, name);
  const last = path.at(-1);
  const known = typeof last === "string" ? fieldsAt(root, path.slice(0, -1), kinds)[last] : undefined;
  return (known?.values ?? (known ? [known.start] : [])).map((it) => value(it, known));
}

function value(text: string, known: Known | undefined): Suggestion {
  const label = text.replace(/^"(.*)"$/, "$1");
  const isUsual = text === known?.start;
  const isEmpty = /^(""|\[\]|\{\})$/.test(text);
  return {
    label: label || text,
    detail: isUsual && (known?.values?.length ?? 0) > 1 ? "as it is without" : "",
    info: known?.description ?? "",
    kind: "value",
    text,
    caret: isEmpty ? text.length - 1 : text.length,
  };
}

function types(kind: NodeInfo): Suggestion[] {
  return [kind.type, ...kind.aliases].map((name) => {
    const text = JSON.stringify(name);
    const detail = name === kind.type ? kind.language : `${kind.language}, ${kind.type}`;
    return { label: name, detail, info: kind.description, kind: "type", text, caret: text.length };
  });
}

function wholeNode(kind: NodeInfo, ids: ReadonlySet<string>): Suggestion {
  const stem = kind.type.replace(/Node$/, "").toLowerCase();
  let id = stem;
  for (let n = 2; ids.has(id); n++) id = `${stem}${n}`;
  const text = `{ "id": ${JSON.stringify(id)}, "node_type": ${JSON.stringify(kind.type)}, "params": {} }`;
  const detail = `a ${kind.language} node`;
  return { label: kind.type, detail, info: kind.description, kind: "node", text, caret: text.length - 3 };
}

function wholeConnection(): Suggestion {
  const text = '{ "from": "", "to": "" }';
  const info = "Hands the results of one node to another.";
  return {
    label: "from, to",
    detail: "a connection",
    info,
    kind: "node",
    text,
    caret: text.indexOf('""') + 1,
  };
}

/** The nodes that a connection can come from, or lead to: all but the one at its other end. */
function ends(root: Loose | undefined, index: number, name: string | number | undefined): Suggestion[] {
  if (name !== "from" && name !== "to") return [];
  const other = textOf(within(root, ["connections", index, name === "from" ? "to" : "from"]));
  return nodesOf(root).flatMap((node): Suggestion[] => {
    const id = textOf(within(node, ["id"]));
    if (!id || id === other) return [];
    const text = JSON.stringify(id);
    const detail = textOf(within(node, ["node_type"])) ?? "";
    return [{ label: id, detail, info: "", kind: "node", text, caret: text.length }];
  });
}

/** The fields that the object at a path can have; those without effect too if `all` are wanted. */
function fieldsAt(
  root: Loose | undefined,
  path: Place["path"],
  kinds: readonly NodeInfo[],
  all = false,
): { readonly [name: string]: Known } {
  const [list, index, name] = path;
  if (path.length === 0) return MANIFEST;
  if (path.length === 1) return list === "metadata" ? METADATA : {};
  if (typeof index !== "number") return {};
  if (path.length === 2) return list === "nodes" ? NODE : list === "connections" ? CONNECTION : {};
  if (list !== "nodes" || name !== "params" || path.length !== 3) return {};
  const type = textOf(within(root, ["nodes", index, "node_type"]));
  return parameters(kindOf(type, kinds)?.params, all);
}

function kindOf(type: string | undefined, kinds: readonly NodeInfo[]): NodeInfo | undefined {
  return kinds.find((it) => it.type === type || (type !== undefined && it.aliases.includes(type)));
}

function inAndOut({ language, inputs, outputs }: NodeInfo): string {
  return `${language}: ${inputs.join(" or ")} to ${outputs.join(" or ")}`;
}

function nodesOf(root: Loose | undefined): readonly Loose[] {
  const nodes = within(root, ["nodes"]);
  return nodes?.kind === "array" ? nodes.items : [];
}

function idsOf(root: Loose | undefined): Set<string> {
  return new Set(nodesOf(root).flatMap((it) => textOf(within(it, ["id"])) ?? []));
}

/** The same to be put behind a quote that is there already; nothing if it is no text. */
function withoutQuote(option: Suggestion): Suggestion[] {
  if (!option.text.startsWith('"')) return [];
  return [{ ...option, text: option.text.slice(1), caret: option.caret - 1 }];
}
