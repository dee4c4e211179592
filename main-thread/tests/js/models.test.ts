/** What needs no browser of the models worker: names, ranges, first bytes. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { readFileSync } from "node:fs";
import { judge, type Known, rangeHeaders } from "../../models/answer.ts";
import { objection } from "../../models/format.ts";
import { type ModelRecord, parseRecord } from "../../models/shelf.ts";
import { isOf, locate, missingOf, parseCatalogue } from "../../models/source.ts";

const ASSETS = "https://a.example/remotemedia/";
const PAGE = "https://a.example/app/page.html";
const KNOWN: Known = { url: "https://a.example/m.bin", bytes: null, hashed: false };

test("a part is asked for only if it can be told from a part of another version", () => {
  const check = (known: Partial<Known>, offset: number, sameOrigin: boolean, expected: object): void =>
    assert.deepEqual(rangeHeaders({ ...KNOWN, ...known }, offset, sameOrigin), expected);
  const range = { Range: "bytes=7-" };
  check({ etag: '"1"' }, 0, true, {});
  check({ etag: '"1"' }, 7, true, { ...range, "If-Range": '"1"' });
  check({ etag: 'W/"1"', lastModified: "Mon" }, 7, true, { ...range, "If-Range": "Mon" });
  check({ etag: 'W/"1"' }, 7, true, {});
  check({}, 7, true, {});
  check({ hashed: true }, 7, true, range);
  // A header that another origin would have to allow first.
  check({ etag: '"1"' }, 7, false, range);
});

test("an answer is the rest, the whole, nothing more, or of another version", () => {
  const check = (
    status: number,
    headers: Record<string, string>,
    offset: number,
    known: Partial<Known>,
    expected: unknown,
  ): void => {
    const answer = { status, headers: new Headers(headers) };
    assert.deepEqual(
      judge(answer, { ...KNOWN, ...known }, offset),
      expected,
      `${status} ${JSON.stringify(headers)}`,
    );
  };
  const append = { do: "append", total: 9 };
  check(206, { "content-range": "bytes 5-8/9" }, 5, {}, append);
  check(206, { "content-range": "bytes 5-8/*" }, 5, { seen: 9 }, append);
  check(206, { "content-range": "bytes 5-8/9", "etag": '"1"' }, 5, { etag: '"1"' }, append);
  check(206, { "content-range": "bytes 5-8/9", "etag": '"2"' }, 5, { etag: '"1"' }, { do: "discard" });
  check(206, { "content-range": "bytes 4-8/9" }, 5, {}, { do: "discard" });
  check(206, { "content-range": "bytes 5-9/10" }, 5, { seen: 9 }, { do: "discard" });
  // Not every origin lets pages see where a part begins; a hash known beforehand makes up for it.
  check(206, {}, 5, {}, { do: "discard" });
  check(206, {}, 5, { hashed: true, bytes: 9 }, append);
  check(200, { "content-length": "9" }, 5, {}, { do: "restart", total: 9 });
  check(200, { "content-length": "4", "content-encoding": "gzip" }, 0, {}, { do: "restart", total: null });
  check(200, {}, 0, { bytes: 9 }, { do: "restart", total: 9 });
  check(416, { "content-range": "bytes */9" }, 9, {}, { do: "complete" });
  check(416, { "content-range": "bytes */8" }, 9, {}, { do: "discard" });
  check(416, {}, 9, {}, { do: "discard" });
});

test("what is no answer, or of another size, is an error that says so", () => {
  const check = (status: number, headers: Record<string, string>, code: string, words: RegExp): void => {
    const known = { ...KNOWN, bytes: 9 };
    const fails = (): unknown => judge({ status, headers: new Headers(headers) }, known, 0);
    assert.throws(fails, (error: { code: string; message: string }) => {
      assert.equal(error.code, code);
      assert.match(error.message, words);
      return true;
    });
  };
  check(404, {}, "LoadFailed", /m\.bin .*404/);
  check(503, {}, "LoadFailed", /503/);
  check(416, {}, "LoadFailed", /416/);
  check(200, { "content-length": "8" }, "ModelRejected", /has 8 bytes, and 9 were expected/);
});

