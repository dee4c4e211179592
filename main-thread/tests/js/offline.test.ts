/** What needs no browser of keeping files: lists, addresses, what to fetch, where to go on. */
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync, mkdirSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { beginning, isDirect } from "../../js/offline-download.ts";
import { OfflineError } from "../../js/offline-error.ts";
import {
  type Asset,
  type AssetList,
  AssetMap,
  groupsOf,
  hashes,
  missing,
  states,
} from "../../js/offline-list.ts";

const BASE = "https://a.example/site/";
const ROOT = join(import.meta.dirname, "../../..");

function asset(file: string, group: string, hash: string, bytes = 10): Asset {
  return { file, group, sha256: hash.repeat(64), bytes };
}

const LIST: AssetList = {
  version: "1",
  files: [
    asset("index.html", "core", "a"),
    asset("docs/index.html", "docs", "b"),
    asset("docs/a page.html", "docs", "c"),
    asset("media.wasm", "media", "d", 30),
    asset("copy.wasm", "media", "d", 30),
    asset("models/m.bin", "models", "e"),
  ],
};

test("a file is found by its address, whatever is asked of it", () => {
  const map = new AssetMap(LIST, BASE);
  const check = (url: string, expected: string | undefined): void =>
    assert.equal(map.at(url)?.file, expected, url);
  check(`${BASE}media.wasm`, "media.wasm");
  check(`${BASE}media.wasm?v=1#there`, "media.wasm");
  check(`${BASE}docs/a%20page.html`, "docs/a page.html");
  check(`${BASE}docs/%zz`, undefined);
  check(BASE, undefined);
  check("https://a.example/media.wasm", undefined);
  check("https://b.example/site/media.wasm", undefined);
  for (const it of LIST.files) check(map.url(it), it.file);
});

test("a page is found as hosts find it", () => {
  const map = new AssetMap(LIST, BASE);
  const check = (path: string, page: string | undefined, folder?: string): void => {
    assert.equal(map.page(BASE + path)?.file, page, path);
    assert.equal(map.folder(BASE + path), folder && BASE + folder, path);
  };
  check("", "index.html");
  check("?q#h", "index.html");
  check("index.html", "index.html");
  check("docs/", "docs/index.html");
  check("docs", undefined, "docs/");
  check("docs/a%20page", "docs/a page.html");
  check("nowhere", undefined);
});

test("only what is missing is fetched, each content once, and models never", () => {
  const check = (groups: string[], kept: string[], expected: string[]): void => {
    const found = missing(LIST, groups, new Set(kept.map((it) => it.repeat(64))));
    assert.deepEqual(
      found.map(({ file }) => file),
      expected,
    );
  };
  check(["core", "media", "models"], [], ["index.html", "media.wasm"]);
  check(["core", "media"], ["d"], ["index.html"]);
  check(["docs"], ["b"], ["docs/a page.html"]);
  check([], [], []);
});

test("a group tells how much of it is kept", () => {
  assert.deepEqual(groupsOf(LIST), ["core", "docs", "media"]);
  const found = states(LIST, new Set(["a", "d"].map((it) => it.repeat(64))));
  assert.deepEqual(found, [
    { group: "core", files: 1, bytes: 10, filesKept: 1, bytesKept: 10 },
    { group: "docs", files: 2, bytes: 20, filesKept: 0, bytesKept: 0 },
    { group: "media", files: 2, bytes: 60, filesKept: 2, bytesKept: 60 },
  ]);
});

test("what any list still names is of use", () => {
  const newer = { version: "2", files: [asset("index.html", "core", "f")] };
  assert.deepEqual([...hashes([LIST, newer])].map((it) => it[0]).join(""), "abcdef");
});

test("an answer is the rest, the whole, another version, or none", () => {
  const check = (
    status: number,
    headers: Record<string, string>,
    at: number,
    expected: number | string,
  ): void => {
    const found = beginning({ status, headers: new Headers(headers) }, asset("f", "g", "a", 100), at);
    assert.equal(found instanceof OfflineError ? found.code : found, expected, `${status} at ${at}`);
  };
  check(200, {}, 0, 0);
  check(200, { "content-length": "100" }, 40, 0);
  check(200, { "content-length": "101" }, 0, "Stale");
  // Compressed: the length is not the file's.
  check(200, { "content-length": "7", "content-encoding": "br" }, 0, 0);
  check(206, { "content-range": "bytes 40-99/100" }, 40, 40);
  check(206, { "content-range": "bytes 40-99/*" }, 40, 40);
  check(206, { "content-range": "bytes 40-119/120" }, 40, "Stale");
  check(206, { "content-range": "bytes 0-99/100" }, 40, "Unreachable");
  check(206, {}, 40, "Unreachable");
  check(416, {}, 40, "Stale");
  check(404, {}, 0, "Unreachable");
  check(500, {}, 0, "Unreachable");
});

test("the worker knows what is fetched to be kept from what a page asks for", () => {
  assert.ok(!isDirect(new Headers({ accept: "*/*" })));
  assert.ok(!isDirect(new Headers()));
});

test("the same files make the same list, another byte another version; what no page loads is not in it", () => {
  const folder = mkdtempSync(join(tmpdir(), "remotemedia-list-"));
  const write = (file: string, text: string): void => {
    mkdirSync(join(folder, file, ".."), { recursive: true });
    writeFileSync(join(folder, file), text);
  };
  const made = (): AssetList => {
    execFileSync("node", [join(ROOT, "xtask/js/offline.mjs"), "package", folder]);
    return JSON.parse(readFileSync(join(folder, "assets.json"), "utf8")) as AssetList;
  };
  try {
    const files = ["remotemedia.js", "media.wasm", "pipelines.wasm", "pyodide/x.bin", "models/m/m.bin"];
    for (const file of files) write(file, file);
    for (const file of ["remotemedia.js.map", "types/a.d.ts", "README.md", "package.json", "react.js"])
      write(file, "");
    const first = made();
    assert.deepEqual(
      first.files.map(({ file, group }) => `${file} ${group}`),
      [
        "media.wasm media",
        "models/m/m.bin models",
        "pipelines.wasm rust",
        "pyodide/x.bin python",
        "remotemedia.js core",
      ],
    );
    // The worker has the list in itself: a new list is a new worker, which is how browsers notice.
    assert.ok(readFileSync(join(folder, "sw.js"), "utf8").includes(first.version));
    assert.deepEqual(made(), first);
    write("media.wasm", "another");
    assert.notEqual(made().version, first.version);
  } finally {
    rmSync(folder, { recursive: true });
  }
});
