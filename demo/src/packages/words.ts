import type { PackageInfo, Problem } from "remotemedia";
import { bytes, counted } from "../format.ts";

type Permission = PackageInfo["permissions"][number];

/** A fact in a word, and what it means for who is about to run the package. */
export interface Told {
  word: string;
  means: string;
}

/** What a signature says, and what it does not. */
export function signatureInWords({ state, keys }: PackageInfo["signature"]): Told {
  const by = keys.length === 1 ? `the key ${keys[0] ?? ""}` : `the keys ${keys.join(", ")}`;
  switch (state) {
    case "none":
      return { word: "none", means: "Packages of format 1 cannot be signed: anybody may have made it." };
    case "unsigned":
      return { word: "unsigned", means: "Anybody may have made it, or changed it." };
    case "trusted":
      return { word: "trusted", means: `Signed by ${by}, which you trust. Nothing was changed since.` };
    case "unknown":
      return {
        word: "unknown key",
        means: `Signed by ${by}, which you do not name as trusted: nothing was changed since, but by whom it is signed is open.`,
      };
  }
}

/** What each kind of code of a package's own may do where it runs. */
const PERMISSIONS: Record<Permission, Told> = {
  python: {
    word: "Python modules",
    means: "They run in this site’s Python worker and can do there what this page can do.",
  },
  wheels: {
    word: "Python wheels",
    means: "They are installed in this site’s Python worker, and their code runs there like the modules’.",
  },
  plugins: {
    word: "Plugin nodes",
    means: "WebAssembly in a worker of its own: it gets items, gives results, and reaches nothing else.",
  },
  executor: {
    word: "An executor of its own",
    means: "WebAssembly that can run the whole pipeline instead of this page’s engine, if you choose it.",
  },
};

export function permissionInWords(permission: Permission): Told {
  return PERMISSIONS[permission];
}

/** The code of a package's own that has to be trusted before a run: its executor only if that is chosen. */
export function codeOf(info: PackageInfo, runs: "engine" | "package"): Permission[] {
  const isMeant = (it: Permission): boolean => (runs === "package") === (it === "executor");
  return info.permissions.filter(isMeant);
}

/** The folder of the files behind a permission. */
const PLACES: Record<Permission, RegExp> = {
  python: /^python\/.*\.py$/,
  wheels: /^wheels\//,
  plugins: /^plugins\//,
  executor: /^runtime\.wasm$/,
};

/** The entries that a permission is about. */
export function filesOf(permission: Permission, names: readonly string[]): string[] {
  return names.filter((it) => PLACES[permission].test(it));
}

/** What a package is called where it has no name: as its file. */
export function titleOf({ name }: PackageInfo, file: string): string {
  return name === null || name.trim() === "" ? file : name;
}

/** `3 nodes, 2 connections` */
export function shapeInWords({ nodeCount, connectionCount }: PackageInfo): string {
  return `${counted(nodeCount, "node")}, ${counted(connectionCount, "connection")}`;
}

/** A list that a card has room for. */
export function listed(names: readonly string[], most = 12): string {
  if (names.length === 0) return "none";
  const left = names.length - most;
  return left > 0 ? `${names.slice(0, most).join(", ")} and ${left} more` : names.join(", ");
}

/** `format 2, 12.3 kB` */
export function sizeInWords({ format, size }: PackageInfo): string {
  return `format ${format}, ${bytes(size)}`;
}

/** The problems of an error or a package, errors first. */
export function inOrder(problems: readonly Problem[]): Problem[] {
  const rank = (it: Problem): number => (it.severity === "error" ? 0 : 1);
  return problems.toSorted((a, b) => rank(a) - rank(b));
}
