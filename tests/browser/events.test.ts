/** What a run tells while it works, to whom, and in which order. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { eachEngine } from "./harness/index.ts";
import { chain, openKit } from "./kit.ts";

const light = chain("PassThrough");
const sum = chain(["AddNode", { addend: 3 }], ["MultiplyNode", { factor: 2 }]);

/** One source, two sinks. */
const fork = {
  version: "v1",
  metadata: { name: "fork" },
  nodes: [
    { id: "source", node_type: "PassThrough", params: {} },
    { id: "left", node_type: "AddNode", params: { addend: 1 } },
    { id: "right", node_type: "MultiplyNode", params: { factor: 10 } },
  ],
  connections: [
    { from: "source", to: "left" },
    { from: "source", to: "right" },
  ],
};

const source = `
from remotemedia import Node
import sys

class Talker(Node):
    def process(self, data):
        print("printed", data)
        print("complained", file=sys.stderr)
        self.log("warned", "warn")
        for done in range(1, 4):
            self.progress(done, 4, "seconds")
        self.partial({"id": 0, "text": "half", "final": False})
        self.partial({"id": 0, "text": "whole", "final": True})
        return data

class Chatter(Node):
    def process(self, data):
        for i in range(50):
            self.log(f"line {i}")
        return data
`;

