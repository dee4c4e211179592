/** The table of requests, under WASI hosts: `cli/tests/pipeline_executor_wasm.rs` runs the same natively. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { HOSTS, type Answer } from "./hosts.ts";

interface Row {
  name: string;
  stdin?: string;
  request?: unknown;
  /** Only for a command with an interpreter of Python, or only for one without. */
  python?: boolean;
  outputs?: unknown[];
  graph_info?: unknown;
  error?: string;
  error_starts?: string;
  stderr?: string;
}

interface Case {
  name: string;
  manifest: unknown;
  input_data?: unknown[];
  decided: { outputs?: unknown[]; error?: string; validate?: string };
}

const read = (name: string) => JSON.parse(readFileSync(new URL(name, import.meta.url), "utf8")) as unknown;
const rows = (read("cases.json") as Row[]).filter((row) => row.python !== false);
const PREFIX = "Pipeline execution failed: ";

function check(row: Row, { code, stdout, stderr }: Answer): void {
  assert.ok(stderr.includes(row.stderr ?? ""), `${row.name}: ${stderr}`);
  if (row.outputs === undefined) {
    const line = stderr.split("\n").find((it) => it.startsWith(PREFIX)) ?? stderr;
    const why = line.slice(PREFIX.length);
    if (row.error === undefined) assert.ok(why.startsWith(row.error_starts ?? ""), `${row.name}: ${why}`);
    else assert.equal(why, row.error, row.name);
    assert.deepEqual([code, stdout], [1, ""], row.name);
    return;
  }
  assert.equal(code, 0, `${row.name}: ${stderr}`);
  // Whatever else were on stdout would be no JSON.
  const { outputs, status, graph_info } = JSON.parse(stdout) as Record<string, unknown>;
  assert.deepEqual({ outputs, status }, { outputs: row.outputs, status: "success" }, row.name);
  if (row.graph_info !== undefined) assert.deepEqual(graph_info, row.graph_info, row.name);
}

for (const [name, host] of Object.entries(HOSTS)) {
  test(`${name} answers every request of the table as decided`, async () => {
    assert.ok(rows.length >= 45);
    const answers = await host(rows.map((row) => ({ stdin: row.stdin ?? JSON.stringify(row.request) })));
    rows.forEach((row, at) => check(row, answers[at]!));
  });

  test(`${name} runs the manifests of the original as decided`, async () => {
    const cases = (read("../compat/cases.json") as Case[]).filter((it) => it.decided.validate === undefined);
    assert.ok(cases.length >= 25);
    const answers = await host(
      cases.map(({ manifest, input_data }) => ({ stdin: JSON.stringify({ manifest, input_data }) })),
    );
    for (const [at, it] of cases.entries()) {
      const { outputs } = it.decided;
      check(outputs ? { name: it.name, outputs } : { name: it.name, error_starts: "" }, answers[at]!);
    }
  });
}
