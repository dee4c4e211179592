/** The API in a page, with real workers. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { eachEngine, type Page } from "../../../tests/browser/harness/index.ts";

/** [5, 7, 3] -> (x + 3) * 2. */
const calculator = {
  version: "v1",
  metadata: { name: "calculator" },
  nodes: [
    { id: "add", node_type: "AddNode", params: { addend: 3 } },
    { id: "multiply", node_type: "MultiplyNode", params: { factor: 2 } },
  ],
  connections: [{ from: "add", to: "multiply" }],
};

/** A worker of another build: its frames start with another fingerprint. */
const staleWorker = "postMessage([Uint8Array.from([82, 77, 1, 2, 3, 4, 5, 6, 7, 8, 2, 0])])";

eachEngine("page", (bench) => {
  test("a pipeline runs, and says what it did", async () => {
    const page = await bench.open();
    const { outputs, graph, items, types } = await page.evaluate(async (manifest) => {
      const runtime = await rm.Runtime.start();
      const types: string[] = [];
      const run = runtime.run(manifest, { inputs: [5, 7, 3], onEvent: (event) => types.push(event.type) });
      const { outputs, graph_info, metrics } = await run;
      await runtime.close();
      return { outputs, graph: graph_info.execution_order, items: metrics.nodes["add"]?.items, types };
    }, calculator);
    assert.deepEqual(outputs, [16, 20, 12]);
    assert.deepEqual(graph, ["add", "multiply"]);
    assert.equal(items, 3);
    assert.equal(types[0], "started");
    assert.equal(types.filter((type) => type === "output").length, 3);
    assert.equal(types.at(-1), "finished");
  });

  test("100 000 numbers come back in order", async () => {
    const page = await bench.open();
    const wrong = await page.evaluate(async (manifest) => {
      const runtime = await rm.Runtime.start();
      const inputs = Array.from({ length: 100_000 }, (_, i) => i);
      const { outputs } = await runtime.run(manifest, { inputs });
      await runtime.close();
      return outputs.length === inputs.length
        ? outputs.findIndex((it, i) => it !== (i + 3) * 2)
        : outputs.length;
    }, calculator);
    assert.equal(wrong, -1);
  });

  test("every defect of a manifest is reported", async () => {
    const page = await bench.open();
    const answer = await page.evaluate(async (manifest) => {
      const runtime = await rm.Runtime.start();
      const broken = { ...manifest, nodes: [...manifest.nodes, { id: "x", node_type: "Nonsense" }] };
      const right = await runtime.validate(manifest);
      const wrong = await runtime.validate(broken);
      const code = await runtime.run(broken).then(
        () => "none",
        (error: unknown) => (error instanceof rm.PipelineError ? error.code : String(error)),
      );
      await runtime.close();
      return { right, wrong: wrong.map(({ code, node }) => [code, node]), code };
    }, calculator);
    assert.deepEqual(answer.right, []);
    assert.deepEqual(answer.wrong, [["UnknownNode", "x"]]);
    assert.equal(answer.code, "UnknownNode");
  });

  test("an endless run with a slow reader waits for it, and is cancelled", async () => {
    const page = await bench.open();
    const answer = await page.evaluate(async (manifest) => {
      const runtime = await rm.Runtime.start();
      let pulled = 0;
      function* endless(): Generator<number> {
        for (;;) yield pulled++;
      }
      const run = runtime.run(manifest, { inputs: endless(), collect: false });
      const reader = run.stream().getReader();
      const first = [(await reader.read()).value, (await reader.read()).value];
      await new Promise((resolve) => setTimeout(resolve, 300));
      const early = pulled;
      await new Promise((resolve) => setTimeout(resolve, 300));
      const flat = pulled === early;
      await run.cancel("enough");
      const error = await run.then(
        () => undefined,
        (error: unknown) => error as InstanceType<typeof rm.PipelineError>,
      );
      const again = await runtime.run(manifest, { inputs: [1] });
      await runtime.close();
      return { first, flat, code: error?.code, cause: error?.cause, again: again.outputs };
    }, calculator);
    assert.deepEqual(answer, { first: [6, 8], flat: true, code: "Cancelled", cause: "enough", again: [8] });
  });

  test("each way a start can fail has its own error", async () => {
    // A page for each: WebKit has one go on with a script that an earlier start had begun to fetch.
    const start = (page: Page) =>
      page.evaluate(async () => {
        try {
          await rm.Runtime.start();
          return "started";
        } catch (error) {
          return error instanceof rm.PipelineError ? error.code : String(error);
        }
      });
    for (const [path, fault, code] of [
      ["/remotemedia/coordinator.wasm", { status: 404 }, "LoadFailed"],
      ["/remotemedia/runtime-worker.js", { status: 404 }, "LoadFailed"],
      ["/remotemedia/runtime.wasm", { status: 404 }, "LoadFailed"],
      ["/remotemedia/runtime-worker.js", { body: "throw new Error('broken')" }, "StartFailed"],
      ["/remotemedia/runtime-worker.js", { body: staleWorker }, "ProtocolMismatch"],
    ] as const) {
      const page = await bench.open();
      bench.server.fault(path, fault);
      assert.equal(await start(page), code, `${path} ${JSON.stringify(fault)}`);
      bench.server.heal();
      assert.equal(await start(page), "started", `after ${path}`);
    }
  });

  test("a runtime that is closed says so, and so does everything after", async () => {
    const page = await bench.open();
    const codes = await page.evaluate(async (manifest) => {
      const code = (error: unknown) => (error instanceof rm.PipelineError ? error.code : String(error));
      const runtime = await rm.Runtime.start();
      const run = runtime.run(manifest, { inputs: "stream" });
      await new Promise((resolve) => setTimeout(resolve));
      await runtime.close();
      await runtime.close();
      return Promise.all([
        run.then(() => "none", code),
        runtime.run(manifest).then(() => "none", code),
        runtime.validate(manifest).then(() => "none", code),
        runtime.registerPython("").then(() => "none", code),
      ]);
    }, calculator);
    assert.deepEqual(codes, ["Closed", "Closed", "Closed", "Closed"]);
  });
});
