/** Inputs and outputs as streams: only as fast as the slower side. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { heapBytes } from "./harness/heap.ts";
import { eachEngine } from "./harness/index.ts";

/** A chain of nodes, called n0, n1, …. */
function chain(...types: (string | [string, object])[]): object {
  const nodes = types.map((it, at) => {
    const [node_type, params] = typeof it === "string" ? [it, {}] : it;
    return { id: `n${at}`, node_type, params };
  });
  const connections = types.slice(1).map((_, at) => ({ from: `n${at}`, to: `n${at + 1}` }));
  return { version: "v1", nodes, connections };
}

const pass = chain("PassThrough", "PassThrough");

eachEngine("streams", (bench) => {
  test("pushing waits while the pipeline is full, and goes on as somebody reads", async () => {
    const page = await bench.open();
    const answer = await page.evaluate(async (manifest) => {
      const runtime = await rm.Runtime.start();
      const run = runtime.run(manifest, { inputs: "stream", limits: { queueItems: 4 } });
      const reader = run.stream().getReader();
      let taken = 0;
      const pushes = Array.from({ length: 3000 }, (_, i) => run.push(i).then(() => (taken += 1)));
      run.end();
      const first = (await reader.read()).value;
      // Whole runs of others: time enough for whatever was not held back.
      for (let i = 0; i < 5; i++) await runtime.run(manifest, { inputs: [i] });
      const early = taken;
      const values = [first];
      for (let it = await reader.read(); !it.done; it = await reader.read()) values.push(it.value);
      await Promise.all(pushes);
      const { outputs } = await run;
      await runtime.close();
      return { early, taken, ordered: values.every((it, i) => it === i), length: values.length, outputs };
    }, pass);
    assert.ok(answer.early > 0 && answer.early < 300, `${answer.early} of 3000 pushes were taken unread`);
    assert.deepEqual(
      { ...answer, early: 0 },
      { early: 0, taken: 3000, ordered: true, length: 3000, outputs: [] },
    );
  });

  test("every kind of input is read, lazily, and told when nobody wants more", async () => {
    const page = await bench.open();
    const answer = await page.evaluate(async (manifest) => {
      const runtime = await rm.Runtime.start();
      const all = async (inputs: Iterable<number> | AsyncIterable<number> | ReadableStream<number>) =>
        (await runtime.run(manifest, { inputs })).outputs;
      async function* later(): AsyncGenerator<number> {
        for (const it of [1, 2, 3]) yield await Promise.resolve(it);
      }
      const streamed = new ReadableStream<number>({
        start(controller) {
          for (const it of [1, 2, 3]) controller.enqueue(it);
          controller.close();
        },
      });
      const read = [
        await all([1, 2, 3]),
        await all(new Set([1, 2, 3])),
        await all([1, 2, 3].values()),
        await all(later()),
        await all(streamed),
        await all([]),
      ];

      const stopped: unknown[] = [];
      let pulled = 0;
      function* endless(): Generator<number> {
        try {
          for (;;) yield pulled++;
        } finally {
          stopped.push("generator");
        }
      }
      const asynchronous = {
        [Symbol.asyncIterator]: () => ({
          next: async () => ({ done: false, value: pulled++ }),
          return: async () => {
            stopped.push("async iterator");
            return { done: true, value: undefined };
          },
        }),
      } as AsyncIterable<number>;
      const stream = new ReadableStream<number>({
        pull: (controller) => controller.enqueue(pulled++),
        cancel: (reason: { code: string; cause: unknown }) => void stopped.push(reason.code, reason.cause),
      });
      const most: number[] = [];
      for (const inputs of [endless(), asynchronous, stream]) {
        pulled = 0;
        const run = runtime.run(manifest, { inputs, limits: { queueItems: 4 } });
        const reader = run.stream().getReader();
        for (let i = 0; i < 3; i++) await reader.read();
        await run.cancel("enough");
        most.push(pulled);
      }
      await runtime.close();
      return { read, stopped, most };
    }, pass);
    assert.deepEqual(answer.read, [...Array(5).fill([1, 2, 3]), []]);
    assert.deepEqual(answer.stopped, ["generator", "async iterator", "Cancelled", "enough"]);
    assert.ok(
      answer.most.every((it) => it < 300),
      `pulled ${answer.most} for 3 that were read`,
    );
  });

  test("pushed sound is one recording until its last part, and texts are joined at the end", async () => {
    const page = await bench.open();
    const answer = await page.evaluate(
      async ({ pass, mix, collect }) => {
        const runtime = await rm.Runtime.start();
        const part = (...samples: number[]) =>
          ({ type: "audio", sampleRate: 8000, channels: 2, samples: Float32Array.from(samples) }) as const;
        const recordings = async (manifest: object, lasts: boolean[]) => {
          const run = runtime.run(manifest, { inputs: "stream" });
          for (const [i, last] of lasts.entries()) await run.push(part(i, i, -i, i), { last });
          run.end();
          const { outputs } = await run;
          return outputs.map((it) => [...(it as ReturnType<typeof part>).samples]);
        };
        const texts = runtime.run(collect, { inputs: "stream" });
        for (const text of ["a", "b", "c"]) await texts.push(text);
        texts.end();
        const answer = {
          one: await recordings(pass, [false, false, false]),
          two: await recordings(pass, [false, true, false]),
          mixed: await recordings(mix, [false, true, true]),
          texts: (await texts).outputs,
          none: (await runtime.run(collect, { inputs: [] })).outputs,
        };
        await runtime.close();
        return answer;
      },
      { pass, mix: chain("AudioMix"), collect: chain(["TextCollector", { separator: "-" }]) },
    );
    const [a, b, c] = [0, 1, 2].map((i) => [i, i, i === 0 ? 0 : -i, i]) as [number[], number[], number[]];
    assert.deepEqual(answer, {
      one: [[...a, ...b, ...c]],
      two: [[...a, ...b], c],
      mixed: [
        [0, 0, 1, 0],
        [2, 0],
      ],
      texts: ["a-b-c"],
      none: [""],
    });
  });

  test("runs side by side share nothing but workers", async () => {
    const page = await bench.open();
    const answer = await page.evaluate(async (manifest) => {
      const runtime = await rm.Runtime.start();
      const names = ["a", "b", "c", "d", "e"];
      const foreign: unknown[] = [];
      const runs = names.map((name) => {
        const run = runtime.run(manifest, {
          inputs: "stream",
          onEvent: (event) => {
            if (event.run !== run.id) foreign.push(event);
          },
        });
        return { name, run };
      });
      for (let i = 0; i < 50; i++) await Promise.all(runs.map(({ name, run }) => run.push(`${name}${i}`)));
      await runs[1]?.run.cancel();
      for (const { run } of runs) run.end();
      const ends = await Promise.all(
        runs.map(({ run }) =>
          run.then(
            ({ outputs }) => outputs as { counter: number; input: string }[],
            (error: unknown) => (error as { code: string }).code,
          ),
        ),
      );
      await runtime.close();
      const wrong = ends.map((outputs, at) =>
        typeof outputs === "string"
          ? outputs
          : outputs.findIndex((it, i) => it.counter !== i + 1 || it.input !== `${names[at]}${i}`),
      );
      return {
        wrong,
        lengths: ends.map((it) => it.length),
        ids: new Set(runs.map(({ run }) => run.id)).size,
        foreign,
      };
    }, chain("Echo"));
    assert.deepEqual(answer, {
      wrong: [-1, "Cancelled", -1, -1, -1],
      lengths: [50, "Cancelled".length, 50, 50, 50],
      ids: 5,
      foreign: [],
    });
  });

  test("misuse is told to whoever did it, and harms nothing else", async () => {
    const page = await bench.open();
    const answer = await page.evaluate(async (manifest) => {
      const runtime = await rm.Runtime.start();
      const code = (promise: PromiseLike<unknown>) =>
        promise.then(
          () => "none",
          (error: unknown) => (error instanceof rm.PipelineError ? error.code : String(error)),
        );
      const plain = runtime.run(manifest, { inputs: [1] });
      const toPlain = await code(plain.push(2));
      const run = runtime.run(manifest, { inputs: "stream" });
      const unfit = await code(run.push((() => 1) as never));
      await run.push(7);
      run.end();
      const late = await code(run.push(8));
      const { outputs } = await run;
      const over = runtime.run(manifest, { inputs: "stream" });
      await over.cancel();
      const afterwards = await code(over.push(9));
      const told = (error: unknown) => {
        const { code, cause } = error as { code: string; cause: unknown };
        return `${code} ${String(cause)}`;
      };
      const failing = runtime.run(manifest, {
        inputs: (function* () {
          yield 1;
          throw new RangeError("source");
        })(),
      });
      const cause = await failing.then(
        () => "none",
        (error: unknown) => told(error),
      );
      const unreadable = await code(runtime.run(manifest, { inputs: 5 as never }));
      await plain;
      let tooLate = "none";
      try {
        plain.stream();
      } catch (error) {
        tooLate = (error as { code: string }).code;
      }
      await runtime.close();
      return { toPlain, unfit, late, outputs, afterwards, cause, unreadable, tooLate };
    }, pass);
    assert.deepEqual(answer, {
      toPlain: "InvalidInput",
      unfit: "InvalidInput",
      late: "InvalidInput",
      outputs: [7],
      afterwards: "Cancelled",
      cause: "InvalidInput RangeError: source",
      unreadable: "InvalidInput",
      tooLate: "InvalidInput",
    });
  });

  test("a stream of outputs fails as the run does, and cancelling it cancels the run", async () => {
    const page = await bench.open();
    const answer = await page.evaluate(
      async ({ pass, divide }) => {
        const runtime = await rm.Runtime.start();
        const failing = runtime.run(divide, { inputs: [1] });
        const reader = failing.stream().getReader();
        const failed = await reader.read().then(
          () => "none",
          (error: unknown) => (error as { code: string }).code,
        );
        const told = (error: unknown) => {
          const { code, cause } = error as { code: string; cause: unknown };
          return `${code} ${String(cause)}`;
        };
        const run = runtime.run(pass, { inputs: "stream" });
        const stream = run.stream();
        await run.push(1);
        await stream.cancel("seen enough");
        const cancelled = await run.then(
          () => "none",
          (error: unknown) => told(error),
        );
        await runtime.close();
        return { failed, cancelled };
      },
      { pass, divide: chain(["CalculatorNode", { operation: "divide", operand: 0 }]) },
    );
    assert.deepEqual(answer, { failed: "NodeFailed", cancelled: "Cancelled seen enough" });
  });
});

