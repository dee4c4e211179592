/** The programs of the chapter about WASI, as they stand there. */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { test } from "node:test";
import { COMMAND, NODE_OPTIONS } from "./hosts.ts";

const path = (relative: string) => fileURLToPath(new URL(`../../${relative}`, import.meta.url));
const read = (name: string) => readFileSync(path(`docs/examples/wasi/${name}`), "utf8");

function check([program, ...options]: [string, ...string[]], script: string): void {
  const run = (input: string) =>
    spawnSync(program, [...options, path(`docs/examples/wasi/${script}`), COMMAND], {
      input,
      encoding: "utf8",
    });
  const { stdout, stderr, status } = run(read("calculator.json"));
  assert.equal(stdout, read("calculator.answer.json"), stderr);
  assert.equal(status, 0, stderr);
  const failed = run("{}");
  assert.deepEqual([failed.stdout, failed.status], ["", 1]);
  assert.match(
    failed.stderr,
    /^Pipeline execution failed: Failed to parse manifest: missing field `version`$/m,
  );
}

test("the program for Node runs the request of the book", () =>
  check([process.execPath, ...NODE_OPTIONS], "run.mjs"));

test("the program for Python runs it, too", () => check([path("target/wasmtime/bin/python")], "run.py"));
