// What pages and the service worker say to each other, and what a site says to its worker when it makes it.
import type { AssetList } from "./offline-list.js";

/** How a service worker is to serve. */
export interface ServeOptions {
  /**
   * Folder of the package (or of the site, with its own `list`), relative to the worker's script; `./remotemedia/`. It
   * must lie in the worker's scope: browsers ask no other for the scripts of workers.
   */
  assets?: URL | string;
  /** The files to keep; by default those of the package. */
  list?: AssetList;
  /**
   * Adds the headers that make pages cross-origin isolated to what the worker's scope loads from this origin. False
   * by default: it would break embedded pages of others that do not expect it.
   */
  isolate?: boolean;
  /** Also answers navigations to the pages in the list. False by default. */
  pages?: boolean;
  /** What the worker's cache is called, before its scope. */
  cacheName?: string;
}

/** Makes a service worker of the script that calls it, while the script is first run. */
export type Serve = (options?: ServeOptions) => void;

export const CACHE_NAME = "remotemedia-offline";

/** A page asks a worker; the answer comes by the port that it sends along. */
export type Ask = { remotemedia: "describe" } | { remotemedia: "activate" };

/** What a worker says of itself. */
export interface Described {
  list: AssetList;
  /** Absolute address of the folder of the list. */
  base: string;
  cacheName: string;
  scope: string;
  isolate: boolean;
}

/** A worker tells its pages. */
export type Told =
  /** A file was fetched for a page, and is kept now. */
  | { remotemedia: "kept"; group: string }
  /** The server has another version of a file than the page goes by. */
  | { remotemedia: "stale"; file: string }
  /** The browser keeps no more. */
  | { remotemedia: "full"; message: string; file: string };

export function isTold(data: unknown): data is Told {
  return typeof data === "object" && data !== null && "remotemedia" in data;
}

/** The lock under which a file is fetched. */
export function lockName(scope: string, sha256: string): string {
  return `remotemedia-offline ${scope} ${sha256}`;
}
