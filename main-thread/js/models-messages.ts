// What the page and the models worker say to each other.
import type { Answer } from "./answers.js";

/** Where a model is. */
export type ModelState =
  /** Part of the bundle, not kept apart from it yet. */
  | "bundled"
  /** Kept by this browser (or, where `storage()` says so, by this page only). */
  | "stored"
  /** Some of it is kept; loading it goes on from there. */
  | "partial"
  /** To be had from its URL. */
  | "none";

/** A model: what is known of it, and where it is. */
export interface ModelInfo {
  /** What a node's parameter calls it: a name of the catalogue, a URL, the name of a file. */
  name: string;
  /** Its name for people. */
  title: string;
  source: "catalogue" | "url" | "file";
  state: ModelState;
  /** Size of its files in bytes; null if not known. */
  bytes: number | null;
  /** Bytes of it that are kept here. */
  bytesStored: number;
  /** `url`, unless the user gave it; `sha256` (lower-case hexadecimal) once it is known. */
  files: { name: string; bytes: number | null; url?: string; sha256?: string }[];
  /** Whether nodes use it where none is named. */
  default: boolean;
  licence?: string;
  /** BCP 47 codes; `*` for the 99 languages of Whisper. */
  languages?: string[];
  /** About how many bytes of memory a run with it needs. */
  memory?: number;
  /** What else should be known of it. */
  note?: string;
}

/** Where models are kept. Sizes in bytes, null where the browser does not tell. */
export interface ModelStorage {
  /** A private file system, the cache of the page's origin, or this page's memory. */
  kind: "opfs" | "cache" | "memory";
  /** Bytes of models kept. */
  used: number;
  /** What the browser lets this origin keep in all. */
  quota: number | null;
  /** What is left of it. */
  available: number | null;
  /** Whether the browser has promised to keep it when space runs short. */
  persisted: boolean;
}

/** How far a model is. */
export interface ModelProgress {
  name: string;
  /** Bytes at hand. */
  loaded: number;
  /** Of so many; null if unknown. */
  total: number | null;
  /** What the user should know of how it is kept. */
  notice?: string;
}

/** A model's files by reference: no byte of them is in the page's memory. @internal */
export interface ModelFiles {
  files: { name: string; data: Blob }[];
  note?: string;
}

/** Files the user picked, and how they are called together. @internal */
export interface LocalModel {
  name: string;
  files: File[];
}

/** The first message to the worker. @internal */
export interface ModelsBoot {
  /** URL of the catalogue. */
  catalogue: string;
  /** URLs of the bundled models' files, by their names in the folder `models/`. */
  files: { [name: string]: string };
  /** URL of the wasm that hashes. */
  wasm: string;
  /** What relative URLs of models are relative to. */
  page: string;
}

/** What the page asks; each answered once, but for `abort`. @internal */
export type ModelsQuestion = { id: number } & (
  | { ask: "list" }
  | { ask: "info"; name: string }
  | { ask: "load"; model: string | LocalModel; named: boolean }
  | { ask: "remove"; name: string }
  | { ask: "storage" }
  | { ask: "abort" }
);

/** What the worker says. @internal */
export type ModelsAnswer = Answer<ModelProgress>;
