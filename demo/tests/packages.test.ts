/** What the view of packages and the packing of pipelines work out. */
import assert from "node:assert/strict";
import { test } from "node:test";
import type { PackageInfo } from "remotemedia";
import { codeOf, filesOf, listed, signatureInWords, titleOf } from "../src/packages/words.ts";
import {
  contentsOf,
  type Described,
  describedIn,
  entryName,
  folderOf,
  type Packing,
} from "../src/pipeline/pack.ts";

const BARE: Described = { name: "", version: "", author: "", license: "", description: "" };

/** The manifest that is packed, and the names of the files. */
function check(packing: Partial<Packing>, manifest: object, files: string[]): void {
  const packed = contentsOf({ manifest: "{}", described: BARE, added: [], ...packing });
  assert.deepEqual([JSON.parse(packed.manifest), Object.keys(packed.files)], [manifest, files]);
}

test("a pipeline is packed as format 2, with what its user says of it", () => {
  check({}, { metadata: {}, package: { format: 2 } }, []);
  check(
    {
      manifest:
        '{ "version": "v1", "metadata": { "name": "old", "author": "A", "tags": ["t"], "created_at": "now" } }',
      described: { ...BARE, name: "new", version: "1.0.0" },
    },
    {
      version: "v1",
      metadata: { tags: ["t"], created_at: "now", name: "new", version: "1.0.0" },
      package: { format: 2 },
    },
    [],
  );
});

test("items become its example, files among them entries that are named once each", () => {
  const inputs = [
    1,
    { a: [2] },
    new File(["x"], "a b.wav"),
    new File(["y"], "A B.WAV"),
    new File(["z"], "../c"),
  ];
  const example = [
    1,
    { a: [2] },
    { media: "media/a b.wav" },
    { media: "media/A B-2.WAV" },
    { media: "media/__c" },
  ];
  check({ inputs }, { metadata: {}, package: { format: 2, example: { inputs: example } } }, [
    "media/a b.wav",
    "media/A B-2.WAV",
    "media/__c",
  ]);
});

test("Python and files go where they belong", () => {
  const content = new Blob([]);
  check({ python: "  \n" }, { metadata: {}, package: { format: 2 } }, []);
  const added = [
    { path: "python/nodes.py", content },
    { path: "models/m.bin", content },
  ];
  check({ python: "x = 1", added }, { metadata: {}, package: { format: 2 } }, [
    "python/nodes.py",
    "models/m.bin",
    "python/nodes-2.py",
  ]);
  const folders = {
    "a.py": "python",
    "a-1-py3-none-any.whl": "wheels",
    "A.WASM": "plugins",
    "ggml.bin": "models",
  };
  for (const [name, folder] of Object.entries({ ...folders, "a.wav": "media", "none": "media" })) {
    assert.equal(folderOf(name), folder, name);
  }
});

test("an entry's name is one that every file system takes", () => {
  const names = {
    "a.wav": "a.wav",
    "a/b\\c:d": "a_b_c_d",
    "..": "_",
    ".x": "_x",
    "x. ": "x_",
    "e\u0301": "\u00e9",
    "": "file",
  };
  for (const [name, expected] of Object.entries(names)) assert.equal(entryName(name), expected);
});

test("what is no manifest is not packed", () => {
  const wrong = (manifest: string, expected: RegExp): void => {
    assert.throws(() => describedIn(manifest), expected);
  };
  wrong("{", /^Error: the manifest is no JSON/);
  wrong("[]", /must be a JSON object/);
  assert.deepEqual(describedIn('{ "metadata": { "name": "n", "version": 2 } }'), { ...BARE, name: "n" });
});

const INFO = { name: null, permissions: ["python", "plugins", "executor"] } as unknown as PackageInfo;

test("what has to be trusted depends on who runs it", () => {
  assert.deepEqual(codeOf(INFO, "engine"), ["python", "plugins"]);
  assert.deepEqual(codeOf(INFO, "package"), ["executor"]);
  const names = ["python/a.py", "python/data.json", "python/b/c.py", "wheels/w.whl", "runtime.wasm"];
  assert.deepEqual(filesOf("python", names), ["python/a.py", "python/b/c.py"]);
  assert.deepEqual(filesOf("executor", names), ["runtime.wasm"]);
});

test("a signature is told in words, with its keys", () => {
  const told = (state: PackageInfo["signature"]["state"], ...keys: string[]): string => {
    const { word, means } = signatureInWords({ state, keys });
    return `${word}: ${means}`;
  };
  assert.match(told("none"), /^none: .* format 1/);
  assert.match(told("unsigned"), /^unsigned: Anybody/);
  assert.match(told("trusted", "ab"), /^trusted: Signed by the key ab, which you trust/);
  assert.match(told("unknown", "ab", "cd"), /^unknown key: Signed by the keys ab, cd, which you do not/);
});

test("a card has room for some names, and says how many more there are", () => {
  assert.equal(listed([]), "none");
  assert.equal(listed(["a", "b"]), "a, b");
  assert.equal(listed(["a", "b", "c"], 2), "a, b and 1 more");
  assert.equal(titleOf(INFO, "file.rmpkg"), "file.rmpkg");
  assert.equal(titleOf({ ...INFO, name: "N" }, "file.rmpkg"), "N");
});
