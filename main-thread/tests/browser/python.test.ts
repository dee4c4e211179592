/** Python workers as the page supervises them. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { eachEngine } from "../../../tests/browser/harness/index.ts";

const source = `
from remotemedia import Node, node, Number

@node()
def double(x: Number) -> Number:
    return x * 2

class Spin(Node):
    def process(self, data):
        while True:
            pass
`;

function pipeline(...types: string[]): object {
  const nodes = types.map((node_type, i) => ({ id: `n${i}`, node_type, params: {} }));
  const connections = types.slice(1).map((_, i) => ({ from: `n${i}`, to: `n${i + 1}` }));
  return { version: "v1", metadata: { name: "python" }, nodes, connections };
}

eachEngine("Python", (bench) => {
  test("a registered node runs between Rust nodes, and again", async () => {
    const page = await bench.open();
    const answer = await page.evaluate(
      async ({ source, manifest }) => {
        const runtime = await rm.Runtime.start();
        const kinds = await runtime.registerPython(source);
        const listed = (await runtime.nodes())
          .filter(({ language }) => language === "python")
          .map(({ type }) => type);
        const loads: string[] = [];
        const first = await runtime.run(manifest, {
          inputs: [1, 2],
          onEvent: (event) => void (event.type === "load" && loads.push(event.name)),
        });
        const second = await runtime.run(manifest, { inputs: [3] });
        await runtime.close();
        return { kinds: kinds.map(({ type }) => type), listed, outputs: [first.outputs, second.outputs] };
      },
      { source, manifest: pipeline("PassThrough", "double", "PassThrough") },
    );
    assert.deepEqual(answer.kinds.sort(), ["Spin", "double"]);
    assert.ok(answer.listed.includes("double") && answer.listed.includes("TextProcessorNode"));
    assert.deepEqual(answer.outputs, [[2, 4], [6]]);
  });

  for (const isolated of [true, false]) {
    test(`an endless loop is cancelled ${isolated ? "with" : "without"} isolation, and harms no other run`, async () => {
      const page = await bench.open("/test.html", { isolated });
      const answer = await page.evaluate(
        async ({ source, spin, double }) => {
          const runtime = await rm.Runtime.start();
          await runtime.registerPython(source);
          const stuck = runtime.run(spin, { inputs: [1] });
          const started = new Promise<void>((resolve) => {
            void (async () => {
              for await (const event of runtime.run(spin, { inputs: [] }))
                if (event.type === "finished") resolve();
            })();
          });
          const waiting = runtime.run(double, { inputs: [4] });
          await new Promise((resolve) => setTimeout(resolve, 500));
          await stuck.cancel();
          const code = await stuck.then(
            () => "none",
            (error: unknown) => (error instanceof rm.PipelineError ? error.code : String(error)),
          );
          const { outputs } = await waiting;
          await started;
          const next = await runtime.run(double, { inputs: [5] });
          await runtime.close();
          return { code, outputs, next: next.outputs };
        },
        { source, spin: pipeline("Spin"), double: pipeline("double") },
      );
      assert.deepEqual(answer, { code: "Cancelled", outputs: [8], next: [10] });
    });
  }

  test("a Python worker that cannot start fails its run only", async () => {
    const page = await bench.open();
    bench.server.fault("/remotemedia/python-worker.js", { status: 404 });
    const failed = await page.evaluate(async (manifest) => {
      const runtime = await rm.Runtime.start();
      Object.assign(globalThis, { runtime });
      return runtime.run(manifest, { inputs: ["a"] }).then(
        () => "none",
        (error: unknown) => (error instanceof rm.PipelineError ? error.code : String(error)),
      );
    }, pipeline("TextProcessorNode"));
    assert.equal(failed, "LoadFailed");
    bench.server.heal();
    const outputs = await page.evaluate(async (manifest) => {
      const { runtime } = globalThis as unknown as { runtime: Awaited<ReturnType<typeof rm.Runtime.start>> };
      const { outputs } = await runtime.run(manifest, { inputs: ["a"] });
      await runtime.close();
      return outputs.length;
    }, pipeline("TextProcessorNode"));
    assert.equal(outputs, 1);
  });

  test("a source that is no Python is refused with its traceback", async () => {
    const page = await bench.open();
    const error = await page.evaluate(async () => {
      const runtime = await rm.Runtime.start();
      const refused = await runtime.registerPython("def broken(:").then(
        () => ({ code: "none", message: "", traceback: "" }),
        (error: unknown) => {
          const { code, message, traceback } = error as InstanceType<typeof rm.PipelineError>;
          return { code, message, traceback: traceback ?? "" };
        },
      );
      await runtime.close();
      return refused;
    });
    assert.notEqual(error.code, "none");
    assert.match(error.message + error.traceback, /SyntaxError/);
  });
});
