// What a model's name means: an entry of the catalogue, a URL, or files that the user gave.
import { PipelineError } from "../js/errors.js";
import type { ModelRecord } from "./shelf.js";

/** A file that is to be had. */
export interface SourceFile {
  name: string;
  url: string;
  bytes: number | null;
  sha256?: string | undefined;
  /** Whether a model may lack it. */
  optional?: boolean;
}

/** A model that is to be had. */
export interface Source {
  name: string;
  title: string;
  source: "catalogue" | "url";
  files: SourceFile[];
  bytes: number | null;
  bundled: boolean;
  default: boolean;
  licence?: string;
  languages?: string[];
  memory?: number;
  note?: string;
}

/** Files of a Hugging Face folder. */
const FOLDER: readonly [name: string, optional: boolean][] = [
  ["config.json", false],
  ["tokenizer.json", false],
  ["generation_config.json", true],
  ["preprocessor_config.json", true],
  ["model.safetensors", false],
];

const SHA256 = /^[0-9a-f]{64}$/;

/**
 * The catalogue in `text`, which came from `url`; its URLs are relative to that, but for those of `files`, by their
 * names in the folder `models/` beside it. Throws `LoadFailed` if it is none.
 */
export function parseCatalogue(text: string, url: string, files: { [name: string]: string }): Source[] {
  const at = (file: string): string => files[file.replace(/^\.\/models\//, "")] ?? new URL(file, url).href;
  try {
    const { models } = JSON.parse(text) as { models: unknown[] };
    return models.map((it) => entry(it as RawEntry, at));
  } catch (cause) {
    throw new PipelineError("LoadFailed", "the catalogue of models cannot be read", { cause });
  }
}

interface RawEntry {
  name: string;
  title: string;
  files: { name: string; url: string; bytes: number; sha256?: string }[];
  licence: string;
  languages: string[];
  memory: number;
  note?: string;
  default?: boolean;
}

function entry(raw: RawEntry, at: (file: string) => string): Source {
  const files = raw.files.map(({ name, url, bytes, sha256 }) => {
    if (!Number.isInteger(bytes) || (sha256 !== undefined && !SHA256.test(sha256))) {
      throw new TypeError(`${raw.name}: ${name}`);
    }
    return { name, url: at(url), bytes, sha256 };
  });
  return {
    name: raw.name,
    title: raw.title,
    source: "catalogue",
    files,
    bytes: files.reduce((sum, it) => sum + it.bytes, 0),
    bundled: raw.files.every(({ url }) => url.startsWith("./")),
    default: raw.default ?? false,
    licence: raw.licence,
    languages: raw.languages,
    memory: raw.memory,
    ...(raw.note === undefined ? {} : { note: raw.note }),
  };
}

/**
 * The model that `name` means; `page` is what relative URLs are relative to. Throws `InvalidInput` for what is
 * neither a known name nor a URL.
 */
export function locate(name: string, catalogue: readonly Source[], page: string): Source {
  // As the weights are called where they were published first.
  const plain = name.replace(/^openai\/whisper-/, "");
  const known = catalogue.find((it) => it.name === plain);
  if (known) return known;
  const url = name.includes("/") || name.endsWith(".bin") ? parsed(name, page) : undefined;
  if (url) return fromUrl(url);
  const names = catalogue.map((it) => it.name).join(", ");
  throw new PipelineError(
    "InvalidInput",
    `no model is called ${JSON.stringify(name)}: known are ${names}; else a URL of a ggml file, or one that ends ` +
      "with / of a folder in the format of Hugging Face, or a file given to models.load()",
    { details: { name, known: catalogue.map((it) => it.name) } },
  );
}

function parsed(text: string, page: string): URL | undefined {
  try {
    const url = new URL(text, page);
    return /^https?:$/.test(url.protocol) ? url : undefined;
  } catch {
    return undefined;
  }
}

function fromUrl(url: URL): Source {
  url.hash = "";
  const parts = url.pathname
    .split("/")
    .filter((part) => part !== "" && part !== "resolve" && part !== "main");
  const title = parts.at(-1) ?? url.host;
  const files: SourceFile[] = url.pathname.endsWith("/")
    ? FOLDER.map(([name, optional]) => ({ name, url: new URL(name, url).href, bytes: null, optional }))
    : [{ name: title, url: url.href, bytes: null }];
  const facts = { bytes: null, bundled: false, default: false };
  return { name: url.href, title, source: "url", files, ...facts };
}

/** What lacks in a list of files that are to be one model, in words. */
export function missingOf(names: readonly string[]): string | undefined {
  if (names.length === 1) return undefined;
  const weights = names.some((name) => name.endsWith(".safetensors"));
  const there = (name: string): boolean => names.includes(name) || (name === "model.safetensors" && weights);
  const lacking = FOLDER.filter(([name, optional]) => !optional && !there(name)).map(([name]) => name);
  return lacking.length === 0 ? undefined : `lacks ${lacking.join(", ")}`;
}

/** Whether what is kept is what is meant now: a newer bundle may mean another file by the same name. */
export function isOf(record: ModelRecord, source: Source): boolean {
  const same = (file: Source["files"][number], index: number): boolean => {
    const kept = record.files[index];
    const moved = kept?.url !== file.url && file.sha256 === undefined;
    const known = kept?.sha256 === undefined || file.sha256 === undefined || kept.sha256 === file.sha256;
    return kept !== undefined && kept.name === file.name && !moved && known;
  };
  return record.files.length === source.files.length && source.files.every(same);
}
