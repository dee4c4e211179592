/** A node that panics: its run ends by name, others end too if it shared their worker, and the next run works. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { eachEngine } from "./harness/index.ts";
import { withTrap } from "./harness/trap.ts";

interface Ending {
  code: string;
  node?: string;
  stage?: string;
  message: string;
}

eachEngine(
  "traps",
  (bench) => {
    test("a light node that traps ends its run by name, and the next run works", async () => {
      const page = await bench.open();
      const body = Buffer.from(withTrap("runtime", /nodes::calculator::.*process/));
      bench.server.fault("/remotemedia/runtime.wasm", { body });
      await page.evaluate(async () => {
        const it = globalThis as unknown as { runtime: unknown };
        it.runtime = await rm.Runtime.start();
      });
      // The worker that replaces the broken one gets the sound module.
      bench.server.heal();
      const answer = await page.evaluate(async () => {
        const { runtime } = globalThis as unknown as {
          runtime: Awaited<ReturnType<typeof rm.Runtime.start>>;
        };
        const manifest = (type: string) => ({
          version: "v1",
          nodes: [{ id: "the <node>", node_type: type }],
          connections: [],
        });
        const ending = (error: unknown) => {
          const { code, node, stage, message } = error as Ending;
          return { code, node, stage, message };
        };
        const beside = runtime.run(manifest("PassThrough"), { inputs: "stream" });
        const besides = beside.then(() => "ended well", ending);
        const first = await runtime
          .run(manifest("CalculatorNode"), { inputs: [1] })
          .then(() => "ended well", ending);
        const second = await runtime.run(manifest("CalculatorNode"), { inputs: [1, 2] });
        const answer = { first, beside: await besides, outputs: second.outputs };
        await runtime.close();
        return answer;
      });
      const first = answer.first as Ending;
      assert.equal(first.code, "WorkerCrashed", JSON.stringify(answer));
      assert.equal(first.node, "the <node>");
      assert.equal(first.stage, "process");
      const beside = answer.beside as Ending;
      assert.equal(beside.code, "WorkerCrashed");
      assert.equal(beside.node ?? null, null);
      assert.deepEqual(answer.outputs, [1, 2]);
    });

    test("a heavy node that traps ends its run by name, others go on, and the next run works", async () => {
      const page = await bench.open();
      const body = Buffer.from(withTrap("media", /nodes::media::resampler::Resampler::transform/));
      bench.server.fault("/remotemedia/media.wasm", { body });
      const first = await page.evaluate(async () => {
        const it = globalThis as unknown as {
          runtime: Awaited<ReturnType<typeof rm.Runtime.start>>;
          other: unknown;
        };
        const runtime = (it.runtime = await rm.Runtime.start({ computeWorkers: 1 }));
        const other = runtime.run(
          { version: "v1", nodes: [{ id: "p", node_type: "PassThrough" }], connections: [] },
          { inputs: "stream" },
        );
        it.other = other;
        const audio = {
          type: "audio" as const,
          sampleRate: 8000,
          channels: 1,
          samples: new Float32Array(8000),
        };
        const manifest = {
          version: "v1",
          nodes: [{ id: "resample", node_type: "AudioResample", params: {} }],
          connections: [],
        };
        const ending = await runtime.run(manifest, { inputs: [audio] }).then(
          () => ({ code: "none" }),
          (error: unknown) => error as Ending,
        );
        const { code, node, stage, message } = ending as Ending;
        return { code, node, stage, message };
      });
      assert.equal(first.code, "WorkerCrashed", JSON.stringify(first));
      assert.equal(first.node, "resample");
      assert.equal(first.stage, "process");
      bench.server.heal();
      const answer = await page.evaluate(async () => {
        const { runtime, other } = globalThis as unknown as {
          runtime: Awaited<ReturnType<typeof rm.Runtime.start>>;
          other: ReturnType<Awaited<ReturnType<typeof rm.Runtime.start>>["run"]>;
        };
        await other.push(7);
        other.end();
        const untouched = (await other).outputs;
        const audio = {
          type: "audio" as const,
          sampleRate: 8000,
          channels: 1,
          samples: new Float32Array(8000),
        };
        const manifest = {
          version: "v1",
          nodes: [{ id: "resample", node_type: "AudioResample", params: {} }],
          connections: [],
        };
        const { outputs } = await runtime.run(manifest, { inputs: [audio] });
        await runtime.close();
        return { untouched, samples: (outputs[0] as { samples: Float32Array }).samples.length };
      });
      assert.deepEqual(answer, { untouched: [7], samples: 16000 });
    });
  },
  { engines: ["chromium", "firefox"] },
);