test("a name means an entry of the catalogue, a file by its URL, or a folder", () => {
  const catalogue = parseCatalogue(
    readFileSync(new URL("../../models/catalogue.json", import.meta.url), "utf8").replace(
      /"from": "[^"]*\/([^"/]+)"/g,
      '"url": "./models/demo/$1", "bytes": 1',
    ),
    `${ASSETS}models.json`,
    { "demo/tokenizer.json": "https://a.example/hashed-1a2b.json" },
  );
  const check = (name: string, expected: [name: string, files: number, first: string]): void => {
    const found = locate(name, catalogue, PAGE);
    assert.deepEqual([found.name, found.files.length, found.files[0]?.url], expected, name);
  };
  check("demo", ["demo", 5, `${ASSETS}models/demo/config.json`]);
  assert.equal(locate("demo", catalogue, PAGE).files[3]?.url, "https://a.example/hashed-1a2b.json");
  assert.equal(locate("openai/whisper-base.en", catalogue, PAGE).name, "base.en");
  const tiny = locate("tiny", catalogue, PAGE);
  assert.equal(tiny.bytes, 77_691_713);
  assert.ok(!tiny.bundled && locate("demo", catalogue, PAGE).bundled);
  check("https://b.example/x.bin#top", ["https://b.example/x.bin", 1, "https://b.example/x.bin"]);
  check("models/x.bin", ["https://a.example/app/models/x.bin", 1, "https://a.example/app/models/x.bin"]);
  check("x.bin", ["https://a.example/app/x.bin", 1, "https://a.example/app/x.bin"]);
  const folder = "https://h.example/o/m/resolve/main/";
  check(folder, [folder, 5, `${folder}config.json`]);
  assert.equal(locate(folder, catalogue, PAGE).title, "m");
  for (const name of ["", "tinny", "file:///x/y.bin", "data:,/x", "javascript:alert(1)//"]) {
    assert.throws(
      () => locate(name, catalogue, PAGE),
      { code: "InvalidInput", message: /known are demo, / },
      name,
    );
  }
});

test("every entry of the catalogue says what it is, where it is, and how to know it", () => {
  const { models } = JSON.parse(
    readFileSync(new URL("../../models/catalogue.json", import.meta.url), "utf8"),
  ) as { models: Record<string, any>[] };
  assert.equal(new Set(models.map(({ name }) => name)).size, models.length);
  assert.deepEqual(
    models.filter((it) => it["default"]).map(({ name }) => name),
    ["demo"],
  );
  for (const { name, title, licence, languages, memory, files } of models) {
    assert.ok(title && licence && languages.length > 0 && memory > 0, name);
    for (const { url, bytes, sha256, from } of files) {
      if (from) continue;
      assert.match(url, /^https:\/\/huggingface\.co\/ggerganov\/whisper\.cpp\/resolve\/[0-9a-f]{40}\//);
      assert.match(sha256, /^[0-9a-f]{64}$/);
      assert.ok(bytes > 1e6, name);
    }
  }
});

test("a file that is no model is known by its first bytes", () => {
  const check = (
    name: string,
    bytes: number[] | string,
    size: number,
    expected: RegExp | undefined,
  ): void => {
    const head = typeof bytes === "string" ? new TextEncoder().encode(bytes) : Uint8Array.from(bytes);
    const why = objection(name, head.subarray(0, 16), size);
    if (expected) assert.match(why ?? "", expected, name);
    else assert.equal(why, undefined, name);
  };
  check("m.bin", "lmgg0123", 8, undefined);
  check("m.bin", "<!doctype html><p>", 100, /no ggml model, but begins with "<!doctype html>/);
  check("m.bin", [0, 1, 2, 3], 4, /no ggml model, but begins with bytes 00 01 02 03/);
  check("m.bin", [], 0, /empty/);
  check("config.json", ' \n{"a":1}', 9, undefined);
  check("config.json", "[1]", 3, /no JSON object/);
  check("model.safetensors", [2, 0, 0, 0, 0, 0, 0, 0, 0x7b, 0x7d], 10, undefined);
  check("model.safetensors", [3, 0, 0, 0, 0, 0, 0, 0, 0x7b, 0x7d], 10, /no safetensors/);
  check("model.safetensors", [2, 0], 2, /has 2 bytes/);
});

test("a record that was cut off counts as none", () => {
  const record = { version: 1, name: "m", title: "m", source: "url", files: [] };
  assert.deepEqual(parseRecord(JSON.stringify(record)), record);
  for (const text of ["", '{"version":1,"na', "null", "[]", '{"version":2,"files":[]}', '{"version":1}']) {
    assert.equal(parseRecord(text), undefined, text);
  }
});

test("what is kept counts as long as the same is meant", () => {
  const check = (kept: object, wanted: object, expected: boolean): void => {
    const file = { name: "f", url: "u", bytes: 1, done: true, ...kept };
    const record: ModelRecord = { version: 1, name: "m", title: "", source: "url", files: [file] };
    const source = {
      ...locate("https://b.example/x.bin", [], PAGE),
      files: [{ name: "f", url: "u", bytes: 1, ...wanted }],
    };
    assert.equal(isOf(record, source), expected, JSON.stringify([kept, wanted]));
  };
  check({}, {}, true);
  check({ sha256: "a" }, {}, true);
  check({ sha256: "a" }, { sha256: "a", url: "moved" }, true);
  check({ sha256: "a" }, { sha256: "b" }, false);
  check({}, { url: "v" }, false);
  check({}, { name: "g" }, false);
});

test("several files are a model if the needed ones are among them", () => {
  assert.equal(missingOf(["any.bin"]), undefined);
  assert.equal(missingOf(["config.json", "tokenizer.json", "model.safetensors", "README.md"]), undefined);
  assert.equal(missingOf(["config.json", "vocab.json"]), "lacks tokenizer.json, model.safetensors");
});