eachEngine(
  "endless streams",
  (bench) => {
    test("an endless run with a slow reader keeps memory flat", async () => {
      const page = await bench.open();
      await page.evaluate(async (manifest) => {
        const runtime = await rm.Runtime.start();
        const run = runtime.run(manifest, { inputs: "stream", limits: { queueItems: 8 } });
        const reader = run.stream().getReader();
        const state = { pushed: 0, read: 0, ahead: 0 };
        void (async () => {
          // Fills the pipeline as fast as it takes anything.
          for (;;) await run.push(new Uint8Array(32_768)).then(() => (state.pushed += 1));
        })().catch(() => {});
        const turn = new MessageChannel();
        turn.port1.start();
        const slowly = async (count: number) => {
          for (const end = state.read + count; state.read < end; state.read++) {
            // A task of the page for each: the reader is the slower one.
            const passed = new Promise((resolve) =>
              turn.port1.addEventListener("message", resolve, { once: true }),
            );
            turn.port2.postMessage(0);
            await passed;
            await reader.read();
            state.ahead = Math.max(state.ahead, state.pushed - state.read);
          }
          return state;
        };
        const end = async () => {
          await run.cancel();
          await runtime.close();
        };
        Object.assign(globalThis, { slowly, end });
      }, pass);
      const read = (count: number) =>
        page.evaluate(
          (count) =>
            (globalThis as unknown as { slowly(n: number): Promise<{ ahead: number; read: number }> }).slowly(
              count,
            ),
          count,
        );
      await read(500);
      const early = await heapBytes(page);
      const { ahead, read: total } = await read(4000);
      const late = await heapBytes(page);
      await page.evaluate(() => (globalThis as unknown as { end(): Promise<void> }).end());
      assert.equal(total, 4500);
      assert.ok(ahead < 300, `${ahead} items were taken ahead of the reader`);
      // 128 MB went through meanwhile.
      assert.ok(late < early + 4_000_000, `${early} bytes became ${late}`);
    });
  },
  { engines: ["chromium"] },
);
