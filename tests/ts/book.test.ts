/** The documentation: that what it names exists, and that it is whole. Its code is run by `tests/browser/snippets.test.ts`. */
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join, posix } from "node:path";
import { test } from "node:test";
import { linkOf, ROOT, slug, SOURCE } from "../../docs/build/places.ts";
import { chaptersOf, readSummary } from "../../docs/build/summary.ts";
import { allFences, documents, snippets, textOf } from "../book/documents.ts";
import { complaintAbout } from "../book/commands.ts";
import { moduleOf } from "../book/modules.ts";

const BOOK = join(ROOT, "dist/site/docs");

/** Languages whose code is run or checked by a test, and the few that are only shown. */
const RUN = ["js", "ts", "jsx", "tsx", "html", "json", "python", "rust", "console"];
const SHOWN = ["text"];

/** How many snippets may be there that nothing runs. */
const MOST_IGNORED = 8;

function none(wrong: string[], what: string): void {
  assert.deepEqual(wrong, [], what);
}

test("every chapter is in the table of contents, once", () => {
  const listed = chaptersOf(readSummary(textOf(`${SOURCE}/SUMMARY.md`))).map((it) => `${SOURCE}/${it.file}`);
  const there = documents().filter((it) => it.startsWith(SOURCE) && !it.endsWith("SUMMARY.md"));
  assert.deepEqual([...listed].sort(), there.sort());
});

test("every link of a document leads to something that is there", () => {
  const wrong = documents().flatMap((document) => {
    const chapter = posix.relative(SOURCE, document);
    const links = textOf(document).matchAll(/(?<!!)\[[^\]]*\]\(([^)\s]+)\)/g);
    return [...links].flatMap(([, href]) => {
      const link = linkOf(href!, chapter);
      // That of the package lies in the package.
      const root = document.includes("/npm/") ? join(ROOT, "dist/remotemedia") : ROOT;
      const path = document.includes("/npm/") ? href! : link.kind === "file" ? link.path : "";
      if (link.kind === "file") return existsSync(join(root, path)) ? [] : [`${document}: ${href}`];
      return link.kind !== "chapter" || existsSync(join(ROOT, SOURCE, link.chapter))
        ? []
        : [`${document}: ${href}`];
    });
  });
  none(wrong, "links to nowhere");
});

test("every link and anchor of the built book leads somewhere, without leaving it for its parts", () => {
  const pages = readdirSync(BOOK, { recursive: true, encoding: "utf8" }).filter((it) => it.endsWith(".html"));
  const texts = new Map(pages.map((it) => [it, readFileSync(join(BOOK, it), "utf8")]));
  const wrong = [...texts].flatMap(([page, text]) => {
    const attributes = text.matchAll(/<(\w+)[^>]*?\s(?:href|src)="([^"]*)"/g);
    return [...attributes].flatMap(([, tag, href]) => {
      const at = `${page}: ${href}`;
      if (/^[a-z]+:/.test(href!)) return tag === "a" ? [] : [`${at} is elsewhere`];
      if (href!.startsWith("/")) return [`${at} is not relative`];
      const [path = "", anchor = ""] = href!.split("#");
      const target = path === "" ? page : posix.join(posix.dirname(page), path);
      if (target.startsWith("../")) return [];
      if (!existsSync(join(BOOK, target))) return [`${at} is not there`];
      const hasAnchor = anchor === "" || texts.get(target)?.includes(` id="${decodeURIComponent(anchor)}"`);
      return hasAnchor ? [] : [`${at} has no such anchor`];
    });
  });
  assert.ok(pages.length > 5);
  none(wrong, "links of the built book");
});

