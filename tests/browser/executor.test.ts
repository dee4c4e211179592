/** `executor: "package"`: the WASI command that a package brings, in a worker with nothing but its input and output. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { type Bench, eachEngine } from "./harness/index.ts";
import type { Facts, RunEvent } from "./kit.ts";
import { command, doubling, openPackaged, PACKAGE, parts, saying } from "./packages-kit.ts";

const NOISE = "\u001b[32m INFO\u001b[0m runs {braces}\n";
const MARKER = "\n=== PIPELINE RESULTS ===\n";

/** How a run of an executor went. */
interface Ran {
  outputs?: unknown[];
  graph?: unknown;
  error?: Facts;
  events: RunEvent[];
}

/** What runs of {@link ran} may be asked for. */
interface Asked {
  inputs?: unknown[];
  params?: object;
  timeoutMs?: number;
  limits?: object;
  bigint?: boolean;
}

/** Runs the executor `wasm` once. */
async function ran(bench: Bench, wasm: Buffer, options: Asked = {}, manifest = doubling()): Promise<Ran> {
  const page = await openPackaged(bench, parts(manifest, { "runtime.wasm": wasm }));
  return page.evaluate(
    async ({ path, options }) => {
      const pkg = await kit.runtime.loadPackage(path);
      const { onEvent, events } = kit.ear();
      const run = kit.runtime.run(pkg, { ...(options as object), executor: "package", onEvent });
      const { value, error } = await kit.outcome(run);
      const plain = events.map((it) => (it.type === "failed" ? { ...it, error: undefined } : it));
      const big = (it: unknown): unknown => (typeof it === "bigint" ? `${it}n` : it);
      const told = plain.map((it) =>
        it.type === "output" || it.type === "finished" ? { type: it.type } : it,
      );
      if (error) return { error, events: told as typeof plain };
      return { outputs: value!.outputs.map(big), graph: value!.graph_info, events: told as typeof plain };
    },
    { path: PACKAGE, options },
  );
}

