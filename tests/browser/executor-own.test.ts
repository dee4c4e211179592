/** The command that this project builds for WASI hosts, as the executor of a package: it gives what the engine gives. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { eachEngine } from "./harness/index.ts";
import { chain } from "./kit.ts";
import { openPackaged, PACKAGE, parts, serve } from "./packages-kit.ts";

/** Built by `cargo xtask build`. */
const WASM = readFileSync(new URL("../../dist/pipeline_executor_wasm.rust-only.wasm", import.meta.url));

const CALCULATOR = chain(["MultiplyNode", { factor: 2 }], ["AddNode", { addend: 10 }]);
/** A source, two ways, one sink. */
const DIAMOND = {
  version: "v1",
  nodes: [
    { id: "a", node_type: "PassThrough", params: {} },
    { id: "b", node_type: "MultiplyNode", params: { factor: 3 } },
    { id: "c", node_type: "Echo", params: {} },
    { id: "d", node_type: "PassThrough", params: {} },
  ],
  connections: ["ab", "ac", "bd", "cd"].map(([from, to]) => ({ from, to })),
};

eachEngine("the project's own executor", (bench) => {
  test("it gives what the engine gives, results and errors alike", async () => {
    const page = await openPackaged(bench, Buffer.of());
    const both = async (manifest: object, inputs: unknown[] | null) => {
      serve(bench, parts({ ...manifest, package: { format: 2 } }, { "runtime.wasm": WASM }));
      return page.evaluate(
        async ({ path, inputs }) => {
          const pkg = await kit.runtime.loadPackage(path);
          const runs = (["engine", "package"] as const).map((executor) =>
            kit.outcome(
              kit.runtime.run(pkg, { executor, inputs: inputs as number[] | null, timeoutMs: 60_000 }),
            ),
          );
          const ended = (await Promise.all(runs)).map(({ value, error }) =>
            value
              ? { outputs: value.outputs, graph: value.graph_info }
              : { code: error!.code, message: error!.message },
          );
          await pkg.close();
          return ended;
        },
        { path: PACKAGE, inputs },
      );
    };
    const check = async (manifest: object, inputs: unknown[] | null, expected?: unknown) => {
      const [engine, own] = await both(manifest, inputs);
      assert.deepEqual(own, engine);
      if (expected !== undefined) assert.deepEqual((own as { outputs: unknown }).outputs, expected);
    };
    await check(CALCULATOR, [5, 7, 3], [20, 24, 16]);
    await check(CALCULATOR, [[1, "x", [2]], 2.25, null, { a: 1 }]);
    await check(CALCULATOR, null);
    await check(DIAMOND, [1, "ü"]);
    const divide = chain(["CalculatorNode", { operation: "divide", operand: 0 }]);
    const [engine, own] = await both(divide, [1]);
    assert.deepEqual([own!.code, engine!.code], ["NodeFailed", "NodeFailed"]);
    assert.match(own!.message ?? "", /Division by zero/);
  });
});
