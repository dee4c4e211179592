// What can be kept for use without a network: the list a build makes, and what follows from it. Nothing here is done.

/** A file of a build. */
export interface Asset {
  /** Its path, relative to the folder of the build. */
  file: string;
  bytes: number;
  /** SHA-256, in lower-case hexadecimal. */
  sha256: string;
  /** Files of a group are of use together: `core`, `media`, `python`, `models`; a site may have others. */
  group: string;
}

/** The files of one build. */
export interface AssetList {
  /** Changes with any of them. */
  version: string;
  files: readonly Asset[];
}

/** How much of a group is kept. Sizes in bytes. */
export interface GroupState {
  group: string;
  files: number;
  bytes: number;
  filesKept: number;
  bytesKept: number;
}

/** Kept as soon as the worker is installed. */
export const CORE = "core";

/** Not the worker's: the store of models keeps them, checked and once. */
export const MODELS = "models";

/** The folder of a page: what `https://host/path/` means. */
const FOLDER_PAGE = "index.html";

/** Finds files by their address. */
export class AssetMap {
  readonly list: AssetList;
  readonly #base: string;
  readonly #byFile: ReadonlyMap<string, Asset>;

  /** `base`: the absolute address of the folder of the build, with its slash. */
  constructor(list: AssetList, base: string) {
    this.list = list;
    this.#base = base;
    this.#byFile = new Map(list.files.map((it) => [it.file, it]));
  }

  /** The file at an address; what follows `?` or `#` does not count. */
  at(url: string): Asset | undefined {
    return this.#byFile.get(this.#path(url));
  }

  /** The page at an address: as hosts do, a folder is its `index.html`, and `.html` may be left out. */
  page(url: string): Asset | undefined {
    const path = this.#path(url);
    const inFolder = path === "" || path.endsWith("/") ? `${path}${FOLDER_PAGE}` : path;
    return this.#byFile.get(inFolder) ?? this.#byFile.get(`${path}.html`);
  }

  /** The address of the folder that `url` means without its slash, if it has a page. */
  folder(url: string): string | undefined {
    const path = this.#path(url);
    return this.#byFile.has(`${path}/${FOLDER_PAGE}`) ? `${this.#base}${path}/` : undefined;
  }

  url(asset: Asset): string {
    return new URL(asset.file.split("/").map(encodeURIComponent).join("/"), this.#base).href;
  }

  #path(url: string): string {
    const { origin, pathname } = new URL(url);
    const whole = `${origin}${pathname}`;
    if (!whole.startsWith(this.#base)) return "\0";
    try {
      return decodeURIComponent(whole.slice(this.#base.length));
    } catch {
      return "\0";
    }
  }
}

/** Names of the groups of a list, in its order, without what the store of models keeps. */
export function groupsOf({ files }: AssetList): string[] {
  return [...new Set(files.map(({ group }) => group))].filter((it) => it !== MODELS);
}

/** Files of some groups that are not kept yet, each content once; `kept`: hashes. */
export function missing(list: AssetList, groups: readonly string[], kept: ReadonlySet<string>): Asset[] {
  const wanted = new Map<string, Asset>();
  for (const asset of list.files) {
    if (asset.group === MODELS || !groups.includes(asset.group) || kept.has(asset.sha256)) continue;
    if (!wanted.has(asset.sha256)) wanted.set(asset.sha256, asset);
  }
  return [...wanted.values()];
}

/** How much of each group is kept; `kept`: hashes. */
export function states(list: AssetList, kept: ReadonlySet<string>): GroupState[] {
  return groupsOf(list).map((group) => {
    const files = list.files.filter((it) => it.group === group);
    const here = files.filter(({ sha256 }) => kept.has(sha256));
    return {
      group,
      files: files.length,
      bytes: weight(files),
      filesKept: here.length,
      bytesKept: weight(here),
    };
  });
}

export function weight(assets: readonly Asset[]): number {
  return assets.reduce((sum, { bytes }) => sum + bytes, 0);
}

/** Hashes that are still of use: of lists that a page or a worker goes by. */
export function hashes(lists: readonly AssetList[]): Set<string> {
  return new Set(lists.flatMap(({ files }) => files.map(({ sha256 }) => sha256)));
}