eachEngine("events", (bench) => {
  const everything = bench.engine === "chromium";

  test("a run tells its start, progress and outputs in order, and its end once", async () => {
    const page = await openKit(bench);
    const answer = await page.evaluate(async (sum) => {
      const runtime = await rm.Runtime.start();
      const { onEvent, events } = kit.ear();
      const inputs = Array.from({ length: 500 }, (_, i) => i);
      const run = runtime.run(sum, { inputs, onEvent });
      const iterated = [];
      for await (const event of run) iterated.push(event);
      const result = await run;
      const last = events.at(-1);
      await runtime.close();
      const outputs = (them: typeof events) =>
        them.flatMap((event) => (event.type === "output" ? [[event.node, event.value]] : []));
      return {
        first: events[0],
        numbered: events.every((event) => event.run === run.id),
        types: events.map(({ type }) => type),
        progress: events.flatMap((event) => (event.type === "progress" ? [event] : [])),
        outputs: outputs(events),
        iterated: outputs(iterated),
        iteratedEnds: iterated.filter(({ type }) => type === "finished" || type === "failed").length,
        sameResult: last?.type === "finished" && last.result === result,
      };
    }, sum);
    assert.deepEqual(answer.first, {
      type: "started",
      order: ["addnode", "multiplynode"],
      run: answer.first!.run,
    });
    const expected = Array.from({ length: 500 }, (_, i) => ["multiplynode", (i + 3) * 2]);
    assert.deepEqual([answer.outputs, answer.iterated], [expected, expected]);
    assert.deepEqual([answer.numbered, answer.sameResult, answer.iteratedEnds], [true, true, 1]);
    assert.equal(answer.types.at(-1), "finished");
    assert.equal(answer.types.filter((type) => type === "finished" || type === "failed").length, 1);
    for (const node of ["addnode", "multiplynode"]) {
      const told = answer.progress.filter((event) => event.node === node);
      let fraction = 0;
      for (const event of told) {
        assert.ok(
          event.fraction === null || event.fraction >= fraction,
          `${node} falls to ${event.fraction}`,
        );
        assert.equal(event.fraction === null, event.total === null);
        fraction = event.fraction ?? fraction;
      }
      const last = told.at(-1)!;
      assert.deepEqual([last.done, last.total, last.unit, last.fraction], [500, 500, "items", 1]);
      assert.equal(told.filter((event) => event.fraction === 1).length, 1);
    }
  });

  test("progress has no fraction before the total is known, and at most 60 a second cross for a node", async () => {
    const page = await openKit(bench);
    const answer = await page.evaluate(async (light) => {
      const runtime = await rm.Runtime.start();
      const open = kit.ear();
      const streaming = runtime.run(light, { inputs: "stream", onEvent: open.onEvent });
      await streaming.push(1);
      const early = await open.heard((event) => event.type === "progress");
      streaming.end();
      await streaming;

      const { onEvent, events } = kit.ear();
      const inputs = Array.from({ length: 50_000 }, (_, i) => i);
      const before = performance.now();
      await runtime.run(light, { inputs, onEvent, collect: false });
      const seconds = (performance.now() - before) / 1000;
      await runtime.close();
      const progress = (them: typeof events) =>
        them.flatMap((event) => (event.type === "progress" ? [event.fraction] : []));
      return { early, last: progress(open.events).at(-1), seconds, told: progress(events).length };
    }, light);
    const { early } = answer;
    assert.deepEqual(early.type === "progress" && [early.total, early.fraction, early.etaMs], [
      null,
      null,
      null,
    ]);
    assert.equal(answer.last, 1);
    // The first and the last one come on top.
    assert.ok(
      answer.told >= 1 && answer.told <= answer.seconds * 60 + 2,
      `${answer.told} in ${answer.seconds} s`,
    );
  });

  test("each sink's outputs come in the order of the items", async () => {
    const page = await openKit(bench);
    const outputs = await page.evaluate(async (fork) => {
      const runtime = await rm.Runtime.start();
      const { onEvent, events } = kit.ear();
      const { outputs } = await runtime.run(fork, {
        inputs: Array.from({ length: 300 }, (_, i) => i),
        onEvent,
      });
      await runtime.close();
      const of = (node: string) =>
        events.flatMap((event) => (event.type === "output" && event.node === node ? [event.value] : []));
      return { left: of("left"), right: of("right"), all: outputs };
    }, fork);
    const expected = Array.from({ length: 300 }, (_, i) => [i + 1, i * 10]);
    assert.deepEqual(
      outputs.left,
      expected.map(([left]) => left),
    );
    assert.deepEqual(
      outputs.right,
      expected.map(([, right]) => right),
    );
    assert.deepEqual(outputs.all, [...outputs.left, ...outputs.right]);
  });

  test("events cross only while somebody listens from the start", async () => {
    const page = await openKit(bench);
    const answer = await page.evaluate(async (light) => {
      // An unknown parameter's name is in the text of a log event, which only crosses as part of events.
      const marker = "parameterThatNobodyKnows";
      const manifest = {
        ...light,
        nodes: [{ id: "a", node_type: "AddNode", params: { addend: 1, [marker]: 1 } }],
      };
      let crossed = 0;
      const runtime = await rm.Runtime.start({
        workerUrls: {
          runtime: () => {
            const worker = kit.workerUrls.runtime();
            worker.addEventListener("message", ({ data }) => {
              const text = Array.isArray(data) ? new TextDecoder().decode(data[0] as Uint8Array) : "";
              if (text.includes(marker)) crossed += 1;
            });
            return worker;
          },
        },
      });
      const answers: [string, boolean, boolean][] = [];
      const tried = async (what: string, act: () => Promise<boolean>) => {
        crossed = 0;
        const heard = await act();
        answers.push([what, heard, crossed > 0]);
      };
      await tried("nobody", async () => (await runtime.run(manifest, { inputs: [1] })).status !== "success");
      await tried("onEvent", async () => {
        const { onEvent, events } = kit.ear();
        await runtime.run(manifest, { inputs: [1], onEvent });
        return events.some(
          (event) =>
            event.type === "log" &&
            event.message.includes(marker) &&
            event.level === "warn" &&
            event.node === "a",
        );
      });
      await tried("iterator in the same task", async () => {
        let heard = false;
        for await (const event of runtime.run(manifest, { inputs: [1] })) heard ||= event.type === "log";
        return heard;
      });
      await tried("iterator in a later task", async () => {
        const run = runtime.run(manifest, { inputs: [1] });
        await new Promise((resolve) => setTimeout(resolve));
        const types = new Set<string>();
        for await (const event of run) types.add(event.type);
        return [...types].some((type) => type !== "finished");
      });
      await runtime.close();
      return answers;
    }, light);
    assert.deepEqual(answer, [
      ["nobody", false, false],
      ["onEvent", true, true],
      ["iterator in the same task", true, true],
      ["iterator in a later task", false, false],
    ]);
  });

  test("a slow iterator slows the run and loses no output; a listener that throws loses nothing either", async () => {
    const page = await openKit(bench);
    const answer = await page.evaluate(async (light) => {
      const runtime = await rm.Runtime.start();
      const total = 2000;
      let pulled = 0;
      function* counting(): Generator<number> {
        while (pulled < total) yield pulled++;
      }
      const values: unknown[] = [];
      let ahead = 0;
      const run = runtime.run(light, { inputs: counting(), limits: { queueItems: 8 } });
      const channel = new MessageChannel();
      for await (const event of run) {
        if (event.type !== "output") continue;
        values.push(event.value);
        ahead = Math.max(ahead, pulled - values.length);
        // A task per event: everybody else gets a turn.
        await new Promise((resolve) => {
          channel.port2.onmessage = resolve;
          channel.port1.postMessage(0);
        });
      }
      channel.port1.close();

      const reported = new Promise<boolean>((resolve) => {
        addEventListener(
          "error",
          (event) => {
            event.preventDefault();
            resolve(true);
          },
          { once: true },
        );
      });
      const { outputs } = await runtime.run(light, {
        inputs: [1, 2, 3],
        onEvent: () => {
          throw new Error("from the listener");
        },
      });
      await runtime.close();
      return {
        inOrder: values.every((it, i) => it === i),
        count: values.length,
        ahead,
        outputs,
        reported: await reported,
      };
    }, light);
    assert.deepEqual([answer.count, answer.inOrder], [2000, true]);
    assert.ok(answer.ahead < 200, `${answer.ahead} items were read ahead of a slow reader`);
    assert.deepEqual([answer.outputs, answer.reported], [[1, 2, 3], true]);
  });

  test("logs are limited per run, and one event tells how many were left out", async () => {
    const page = await openKit(bench);
    const logs = await page.evaluate(async (light) => {
      const runtime = await rm.Runtime.start();
      const nodes = Array.from({ length: 20 }, (_, i) => ({
        id: `n${i}`,
        node_type: "AddNode",
        params: { addend: 1, what: i },
      }));
      const logs = [];
      for (const limits of [{ logs: 5 }, {}]) {
        const { onEvent, events } = kit.ear();
        await runtime.run({ ...light, nodes, connections: [] }, { inputs: [1], onEvent, limits });
        logs.push(events.flatMap((event) => (event.type === "log" ? [event] : [])));
      }
      await runtime.close();
      return logs;
    }, light);
    const [limited, all] = logs;
    assert.deepEqual(
      limited!.map(({ node }) => node),
      ["n0", "n1", "n2", "n3", "n4", undefined],
    );
    assert.match(limited!.at(-1)!.message, /\b15\b/);
    assert.equal(all!.length, 20);
  });

  if (everything)
    test("Python's prints, logs, progress, partial results and loading reach the page", async () => {
      const page = await openKit(bench);
      const { loads, events, started, chatter } = await page.evaluate(
        async ({ source, text, talker, chatter }) => {
          const runtime = await rm.Runtime.start();
          const cold = kit.ear();
          await runtime.run(text, { inputs: ["a"], onEvent: cold.onEvent });
          await runtime.registerPython(source);
          const warm = kit.ear();
          const { outputs } = await runtime.run(talker, { inputs: [7], onEvent: warm.onEvent });
          const talk = kit.ear();
          await runtime.run(chatter, { inputs: [1, 2], onEvent: talk.onEvent, limits: { logs: 10 } });
          await runtime.close();
          return {
            started: [cold.events[0]?.type, outputs],
            loads: cold.events.flatMap((event) => (event.type === "load" ? [event] : [])),
            events: warm.events.map((event) => ({ ...event, result: undefined })),
            chatter: talk.events.flatMap((event) => (event.type === "log" ? [event.message] : [])),
          };
        },
        { source, text: chain("TextProcessorNode"), talker: chain("Talker"), chatter: chain("Chatter") },
      );
      assert.deepEqual(started, ["started", [7]]);
      assert.ok(loads.length > 0);
      for (const load of loads) {
        assert.deepEqual([load.what, load.name.length > 0], ["python", true]);
        assert.ok(
          load.total === null || load.loaded <= load.total,
          `${load.name}: ${load.loaded} of ${load.total}`,
        );
      }
      const logs = events.flatMap((event) =>
        event.type === "log" ? [[event.node, event.level, event.message]] : [],
      );
      assert.deepEqual(logs, [
        ["talker", "info", "printed 7"],
        ["talker", "warn", "complained"],
        ["talker", "warn", "warned"],
      ]);
      const partial = events.flatMap((event) =>
        event.type === "partial" ? [[event.node, event.value]] : [],
      );
      assert.deepEqual(partial, [
        ["talker", { id: 0, text: "half", final: false }],
        ["talker", { id: 0, text: "whole", final: true }],
      ]);
      const progress = events.flatMap((event) => (event.type === "progress" ? [event] : []));
      assert.ok(progress.some((event) => event.unit === "seconds"));
      assert.equal(progress.at(-1)!.fraction, 1);
      assert.equal(events.at(-1)!.type, "finished");
      assert.deepEqual(
        chatter.slice(0, 10),
        Array.from({ length: 10 }, (_, i) => `line ${i}`),
      );
      assert.equal(chatter.length, 11);
      assert.match(chatter[10]!, /\b90\b/);
    });
});
