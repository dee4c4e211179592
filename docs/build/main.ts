/** Builds the book: `node --import tsx docs/build/main.ts FOLDER`. */
import { cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { buildSync } from "esbuild";
import { expand } from "./directives.ts";
import { document } from "./layout.ts";
import { render } from "./markdown.ts";
import { pageOf, PUBLISHED, ROOT, SOURCE } from "./places.ts";
import { type Searchable, searchScript } from "./search.ts";
import { chaptersOf, readSummary } from "./summary.ts";

const source = join(ROOT, SOURCE);

/** Where the repository's files can be read: known where the page is built by GitHub's workflow. */
function repository(): string | undefined {
  const { GITHUB_SERVER_URL: server, GITHUB_REPOSITORY: name, GITHUB_SHA: commit } = process.env;
  return server && name && commit ? `${server}/${name}/blob/${commit}` : undefined;
}

function write(file: string, text: string): void {
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, text);
}

function build(folder: string): void {
  rmSync(folder, { recursive: true, force: true });
  const parts = readSummary(readFileSync(join(source, "SUMMARY.md"), "utf8"));
  const files = repository();
  const found: Searchable[] = [];
  for (const chapter of chaptersOf(parts)) {
    const text = expand(readFileSync(join(source, chapter.file), "utf8"));
    const { html, sections } = render(text, chapter.file, files);
    const page = pageOf(chapter.file);
    write(join(folder, page), document({ chapter, parts, html, sections }));
    found.push({ page, title: chapter.title, sections });
  }
  for (const [path, name] of Object.entries(PUBLISHED)) cpSync(join(ROOT, path), join(folder, name));
  write(join(folder, "theme/search-index.js"), searchScript(found));
  theme(join(folder, "theme"));
}

/** Style and scripts; the colours are those of the demo. */
function theme(folder: string): void {
  const tokens = readFileSync(join(ROOT, "demo/src/style/tokens.css"), "utf8");
  const style = readFileSync(join(ROOT, "docs/theme/book.css"), "utf8");
  write(join(folder, "book.css"), [tokens, chosenSchemes(tokens), style].join("\n"));
  buildSync({
    absWorkingDir: ROOT,
    entryPoints: ["docs/theme/book.ts", "docs/theme/scheme.ts"],
    bundle: true,
    minify: true,
    format: "iife",
    target: "es2022",
    outdir: folder,
    logLevel: "warning",
  });
  cpSync(join(ROOT, "node_modules/minisearch/LICENSE.txt"), join(folder, "minisearch-license.txt"));
}

/** The demo's colours follow the system; in the book its reader may choose. */
function chosenSchemes(tokens: string): string {
  const [light, dark] = [...tokens.matchAll(/:root \{([^}]*)\}/g)].map((it) => it[1]!);
  if (!light || !dark || !tokens.includes("prefers-color-scheme: dark")) {
    throw new Error("tokens.css: expected the light colours, then the dark ones under their media query");
  }
  const colours = light.replace(/^\s*(?!--)\S.*$/gm, "").replace(/--(text|mono)(.|\n)*$/, "");
  return [
    `:root[data-scheme="light"] {${colours} color-scheme: light; }`,
    `:root[data-scheme="dark"] {${dark} color-scheme: dark; }`,
  ].join("\n");
}

const [folder] = process.argv.slice(2);
if (!folder) throw new Error("usage: node --import tsx docs/build/main.ts FOLDER");
build(resolve(folder));
