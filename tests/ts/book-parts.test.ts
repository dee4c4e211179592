/** The parts of what builds the book. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { apiText } from "../../docs/build/api.ts";
import { fencesOf, readInfo } from "../../docs/build/fences.ts";
import { codeOf, render } from "../../docs/build/markdown.ts";
import { linkOf, relative } from "../../docs/build/places.ts";
import { defaultOf, rangeOf, type Schema, typeOf } from "../../docs/build/schema.ts";
import { readSummary } from "../../docs/build/summary.ts";
import { bytes, table } from "../../docs/build/table.ts";

test("what follows three backticks is a language, words, options and a reason", () => {
  const rows: [string, ReturnType<typeof readInfo>][] = [
    ["js", { language: "js", words: [], options: {}, ignored: undefined }],
    ["", { language: "", words: [], options: {}, ignored: undefined }],
    ["jsx click", { language: "jsx", words: ["click"], options: {}, ignored: undefined }],
    [
      "rust include=a/b.rs#fn_x",
      { language: "rust", words: [], options: { include: "a/b.rs#fn_x" }, ignored: undefined },
    ],
    [
      "ts ignore: no page, a worker",
      { language: "ts", words: [], options: {}, ignored: "no page, a worker" },
    ],
  ];
  for (const [info, expected] of rows) assert.deepEqual(readInfo(info), expected);
});

test("fences are found with their lines, without their indent", () => {
  const text = "# A\n\n```js\nlet a;\n```\n\n- b\n\n  ```sh\n  c\n    d\n  ```\n";
  const found = fencesOf("a.md", text).map(({ line, language, code }) => [line, language, code]);
  assert.deepEqual(found, [
    [3, "js", "let a;\n"],
    [9, "sh", "c\n  d\n"],
  ]);
  assert.throws(() => fencesOf("a.md", "```js\n"), /a\.md:1: this fence is never closed/);
});

test("a link leads elsewhere, to a chapter, or to a file of the repository", () => {
  const rows: [string, string, object][] = [
    ["https://example.org/a.md", "a.md", { kind: "outside" }],
    ["#order", "a.md", { kind: "here", anchor: "order" }],
    ["b.md#c", "a.md", { kind: "chapter", chapter: "b.md", anchor: "c" }],
    ["../b.md", "deep/a.md", { kind: "chapter", chapter: "b.md", anchor: "" }],
    ["../../README.md", "a.md", { kind: "file", path: "README.md", anchor: "" }],
  ];
  for (const [href, from, expected] of rows) assert.deepEqual(linkOf(href, from), expected);
  assert.equal(relative("deep/a.html", "theme/book.css"), "../theme/book.css");
});

test("a piece of a source file is an item with its comment", () => {
  assert.match(
    codeOf("nodes/src/node.rs#pub_enum_Turn", ""),
    /^\/\/\/ What a turn comes to\.\n#\[derive[^]*\n\}\n$/,
  );
  assert.equal(codeOf(undefined, "own"), "own");
  assert.throws(() => codeOf("nodes/src/node.rs#fn_none", ""), /no line of .* begins with "fn none"/);
});

test("headings get anchors of their own, and links become those of pages", () => {
  const { html, sections } = render(
    "# T\n\n## A b\n\nx `y`\n\n## A b\n\n[c](runs.md#limits)\n",
    "a.md",
    undefined,
  );
  assert.deepEqual(
    sections.map((it) => [it.anchor, it.level, it.text.trim()]),
    [
      ["t", 1, ""],
      ["a-b", 2, "x y"],
      ["a-b-1", 2, "c"],
    ],
  );
  assert.match(html, /<a href="runs\.html#limits">c<\/a>/);
});

test("a file of the repository is a name, or a link where its address is known", () => {
  const of = (address: string | undefined): string => render("[r](../../README.md)", "a.md", address).html;
  assert.match(of(undefined), /<span class="file" title="README\.md, in the repository">r<\/span>/);
  assert.match(of("https://host/blob/1"), /<a href="https:\/\/host\/blob\/1\/README\.md">r<\/a>/);
  assert.throws(() => render("[r](../../none.md)", "a.md", undefined), /there is no none\.md/);
});

test("text from a document is text on the page", () => {
  assert.doesNotMatch(render("```text\n<script>\n```", "a.md", undefined).html, /<script>/);
});

test("schemas are told in words", () => {
  const rows: [Schema, string][] = [
    [{ type: "number", default: 2 }, "number||`2`"],
    [{ type: "integer", minimum: 1, maximum: 64 }, "integer|1 … 64|–"],
    [{ enum: ["low", "high"], default: "low" }, '`"low"`, `"high"`||`"low"`'],
    [{ type: ["number", "array"], items: { type: "number" } }, "number or list of numbers||–"],
    [{ type: "string", format: "model" }, "name or URL of a model||–"],
    [{ const: "v1" }, '`"v1"`||–'],
  ];
  for (const [schema, expected] of rows) {
    assert.equal([typeOf(schema), rangeOf(schema), defaultOf(schema)].join("|"), expected);
  }
});

test("tables escape bars, and sizes are for people", () => {
  assert.equal(table(["a"], [["x | y"]]), "| a |\n| --- |\n| x \\| y |");
  const sizes: [number, string][] = [
    [0, "0 B"],
    [999, "999 B"],
    [32_152_673, "32 MB"],
    [1_624_555_275, "1.6 GB"],
  ];
  for (const [count, expected] of sizes) assert.equal(bytes(count), expected);
});

test("a table of contents has parts and chapters, and nothing else", () => {
  assert.deepEqual(readSummary("# Contents\n\n- [A](a.md)\n\n# P\n\n- [B](p/b.md)\n"), [
    { title: "", chapters: [{ title: "A", file: "a.md" }] },
    { title: "P", chapters: [{ title: "B", file: "p/b.md" }] },
  ]);
  assert.throws(() => readSummary("# Contents\nwhat\n"), /neither part nor chapter: what/);
});

test("the reference of the API has what each entry of the package exports", () => {
  const text = apiText();
  const sections = text.split(/^## `/m).slice(1);
  const names = sections.map((it) => it.slice(0, it.indexOf("`")));
  const packaged = [
    "remotemedia",
    "remotemedia/offline",
    "remotemedia/sw",
    "remotemedia/react",
    "remotemedia/vue",
  ];
  assert.deepEqual(
    packaged.filter((it) => !names.includes(it)),
    [],
  );
  const has = (entry: string, heading: string): boolean =>
    sections[names.indexOf(entry)]!.includes(`\n${heading}\n`);
  const rows: [string, string][] = [
    ["remotemedia", "### Runtime"],
    ["remotemedia", "#### `Runtime.start()`"],
    ["remotemedia", "#### `run.cancel()`"],
    ["remotemedia", "### RunEvent"],
    ["remotemedia/react", "### useRun"],
    ["remotemedia/vue", "### useRun"],
  ];
  for (const [entry, heading] of rows) assert.ok(has(entry, heading), `${entry}: ${heading}`);
  assert.doesNotMatch(text, /@internal|#private|\{@link/);
});
