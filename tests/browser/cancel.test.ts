/** Cancelling: what it ends, what it leaves alone, and what it says. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { eachEngine } from "./harness/index.ts";
import { chain, openKit } from "./kit.ts";

const source = `
from remotemedia import Node, node, Number

@node()
def double(x: Number) -> Number:
    return x * 2

class Spin(Node):
    def process(self, data):
        print("spinning")
        while True:
            pass

class Beat(Node):
    def process(self, data):
        from js import BroadcastChannel, performance
        channel = BroadcastChannel.new("beat")
        while True:
            channel.postMessage(performance.timeOrigin + performance.now())
            # A few milliseconds: no more beats than the page can hear at once.
            for _ in range(100000):
                pass
`;
const spin = chain("Spin");
const double = chain("double");
const light = chain("PassThrough");

eachEngine("cancel", (bench) => {
  const everything = bench.engine === "chromium";

  for (const isolated of [true, false]) {
    test(`endless Python is cancelled ${isolated ? "with" : "without"} isolation; runs beside and behind it are untouched`, async () => {
      const page = await openKit(bench, { isolated });
      const answer = await page.evaluate(
        async ({ source, spin, double }) => {
          const runtime = await rm.Runtime.start({ python: { workers: 2 } });
          await runtime.registerPython(source);

          const [beside, stuck] = [kit.ear(), kit.ear()];
          const running = runtime.run(double, { inputs: "stream", onEvent: beside.onEvent });
          await running.push(1);
          await beside.heard((event) => event.type === "output");
          const spinning = runtime.run(spin, { inputs: [1], onEvent: stuck.onEvent });
          const spun = kit.outcome(spinning);
          await stuck.heard((event) => event.type === "log");
          // Both workers are taken: this one has to wait.
          const waiting = kit.outcome(runtime.run(double, { inputs: [4] }));

          const reason = { why: "enough" };
          await spinning.cancel(reason);
          const { error } = await spun;
          const cause = await spinning.catch((error: unknown) => (error as Error).cause === reason);

          await running.push(2);
          running.end();
          const outputs = [
            (await running).outputs,
            (await waiting).value?.outputs,
            (await runtime.run(double, { inputs: [5] })).outputs,
          ];
          await runtime.close();
          const terminal = stuck.events.filter(({ type }) => type === "failed" || type === "finished");
          return { error, cause, outputs, terminal: terminal.length, last: stuck.events.at(-1)?.type };
        },
        { source, spin, double },
      );
      assert.deepEqual([answer.error?.code, answer.error?.own, answer.cause], ["Cancelled", true, true]);
      assert.deepEqual([answer.terminal, answer.last], [1, "failed"]);
      assert.deepEqual(answer.outputs, [[2, 4], [8], [10]]);
    });
  }

  if (everything)
    test("once cancel has resolved, the Python code works no more", async () => {
      for (const isolated of [true, false]) {
        const page = await openKit(bench, { isolated });
        const beats = await page.evaluate(
          async ({ source, beat, double }) => {
            const runtime = await rm.Runtime.start();
            await runtime.registerPython(source);
            const clock = () => performance.timeOrigin + performance.now();
            let last = 0;
            const channel = new BroadcastChannel("beat");
            const beating = new Promise<void>((resolve) => {
              channel.onmessage = ({ data }) => {
                last = Math.max(last, data as number);
                resolve();
              };
            });
            const run = runtime.run(beat, { inputs: [1] });
            await beating;
            await run.cancel();
            const cancelled = clock();
            // Long enough for many a beat.
            for (let i = 0; i < 100; i++) await runtime.run(double, { inputs: [1] });
            channel.close();
            await runtime.close();
            return { heard: last > 0, after: last - cancelled };
          },
          { source, beat: chain("Beat"), double },
        );
        assert.ok(beats.heard);
        assert.ok(
          beats.after <= 0,
          `${isolated ? "" : "not "}isolated: it still worked after ${beats.after} ms`,
        );
      }
    });

  test("an aborted signal rejects with its own reason, whenever it was aborted", async () => {
    const page = await openKit(bench);
    const answer = await page.evaluate(async (light) => {
      const runtime = await rm.Runtime.start();
      const reason = { why: "mine" };
      const thrown = (promise: PromiseLike<unknown>) =>
        Promise.resolve(promise).then(
          () => "finished",
          (error: unknown) => (error === reason ? "reason" : String(error)),
        );
      const before = await thrown(runtime.run(light, { inputs: [1], signal: AbortSignal.abort(reason) }));

      const same = new AbortController();
      const sameTask = runtime.run(light, { inputs: [1], signal: same.signal });
      same.abort(reason);

      const mid = new AbortController();
      const { onEvent, heard } = kit.ear();
      const running = runtime.run(light, { inputs: "stream", signal: mid.signal, onEvent });
      const ended = thrown(running);
      await running.push(1);
      await heard((event) => event.type === "output");
      mid.abort(reason);
      const failed = await heard((event) => event.type === "failed");

      const late = new AbortController();
      const finished = runtime.run(light, { inputs: [1], signal: late.signal });
      await finished;
      late.abort(reason);

      const plain = runtime.run(light, { inputs: [1], signal: AbortSignal.abort() });
      const name = await plain.catch((error: unknown) => (error as Error).name);

      const answer = {
        before,
        sameTask: await thrown(sameTask),
        mid: await ended,
        event: failed.type === "failed" && failed.error === reason,
        late: await thrown(finished),
        name,
        start: await thrown(rm.Runtime.start({ signal: AbortSignal.abort(reason) })),
      };
      await runtime.close();
      return answer;
    }, light);
    assert.deepEqual(answer, {
      before: "reason",
      sameTask: "reason",
      mid: "reason",
      event: true,
      late: "finished",
      name: "AbortError",
      start: "reason",
    });
  });

  test("cancel may come at once, twice, or after the end; the first reason counts", async () => {
    const page = await openKit(bench);
    const answer = await page.evaluate(async (light) => {
      const runtime = await rm.Runtime.start();
      const cause = (promise: PromiseLike<unknown>) =>
        Promise.resolve(promise).then(
          () => "finished",
          (error: InstanceType<typeof rm.PipelineError>) => [error.code, error.cause],
        );
      const [first, second] = [kit.ear(), kit.ear()];

      const sameTask = runtime.run(light, { inputs: [1], onEvent: first.onEvent });
      await sameTask.cancel("at once");

      const twice = runtime.run(light, { inputs: "stream", onEvent: second.onEvent });
      await twice.push(1);
      await second.heard((event) => event.type === "output");
      await Promise.all([twice.cancel("first"), twice.cancel("second")]);
      await twice.cancel("third");

      const over = runtime.run(light, { inputs: [1] });
      await over;
      await over.cancel("late");

      const without = runtime.run(light, { inputs: "stream" });
      await without.cancel();

      const answer = {
        sameTask: await cause(sameTask),
        twice: await cause(twice),
        over: (await over).outputs,
        without: (await cause(without))[0],
        events: [first, second].map(
          ({ events }) => events.filter(({ type }) => type === "failed" || type === "finished").length,
        ),
      };
      await runtime.close();
      return answer;
    }, light);
    assert.deepEqual(answer, {
      sameTask: ["Cancelled", "at once"],
      twice: ["Cancelled", "first"],
      over: [1],
      without: "Cancelled",
      events: [1, 1],
    });
  });

  test("a cancelled run lets go of its inputs, and whoever pushes hears why", async () => {
    const page = await openKit(bench);
    const answer = await page.evaluate(async (light) => {
      const runtime = await rm.Runtime.start();
      let returned = 0;
      async function* endless(): AsyncGenerator<number> {
        try {
          for (let i = 0; ; i++) yield i;
        } finally {
          returned += 1;
        }
      }
      const { onEvent, heard } = kit.ear();
      const pulled = runtime.run(light, { inputs: endless(), onEvent, collect: false });
      await heard((event) => event.type === "output");
      await pulled.cancel();

      const streamCancelled: unknown[] = [];
      const stream = new ReadableStream<number>({
        pull: (controller) => controller.enqueue(1),
        cancel: (reason: unknown) => void streamCancelled.push(reason),
      });
      const second = kit.ear();
      const read = runtime.run(light, { inputs: stream, onEvent: second.onEvent, collect: false });
      await second.heard((event) => event.type === "output");
      await read.cancel("reader");

      // Nobody reads, so pushes wait in the end.
      const full = runtime.run(light, { inputs: "stream", limits: { queueItems: 1 } });
      full.stream();
      let open = true;
      const pushes: Promise<unknown>[] = [];
      for (let i = 0; i < 5000; i++) pushes.push(kit.outcome(full.push(i)));
      await pushes[0];
      void kit.outcome(full).then(() => (open = false));
      await full.cancel("full");
      const last = (await pushes.at(-1)) as { error?: { code?: string } };
      const after = await kit.outcome(full.push(1));
      await runtime.close();
      const reason = streamCancelled[0] as { code?: string };
      return { returned, stream: reason?.code, open, last: last.error?.code, after: after.error?.code };
    }, light);
    assert.deepEqual(answer, {
      returned: 1,
      stream: "Cancelled",
      open: false,
      last: "Cancelled",
      after: "Cancelled",
    });
  });

  test("a run is cancelled while its Python worker still starts, or while it waits for one", async () => {
    const page = await openKit(bench);
    const answer = await page.evaluate(async (text) => {
      const runtime = await rm.Runtime.start();
      const { onEvent, heard } = kit.ear();
      const starting = runtime.run(text, { inputs: ["a"], onEvent });
      await heard((event) => event.type === "load" && event.what === "python");
      const behind = runtime.run(text, { inputs: ["b"] });
      const third = runtime.run(text, { inputs: ["c"] });
      await Promise.all([starting.cancel(), behind.cancel()]);
      const codes = [(await kit.outcome(starting)).error?.code, (await kit.outcome(behind)).error?.code];
      const { outputs } = await third;
      const again = await runtime.run(text, { inputs: ["d"] });
      await runtime.close();
      return { codes, outputs: [outputs.length, again.outputs.length] };
    }, chain("TextProcessorNode"));
    assert.deepEqual(answer, { codes: ["Cancelled", "Cancelled"], outputs: [1, 1] });
  });
});
