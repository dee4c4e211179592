/** The table of values and numbers, under WASI hosts: `tests/tests/conformance.rs` runs the same natively. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { HOSTS } from "./hosts.ts";
import { isWritable, parsed, written } from "./values.ts";

interface Row {
  name: string;
  input: unknown;
  output?: unknown;
  python_output?: unknown;
}

const table = readFileSync(new URL("../compat/values.json", import.meta.url), "utf8");
const rows = (JSON.parse(table) as Row[]).filter((row) => isWritable(row.input));

const request = (node_type: string, items: string[]) => {
  const manifest = { version: "v1", nodes: [{ id: "n", node_type }], connections: [] };
  return `{"manifest":${JSON.stringify(manifest)},"input_data":[${items.join(",")}]}`;
};

/** What comes out, by row. */
const expected = (row: Row) => parsed(written(row.output ?? row.input));

for (const [name, host] of Object.entries(HOSTS)) {
  test(`values pass Rust and Python under ${name} as the table says`, async () => {
    assert.ok(rows.length >= 75);
    // To give None is to give nothing.
    const given = rows.filter((row) => expected(row) !== null);
    const [rust, python] = await host([
      {
        stdin: request(
          "PassThrough",
          rows.map((row) => written(row.input)),
        ),
      },
      {
        stdin: request(
          "DataTransformNode",
          given.map((row) => written(row.input)),
        ),
      },
    ]);
    for (const [answer, sent] of [
      [rust!, rows],
      [python!, given],
    ] as const) {
      assert.equal(answer.code, 0, answer.stderr);
      const { outputs } = parsed(answer.stdout) as { outputs: unknown[] };
      assert.equal(outputs.length, sent.length);
      sent.forEach((row, at) => assert.deepEqual(outputs[at], expected(row), row.name));
    }
  });
}
