import type { Value } from "remotemedia";
import { stemOf } from "../common/save.ts";
import { cell } from "./json.ts";
import { type Table, tableOf } from "./series.ts";

/** How results are shown. */
export type Kind = "text" | "table" | "chart" | "audio" | "files" | "json";

/** A result that is text, or has some. */
export interface Said {
  text: string;
  /** A word or two about it. */
  detail: string;
}

/** A result that is a file. */
export interface ResultFile {
  name: string;
  mime: string;
  content: string | Blob | BufferSource;
}

/** A result that is sound. */
export interface ResultSound {
  name: string;
  sampleRate: number;
  channels: number;
  samples: Float32Array;
}

/** A table that results have, and what it is called. */
export interface NamedTable {
  name: string;
  table: Table;
}

export interface Sorting {
  column: string;
  isDown: boolean;
}

type Fields = { [name: string]: Value | undefined };

/** The text of each result; undefined if any has none. */
export function textsOf(outputs: readonly Value[]): Said[] | undefined {
  const texts = outputs.flatMap((it) => saidOf(it) ?? []);
  return texts.length === outputs.length && texts.length > 0 ? texts : undefined;
}

/** What is being said, by what a node tells before its result: the newest state of each segment, in order. */
export function saidNow(partials: Iterable<Value>): string {
  return [...partials]
    .map((it) => fieldsOf(it)["text"])
    .filter((it) => typeof it === "string")
    .join(" ")
    .trim();
}

function saidOf(value: Value): Said | undefined {
  if (typeof value === "string") return { text: value, detail: "" };
  const { text, language, audio_duration: seconds } = fieldsOf(value);
  if (typeof text !== "string") return undefined;
  const words = [
    typeof seconds === "number" ? `${seconds.toFixed(1)} s` : "",
    typeof language === "string" ? language : "",
  ];
  return { text: text.trim(), detail: words.filter(Boolean).join(", ") };
}

/** The results that are files. Each is called after the input it was made of, where that is known. */
export function filesOf(outputs: readonly Value[], inputs: readonly string[]): ResultFile[] {
  const taken = new Set<string>();
  return outputs.flatMap((value, index) => {
    const file = fileOf(value);
    if (!file) return [];
    const { extension, ...rest } = file;
    const input = inputs.length === outputs.length ? inputs[index] : undefined;
    return [{ ...rest, name: free(taken, input ? stemOf(input) : `result-${index + 1}`, extension) }];
  });
}

function fileOf(value: Value): (Omit<ResultFile, "name"> & { extension: string }) | undefined {
  if (value instanceof Blob) return { content: value, mime: value.type, extension: extensionOf(value.type) };
  const { text, mime, extension, type, data } = fieldsOf(value);
  if (typeof text === "string" && typeof mime === "string" && typeof extension === "string") {
    return { content: text, mime, extension: extension.replaceAll(/[^\w-]/g, "") };
  }
  const isBytes = data instanceof ArrayBuffer || ArrayBuffer.isView(data);
  if (type !== "bytes" || !isBytes) return undefined;
  const kind = typeof mime === "string" ? mime : "";
  return { content: data as BufferSource, mime: kind, extension: extensionOf(kind) };
}

const EXTENSIONS: { [mime: string]: string } = {
  "application/json": "json",
  "application/pdf": "pdf",
  "audio/mpeg": "mp3",
  "audio/wav": "wav",
  "image/jpeg": "jpg",
  "image/png": "png",
  "text/csv": "csv",
  "text/plain": "txt",
  "text/vtt": "vtt",
};

function extensionOf(mime: string): string {
  return EXTENSIONS[mime.split(";")[0]?.trim() ?? ""] ?? "bin";
}

function free(taken: Set<string>, stem: string, extension: string): string {
  let name = `${stem}.${extension}`;
  for (let n = 2; taken.has(name); n++) name = `${stem}-${n}.${extension}`;
  taken.add(name);
  return name;
}

/** The results that are sound. */
export function soundsOf(outputs: readonly Value[], inputs: readonly string[]): ResultSound[] {
  return outputs.flatMap((value, index) => {
    const { type, sampleRate, channels, samples } = fieldsOf(value);
    if (type !== "audio" || !(samples instanceof Float32Array)) return [];
    if (typeof sampleRate !== "number" || typeof channels !== "number") return [];
    const input = inputs.length === outputs.length ? inputs[index] : undefined;
    const name = `${input ? stemOf(input) : `result-${index + 1}`}-${sampleRate}.wav`;
    return [{ name, sampleRate, channels, samples }];
  });
}

/** The tables that results have: themselves, and each list of objects in them. The one that tells most comes first. */
export function tablesOf(outputs: readonly Value[]): NamedTable[] {
  const own = tableOf(outputs);
  const whole = own ? [{ name: "results", table: own }] : [];
  const inner = innerTables(outputs);
  return own?.rows.length === 1 ? [...inner, ...whole] : [...whole, ...inner];
}

function innerTables(outputs: readonly Value[]): NamedTable[] {
  const found = new Map<string, Value[]>();
  outputs.forEach((value, index) => {
    if (!isPlain(value)) return;
    for (const [name, list] of Object.entries(fieldsOf(value))) {
      if (!Array.isArray(list) || list.length === 0 || !list.every(isPlain)) continue;
      const rows = outputs.length > 1 ? list.map((it) => ({ result: index + 1, ...it })) : list;
      found.set(name, [...(found.get(name) ?? []), ...rows]);
    }
  });
  return [...found].flatMap(([name, rows]) => {
    const table = tableOf(rows);
    return table ? [{ name, table }] : [];
  });
}

/** The rows of a table in another order; numbers by their size, all else as people sort words. */
export function sorted({ columns, rows }: Table, sorting: Sorting | undefined): Table {
  const at = sorting ? columns.indexOf(sorting.column) : -1;
  if (!sorting || at < 0) return { columns, rows };
  const sign = sorting.isDown ? -1 : 1;
  return { columns, rows: [...rows].sort((a, b) => compare(a[at], b[at], sign)) };
}

/** What is missing comes last, in whichever order. */
function compare(a: Value | undefined, b: Value | undefined, sign: number): number {
  const [isMissing, isOtherMissing] = [a ?? null, b ?? null].map((it) => it === null);
  if (isMissing || isOtherMissing) return Number(isMissing) - Number(isOtherMissing);
  if (isNumber(a) && isNumber(b)) return a < b ? -sign : a > b ? sign : 0;
  return sign * cell(a).localeCompare(cell(b), "en", { numeric: true });
}

/** A table as comma-separated values. */
export function csv({ columns, rows }: Table): string {
  const quoted = (text: string): string => (/[",\n\r]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text);
  return [columns, ...rows.map((row) => row.map(cell))]
    .map((row) => `${row.map(quoted).join(",")}\r\n`)
    .join("");
}

/** The column whose texts name the rows, each another; undefined if there is none, or too much for bars. */
export function labelColumn({ columns, rows }: Table): string | undefined {
  if (rows.length > 60) return undefined;
  return columns.find((_, at) => {
    const texts = rows.map((row) => row[at]).filter((it) => typeof it === "string");
    return texts.length === rows.length && new Set(texts).size === rows.length;
  });
}

function isNumber(value: Value | undefined): value is number | bigint {
  return typeof value === "number" || typeof value === "bigint";
}

function isPlain(value: Value): value is { [name: string]: Value } {
  return typeof value === "object" && value !== null && Object.getPrototypeOf(value) === Object.prototype;
}

/** The fields of a value; none if it has none. */
function fieldsOf(value: Value): Fields {
  return typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Fields) : {};
}