eachEngine("executor", (bench) => {
  test("a noisy executor gets the request and its result is found; what it says besides are logs", async () => {
    const wasm = saying([
      [1, NOISE],
      [2, "WARN twice\nplain"],
      [1, `${MARKER}{\n  "graph_info": { "node_count": 7 },\n  "outputs": [\n    `],
      [1, null],
      [1, "\n, 9007199254740993, 1.5]\n}\n"],
      [1, NOISE],
    ]);
    const params = { multiplynode: { factor: 3 } };
    const { outputs, graph, events } = await ran(bench, wasm, { inputs: [5, 7], params, bigint: true });
    const manifest = doubling() as { nodes: { params: object }[] };
    manifest.nodes[0]!.params = { factor: 3 };
    assert.deepEqual(outputs, [{ manifest, input_data: [5, 7] }, "9007199254740993n", 1.5]);
    assert.deepEqual(graph, {
      node_count: 7,
      source_count: 1,
      sink_count: 1,
      execution_order: ["multiplynode"],
    });
    const types = events.map(({ type }) => type);
    assert.deepEqual(types, ["load", "started", "log", "log", "output", "output", "output", "finished"]);
    const logs = events.flatMap((it) => (it.type === "log" ? [`${it.level}: ${it.message}`] : []));
    assert.deepEqual(logs, ["warn: WARN twice", "info: plain"]);
  });

  test("a single bare output is a list, no inputs are no input_data, and no items are nothing to do", async () => {
    const bare = saying([
      [1, '{"outputs":'],
      [1, null],
      [1, "}"],
    ]);
    assert.deepEqual((await ran(bench, bare)).outputs, [{ manifest: doubling() }]);
    const { outputs, graph } = await ran(bench, command("(loop $l (br $l))"), { inputs: [] });
    assert.deepEqual([outputs, (graph as { node_count: number }).node_count], [[], 1]);
  });

  test("what goes wrong in it is an error with what it said", async () => {
    const check = async (wasm: Buffer, code: string, message: RegExp, options: Asked = { inputs: [1] }) => {
      const { error } = await ran(bench, wasm, options);
      assert.equal(error?.code, code, error?.message);
      assert.match(error?.message ?? "", message);
      return error;
    };
    const twice = "Pipeline execution failed: Pipeline execution failed: ";
    const failed = await check(
      saying([[2, `INFO x\n${twice}Execution error: Division by zero\n`]], 1),
      "NodeFailed",
      /^Execution error: Division by zero$/,
    );
    assert.equal((failed?.details as { exitCode: number }).exitCode, 1);
    await check(saying([[2, `${twice}Manifest error: No`]], 1), "InvalidManifest", /^Manifest error: No$/);
    await check(saying([[2, "oh\nno"]], 3), "NodeFailed", /ended with code 3: no/);
    await check(saying([[1, "hello"]]), "NodeFailed", /wrote no result/);
    await check(command("unreachable"), "WorkerCrashed", /executor crashed/);
    await check(command("(loop $l (br $l))"), "TimedOut", /longer than 200 ms/, {
      inputs: [1],
      timeoutMs: 200,
    });
    const flood = command("(loop $l (call $put (i32.const 1) (i32.const 0) (i32.const 65536)) (br $l))");
    await check(flood, "LimitExceeded", /outputBytes/, { inputs: [1], limits: { outputBytes: 1 << 20 } });
    const hog = "(loop $l (br_if $l (i32.ge_s (memory.grow (i32.const 256)) (i32.const 0)))) unreachable";
    await check(command(hog), "OutOfMemory", /more than/);
    await check(command("", { memory: "20000" }), "OutOfMemory", /asks for/);
    const imports = '(import "env" "fetch" (func $fetch))';
    await check(command("(call $fetch)", { imports }), "NotSupported", /env\.fetch/);
    const page = await openPackaged(bench, parts(doubling(), { "runtime.wasm": saying([]) }));
    const strange = await page.evaluate(async (path) => {
      const pkg = await kit.runtime.loadPackage(path);
      const run = kit.runtime.run(pkg, { inputs: [{ a: [new Uint8Array(2)] }], executor: "package" });
      return (await kit.outcome(run)).error;
    }, PACKAGE);
    assert.deepEqual([strange?.code, strange?.details], ["InvalidInput", { path: "/0/a/0" }]);
  });

  test("a busy executor is cancelled, streams its outputs, and needs a package that brings it", async () => {
    const page = await openPackaged(
      bench,
      parts(doubling(), {
        "runtime.wasm": command(
          "(call $put (i32.const 2) (i32.const 1024) (i32.const 3)) (loop $l (br $l))",
          { data: "on\n" },
        ),
      }),
    );
    const result = await page.evaluate(
      async ({ path, manifest }) => {
        const pkg = await kit.runtime.loadPackage(path);
        const ear = kit.ear();
        const run = kit.runtime.run(pkg, { executor: "package", onEvent: ear.onEvent });
        await ear.heard((it) => it.type === "log");
        await run.cancel("enough");
        const cancelled = await kit.outcome(run);
        const none = await kit.runtime.loadPackage(await kit.runtime.pack({ manifest }));
        const code = async (what: Parameters<typeof kit.runtime.run>[0]) =>
          (await kit.outcome(kit.runtime.run(what, { executor: "package" }))).error?.code;
        return [cancelled.error?.code, cancelled.error?.cause, await code(none), await code(manifest)];
      },
      { path: PACKAGE, manifest: doubling() },
    );
    assert.deepEqual(result, ["Cancelled", "enough", "NotSupported", "InvalidInput"]);
  });

  test("outputs of an executor can be streamed, and inputs pushed", async () => {
    const wasm = saying([
      [1, '{"outputs":['],
      [1, null],
      [1, ",2]}"],
    ]);
    const page = await openPackaged(bench, parts(doubling(), { "runtime.wasm": wasm }));
    const values = await page.evaluate(async (path) => {
      const pkg = await kit.runtime.loadPackage(path);
      const run = kit.runtime.run(pkg, { inputs: "stream", executor: "package" });
      const reader = run.stream().getReader();
      for (const value of [1, 2, 3]) await run.push(value);
      run.end();
      const [first, second, end] = [await reader.read(), await reader.read(), await reader.read()];
      return [
        (first.value as { input_data: unknown }).input_data,
        second.value,
        end.done,
        (await run).outputs,
      ];
    }, PACKAGE);
    assert.deepEqual(values, [[1, 2, 3], 2, true, []]);
  });
});
