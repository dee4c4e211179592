// Lists the files that can be kept for use without a network, with their hashes, and writes the service workers that
// keep them. Runs when everything else is made.
//
//     node xtask/js/offline.mjs package dist/remotemedia [--minify]
//     node xtask/js/offline.mjs site dist/site
import { createHash } from "node:crypto";
import { existsSync, readFileSync, readdirSync, statSync, writeFileSync } from "node:fs";
import { join, relative, sep } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const LIST = "assets.json";
const ROOT = fileURLToPath(new URL("../../", import.meta.url));

/** Files that no page loads: for tools, for people, or the workers themselves, which browsers keep. */
const LEFT_OUT = [
  /\.map$/,
  /\.d\.ts$/,
  /^(package|assets)\.json$/,
  /^(sw|service-worker)\.js$/,
  /\.md$/,
  /^LICENSE/,
  // For hosts, who keep it to themselves.
  /^_headers$/,
];

/** The group of each file of the package; the first rule that fits counts. */
const PACKAGE = [
  [/^models\//, "models"],
  [/^(pyodide\/|python[.-])/, "python"],
  [/^(media\.wasm|compute-worker\.js)$/, "media"],
  [/^(remotemedia|offline|(runtime|models|package|plugin|wasi)-worker)\.js$/, "core"],
  [/^(coordinator|runtime|package|plugin)\.wasm$/, "core"],
  [/^models\.json$/, "core"],
  // Of use to pages written in Rust only, which this site is not.
  [/^pipelines(-worker\.js|\.wasm)$/, "rust"],
];

/** The group of each file of the site that is not the package's. */
const SITE = [
  [/^recordings\/index\.json$/, "core"],
  [/^recordings\//, "recordings"],
  [/^packages\/index\.json$/, "core"],
  [/^packages\//, "packages"],
  [/^(docs\/|[^/]+\.txt$)/, "docs"],
  [/^(index\.html|assets\/.*\.(js|css|wasm|woff2|svg))$/, "core"],
  [/^[^/]+\.(js|css|svg|ico|webmanifest)$/, "core"],
];

const fits = (rules, file) => rules.find(([rule]) => rule.test(file))?.[1];

/** None: the file is not listed. */
function groupOf(kind, file) {
  const inPackage = kind === "package" ? file : file.replace(/^remotemedia\//, "");
  if (LEFT_OUT.some((rule) => rule.test(inPackage))) return undefined;
  if (kind === "site" && fits(PACKAGE, inPackage) === "rust") return undefined;
  if (kind === "package" || inPackage !== file) {
    // Entries for tools that bundle are not loaded by a page that has the others.
    return fits(PACKAGE, inPackage) ?? (kind === "site" && inPackage.endsWith(".txt") ? "docs" : undefined);
  }
  return fits(SITE, file) ?? "other";
}

function list(kind, folder) {
  const files = readdirSync(folder, { recursive: true })
    .filter((it) => statSync(join(folder, it)).isFile())
    .map((it) => it.split(sep).join("/"))
    .sort()
    .flatMap((file) => {
      const group = groupOf(kind, file);
      if (group === undefined) return [];
      const data = readFileSync(join(folder, file));
      const sha256 = createHash("sha256").update(data).digest("hex");
      return [{ file, bytes: data.length, sha256, group }];
    });
  const version = createHash("sha256").update(JSON.stringify(files)).digest("hex").slice(0, 16);
  return { version, files };
}

/** Leaves a file alone that is as it should be: copies of it are fresh by its time. */
function write(file, text) {
  if (!existsSync(file) || readFileSync(file, "utf8") !== text) writeFileSync(file, text);
}

async function bundle(entry, out, format, define, minify) {
  const { outputFiles } = await build({
    entryPoints: [join(ROOT, entry)],
    absWorkingDir: ROOT,
    bundle: true,
    format,
    target: "es2022",
    define,
    minify,
    write: false,
    legalComments: "none",
    logLevel: "warning",
    alias: { "remotemedia/sw": join(ROOT, "dist/remotemedia/sw.js") },
  });
  write(out, outputFiles[0].text);
}

const [kind, folder, option] = process.argv.slice(2);
const made = list(kind, folder);
write(join(folder, LIST), `${JSON.stringify(made, null, 1)}\n`);
const text = JSON.stringify(made);
if (kind === "package") {
  const define = { REMOTEMEDIA_ASSETS: text };
  const minify = option === "--minify";
  await bundle("main-thread/sw/serve.ts", join(folder, "sw.js"), "esm", define, minify);
  await bundle("main-thread/sw/service-worker.ts", join(folder, "service-worker.js"), "iife", define, minify);
} else {
  await bundle("demo/src/offline/worker.ts", join(folder, "sw.js"), "iife", { SITE_ASSETS: text }, true);
}
console.log(
  `${relative(process.cwd(), folder)}: version ${made.version}, ${made.files.length} files to keep`,
);
