/** The built-in Python nodes in the command's interpreter: what CPython gives, they give. */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { test } from "node:test";
import { HOSTS } from "./hosts.ts";
import { parsed } from "./values.ts";

const path = (relative: string) => fileURLToPath(new URL(relative, import.meta.url));

/** JSON texts, for JavaScript has no integers of 64 bits. A whole number is an integer to nodes, however it is written. */
const ITEMS = [
  ...["null", "true", "false", "0", "-7", "1.5", "-0.1", "0.1", "1e16", "1e22", "1e-7", "5e-324"],
  ...["123456789012345.6", "1.7976931348623157e308", "9007199254740993", "-9223372036854775808"],
  ...["4611686018427387903", '""', '"a"', '" two  words\\tand\\nmore\\u00a0here\\u2003"', '"12"'],
  ...[
    '"straße ŉ ǰ ΐ ﬁ İ ı ẞ"',
    '"ΌΣΟΣ Σ ςσ"',
    '"é e\\u0301 한글 漢字"',
    '"🦀👩‍👩‍👧 \\ud83c\\udde9"',
    '"\\u0000\\u0085x\\u2028y"',
  ],
  ...[
    "[]",
    "{}",
    '[1, 2.5, true, null, "x", [3]]',
    '{"a": {"b": [1, "\'", "\\""]}, "ü": null}',
    '["it\'s", "\\\\", "\\n"]',
  ],
  ...[
    '{"text": "Hello WASM"}',
    '{"text": "a b", "operations": ["word_count", "nonsense", "reverse"]}',
    '{"text": ""}',
  ],
  ...[
    '{"operations": []}',
    '{"text": "x", "operations": [1, null, "uppercase"]}',
    '{"text": "ÀÉ", "operations": ["lowercase", "char_count"]}',
  ],
];

/** Twice these is beyond what an item can be. */
const TOO_MUCH = ["1.7976931348623157e308", "-9223372036854775808"];
const ALL = ["uppercase", "lowercase", "word_count", "char_count", "reverse"];
const JOBS: [string, object, string[]][] = [
  ["TextProcessorNode", {}, ITEMS],
  ["TextProcessorNode", { operations: ALL }, ITEMS],
  ["TextProcessorNode", { operations: [] }, ITEMS],
  ["TextProcessorNode", {}, ['{"text": 5}']],
  ["TextProcessorNode", {}, ['{"text": null}']],
  ["TextProcessorNode", {}, ['{"text": "a", "operations": 5}']],
  ["DataTransformNode", {}, ITEMS],
  ["DataTransformNode", { operation: "double" }, ITEMS.filter((it) => !TOO_MUCH.includes(it))],
  ["DataTransformNode", { operation: "increment" }, ITEMS],
  ["DataTransformNode", { operation: "wonder" }, ITEMS],
];

interface Result {
  outputs?: unknown[];
  error?: string;
}

function cpython(): Result[] {
  const jobs = JOBS.map(
    ([node, params, items]) =>
      `{"node":"${node}","params":${JSON.stringify(params)},"items":[${items.join(",")}]}`,
  );
  const env = { ...process.env, PYTHONPATH: path("../../python-worker/python") };
  const options = { input: `[${jobs.join(",")}]`, env, encoding: "utf8" } as const;
  const { stdout, stderr } = spawnSync("python3", ["-B", path("cpython.py")], options);
  assert.ok(stdout, stderr);
  return parsed(stdout) as Result[];
}

const requests = JOBS.map(([node_type, params, items]) => {
  const manifest = { version: "v1", nodes: [{ id: "n", node_type, params }], connections: [] };
  return { stdin: `{"manifest":${JSON.stringify(manifest)},"input_data":[${items.join(",")}]}` };
});

/** Whole floats leave a node as integers, here as everywhere. */
const same = (value: unknown): unknown => JSON.parse(JSON.stringify(value));

for (const [name, host] of Object.entries(HOSTS)) {
  test(`the built-in Python nodes give under ${name} what they give in CPython`, async () => {
    const answers = await host(requests);
    for (const [at, expected] of cpython().entries()) {
      const [node, params] = JOBS[at]!;
      const { code, stdout, stderr } = answers[at]!;
      const job = `${node} ${JSON.stringify(params)}`;
      if (expected.error !== undefined) {
        assert.equal(code, 1, job);
        assert.ok(stderr.includes(`Python VM error: ${expected.error}\n`), `${expected.error}: ${stderr}`);
        continue;
      }
      assert.equal(code, 0, `${job}: ${stderr}`);
      const { outputs } = parsed(stdout) as { outputs: unknown[] };
      assert.equal(outputs.length, expected.outputs!.length, job);
      outputs.forEach((it, which) => assert.deepEqual(same(it), same(expected.outputs![which]), job));
    }
  });
}
