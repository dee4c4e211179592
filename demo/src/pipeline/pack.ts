import type { InputValue } from "remotemedia";
import { compact, exact, InputError } from "./json.ts";

/** What of a package's description its user may write. */
export const DESCRIBED = ["name", "version", "author", "license", "description"] as const;
export type Described = { [field in (typeof DESCRIBED)[number]]: string };

/** A file on its way into a package. */
export interface Added {
  path: string;
  content: Blob;
}

/** What is to be packed. */
export interface Packing {
  /** As JSON. */
  manifest: string;
  described: Described;
  /** Items that become the package's example; none: it has no example. */
  inputs?: readonly InputValue[];
  /** Source of nodes. */
  python?: string;
  added: readonly Added[];
}

/** What `pack` takes. */
export interface Packed {
  manifest: string;
  files: Record<string, Blob | string>;
}

/** The folders of a package, by what ends so; the last takes the rest. */
const FOLDERS: [RegExp, string][] = [
  [/\.py$/i, "python"],
  [/\.whl$/i, "wheels"],
  [/\.wasm$/i, "plugins"],
  [/\.(bin|safetensors|gguf|json|txt|model)$/i, "models"],
  [/(?:)/, "media"],
];
export const FOLDER_NAMES = FOLDERS.map(([, name]) => name);

/** Where in a package a file belongs, by its name. */
export function folderOf(name: string): string {
  return FOLDERS.find(([ending]) => ending.test(name))?.[1] ?? "media";
}

/** A name that every file system takes, in one form of Unicode. */
export function entryName(name: string): string {
  const plain = name.normalize("NFC").replaceAll(/[\\/:*?"<>|\u0000-\u001f\u007f]/g, "_");
  return plain.replace(/^\.+|[. ]+$/g, "_") || "file";
}

/** What is described already, in a manifest's metadata. */
export function describedIn(manifest: string): Described {
  const metadata = valueOf(manifest)["metadata"];
  const given = (typeof metadata === "object" && metadata !== null ? metadata : {}) as {
    [it: string]: unknown;
  };
  const text = (field: string): string => (typeof given[field] === "string" ? given[field] : "");
  return Object.fromEntries(DESCRIBED.map((it) => [it, text(it)])) as Described;
}

/** The entries of the package. Throws an {@link InputError} for a manifest that is none. */
export function contentsOf({ manifest, described, inputs, python, added }: Packing): Packed {
  const files: Record<string, Blob | string> = {};
  const put = (path: string, content: Blob | string): string => {
    const free = freePath(path, files);
    files[free] = content;
    return free;
  };
  for (const { path, content } of added) put(path, content);
  if (python !== undefined && python.trim() !== "") put("python/nodes.py", python);
  const example = inputs?.map((it) => (it instanceof Blob ? { media: put(mediaPath(it), it) } : it));
  const { metadata, ...rest } = valueOf(manifest);
  const whole = {
    ...rest,
    metadata: { ...undescribed(metadata), ...written(described) },
    package: { format: 2, ...(example ? { example: { inputs: example } } : {}) },
  };
  return { manifest: compact(whole), files };
}

function mediaPath(file: Blob): string {
  return `media/${entryName(file instanceof File ? file.name : "item")}`;
}

/** `media/a.wav`, or `media/a-2.wav` if that is taken; case makes no difference where packages are unpacked. */
function freePath(path: string, files: Record<string, unknown>): string {
  const taken = new Set(Object.keys(files).map((it) => it.toLowerCase()));
  const [, stem = "", ending = ""] = /^(.*?)((?:\.[^./]*)?)$/.exec(path) ?? [];
  let free = path;
  for (let n = 2; taken.has(free.toLowerCase()); n += 1) free = `${stem}-${n}${ending}`;
  return free;
}

/** What metadata has besides the texts that are asked for. */
function undescribed(metadata: unknown): object {
  if (typeof metadata !== "object" || metadata === null) return {};
  const isAsked = (name: string, value: unknown): boolean =>
    typeof value === "string" && DESCRIBED.some((it) => it === name);
  return Object.fromEntries(Object.entries(metadata).filter(([name, value]) => !isAsked(name, value)));
}

/** Without the fields that are empty. */
function written(described: Described): Partial<Described> {
  return Object.fromEntries(Object.entries(described).filter(([, text]) => text.trim() !== ""));
}

function valueOf(manifest: string): { [field: string]: unknown } {
  let value: unknown;
  try {
    value = JSON.parse(manifest, exact as (key: string, value: unknown) => unknown);
  } catch (error) {
    throw new InputError(
      `the manifest is no JSON: ${error instanceof Error ? error.message : String(error)}`,
    );
  }
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw new InputError("the manifest must be a JSON object");
  }
  return value as { [field: string]: unknown };
}
