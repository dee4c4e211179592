import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { Plugin } from "vite";

const RULE = "-".repeat(70);

/** Writes beside the page what of it others wrote, with their licenses: of the packages that are really in it. */
export function notices(): Plugin {
  return {
    name: "notices",
    generateBundle(_options, bundle) {
      const modules = Object.values(bundle).flatMap((it) =>
        it.type === "chunk" ? Object.keys(it.modules) : [],
      );
      const folders = new Set(modules.flatMap((it) => packageOf(it) ?? []));
      const source = noticesOf([...folders].sort());
      this.emitFile({ type: "asset", fileName: "THIRD-PARTY-NOTICES.txt", source });
    },
  };
}

/** The folder of the npm package that a module belongs to; undefined for the site's own. */
export function packageOf(module: string): string | undefined {
  return /^\0?(.*\/node_modules\/(?:@[^/]+\/)?[^/?]+)\//.exec(module)?.[1];
}

/** The notices for packages in these folders. Throws if one has no license text. */
export function noticesOf(folders: readonly string[]): string {
  const parts = folders.map((folder) => {
    const { name, version, license } = JSON.parse(readFileSync(join(folder, "package.json"), "utf8")) as {
      [field: string]: string;
    };
    const file = readdirSync(folder).find((it) => /^licen[cs]e/i.test(it));
    if (!file) throw new Error(`${name} has no license text`);
    const text = readFileSync(join(folder, file), "utf8").trim();
    return `${RULE}\n${name} ${version}, ${license}\n${RULE}\n${text}\n`;
  });
  return [
    "What this page contains and others wrote; the package's own notices lie in remotemedia/.\n",
    ...parts,
  ].join("\n");
}
