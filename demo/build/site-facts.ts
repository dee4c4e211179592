import { createHash } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import type { Plugin } from "vite";
import { figuresOf } from "./figures.ts";

const NAME = "virtual:site-facts";
const ROOT = new URL("../../", import.meta.url);
/** What a build of the package is told from others by. */
const TELLING = ["remotemedia.js", "coordinator.wasm", "runtime.wasm", "media.wasm", "python.wasm"];

/** A module with what is known when the site is built: the package's version and fingerprint, published figures. */
export function siteFacts(): Plugin {
  return {
    name: "site-facts",
    resolveId: (id) => (id === NAME ? `\0${NAME}` : undefined),
    load: (id) => (id === `\0${NAME}` ? `export default ${JSON.stringify(facts())};` : undefined),
  };
}

function facts(): object {
  const folder = new URL("dist/remotemedia/", ROOT);
  const { version } = JSON.parse(readFileSync(new URL("package.json", folder), "utf8")) as {
    version: string;
  };
  const readme = readFileSync(new URL("README.md", ROOT), "utf8");
  return { version, fingerprint: fingerprint(folder), figures: figuresOf(readme) };
}

function fingerprint(folder: URL): string {
  const hash = createHash("sha256");
  for (const name of TELLING) {
    const file = fileURLToPath(new URL(name, folder));
    if (existsSync(file)) hash.update(name).update(readFileSync(file));
  }
  return hash.digest("hex").slice(0, 12);
}