test("every error code has its section", () => {
  const types = readFileSync(join(ROOT, "main-thread/js/generated/data.ts"), "utf8");
  const union = /export type ErrorCode = ([^;]+);/.exec(types)![1]!;
  const codes = [...union.matchAll(/"(\w+)"/g)].map((it) => it[1]!);
  const sections = [...textOf(`${SOURCE}/troubleshooting.md`).matchAll(/^## (\w+)$/gm)].map((it) => it[1]!);
  assert.ok(codes.length >= 17);
  assert.deepEqual(sections, codes);
});

test("all code is in a language that a test runs, but for a few pieces that say why", () => {
  const fences = allFences();
  const odd = fences.filter((it) => ![...RUN, ...SHOWN].includes(it.language) && !it.ignored);
  none(
    odd.map((it) => `${it.file}:${it.line}: ${it.language}`),
    "languages that nothing runs",
  );
  const ignored = fences.filter((it) => it.ignored !== undefined);
  assert.ok(
    ignored.every((it) => it.ignored!.length > 10),
    "a reason is a sentence",
  );
  assert.ok(ignored.length <= MOST_IGNORED, `${ignored.length} pieces of code are not run`);
});

test("every document with Rust of its own is among the doctests", () => {
  const tested = readFileSync(join(ROOT, "tests/src/book.rs"), "utf8");
  const rust = allFences().filter((it) => it.language === "rust" && !it.options["include"] && !it.ignored);
  const files = [...new Set(rust.map((it) => it.file))];
  assert.ok(files.length > 0);
  none(
    files.filter((it) => !tested.includes(`include_str!("../../${it}")`)),
    "not in tests/src/book.rs",
  );
});

test("the code has right types: TypeScript strictly, JavaScript as far as it goes without annotations", () => {
  assert.deepEqual(typeErrors("ts", { strict: true }), []);
  const loose = { strict: false, noImplicitAny: false, exactOptionalPropertyTypes: false };
  // What a pipeline gives is one of many types: TypeScript asks for a look first, JavaScript does without.
  const isOfValues = (line: string): boolean => /Audio \| Blob|type 'Value'|of type 'Inputs'/.test(line);
  assert.deepEqual(
    typeErrors("js", loose).filter((it) => !isOfValues(it)),
    [],
  );
});

/** What the compiler says of the snippets in a language, a line each. */
function typeErrors(language: "js" | "ts", options: object): string[] {
  const folder = join(ROOT, "target/book", language);
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  for (const snippet of snippets(language, `${language}x`)) {
    writeFileSync(join(folder, `${snippet.name.replace(/\W+/g, "-")}.tsx`), moduleOf(snippet));
  }
  writeFileSync(join(folder, "tsconfig.json"), JSON.stringify(snippetProject(options)));
  try {
    execFileSync("node", ["node_modules/typescript/bin/tsc", "-p", folder], { cwd: ROOT, encoding: "utf8" });
    return [];
  } catch (error) {
    const { stdout } = error as { stdout: string };
    return stdout.split("\n").filter((it) => /error TS/.test(it));
  }
}

function snippetProject(options: object): object {
  return {
    extends: "../../../tsconfig.base.json",
    compilerOptions: {
      lib: ["es2023", "dom", "dom.iterable", "dom.asynciterable", "esnext.disposable"],
      types: ["react", "react-dom"],
      jsx: "react-jsx",
      noUnusedLocals: false,
      noUnusedParameters: false,
      allowImportingTsExtensions: true,
      paths: {
        "remotemedia": ["../../../dist/remotemedia/remotemedia.d.ts"],
        "remotemedia/*": ["../../../dist/remotemedia/*.d.ts"],
        "snippet-fixtures": ["../../../tests/book/fixtures.ts"],
      },
      ...options,
    },
    include: ["*.tsx"],
  };
}

test("headers and policies that are told are those that are tested", () => {
  const isolation = allFences().filter(
    (it) => it.file.endsWith("isolation.md") && /Cross-Origin/.test(it.code),
  );
  assert.ok(isolation.length >= 5);
  for (const { line, code } of isolation) {
    const values = [...code.matchAll(/Cross-Origin-(Opener|Embedder)-Policy[^a-z]+(?:value": ")?([a-z-]+)/g)];
    const told = values.map(([, which, value]) => `${which} ${value}`);
    assert.deepEqual(told, ["Opener same-origin", "Embedder require-corp"], `isolation.md:${line}`);
  }
  const policy = "script-src 'self' 'wasm-unsafe-eval'; worker-src 'self'";
  const tested = readFileSync(join(ROOT, "tests/browser/apps.test.ts"), "utf8");
  for (const file of ["bundlers", "security"]) assert.ok(textOf(`${SOURCE}/${file}.md`).includes(policy));
  assert.ok(tested.includes(`"${policy}"`));
  const far = allFences().find((it) => it.file.endsWith("bundlers.md") && it.code.includes("cdn.example"))!;
  const line = far.code.trim().replace(/\s*\n/g, " ").replaceAll("https://cdn.example", "${origin}");
  assert.ok(tested.includes(line), line);
});

test("every command exists, with its options", () => {
  const lines = [...documents(), "CONTRIBUTING.md"].flatMap((document) =>
    commandsOf(textOf(document)).map((command) => ({ document, command })),
  );
  assert.ok(lines.length > 3);
  const wrong = lines.flatMap(({ document, command }) => {
    const complaint = complaintAbout(command);
    return complaint ? [`${document}: ${command}: ${complaint}`] : [];
  });
  none(wrong, "commands");
});

/** Lines that begin with a prompt, and those of old-style indented code that begin with `cargo`. */
function commandsOf(text: string): string[] {
  const prompted = text.matchAll(/^\$ (.+)$/gm);
  const indented = text.matchAll(/^ {4}(cargo .+)$/gm);
  return [...prompted, ...indented].map((it) => it[1]!.split(/\s+#/)[0]!.trim());
}

test("an anchor is made as GitHub makes it", () => {
  const table: [string, string][] = [
    ["Order", "order"],
    ["Where they are kept", "where-they-are-kept"],
    ["`runtime.run()`", "runtimerun"],
    ["A page, without a bundler!", "a-page-without-a-bundler"],
  ];
  for (const [heading, expected] of table) assert.equal(slug(heading), expected);
});
