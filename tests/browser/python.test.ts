/** Python nodes in a page: everything a node may be and do. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { eachEngine } from "./harness/index.ts";

const source = readFileSync(new URL("./python_nodes.py", import.meta.url), "utf8");

/** A node, or a chain of them called n0, n1, …. */
function chain(...types: (string | [string, object])[]): object {
  const nodes = types.map((it, at) => {
    const [node_type, params] = typeof it === "string" ? [it, {}] : it;
    return { id: `n${at}`, node_type, params };
  });
  const connections = types.slice(1).map((_, at) => ({ from: `n${at}`, to: `n${at + 1}` }));
  return { version: "v1", nodes, connections };
}

/** What became of a run: its outputs, or the facts of its error. */
type Ended = { outputs: unknown[] } | { code: string; node?: string; stage?: string; traceback?: string };

/** Kinds of nodes: manifest, inputs, outputs. */
const TABLE: [string, object, unknown[], unknown[]][] = [
  ["a function", chain("double"), [1, 2.5, "a"], [2, 5, "aa"]],
  ["a function with a parameter", chain(["times", { factor: 3 }]), [2], [6]],
  ["a function's default", chain("times"), [2], [20]],
  ["a class with a parameter", chain(["Scale", { factor: 0.5 }]), [3], [1.5]],
  ["a generator gives several, or none", chain("UpTo"), [3, 0, 1], [0, 1, 2, 0]],
  ["an async generator", chain("UpToLater"), [2, 3], [0, 1, 0, 1, 2]],
  ["None gives nothing", chain("Odd"), [1, 2, 3, 4], [1, 3]],
  ["a coroutine is awaited", chain("later"), [1, 2], [2, 3]],
  ["a list is one item", chain("Pair"), [1], [[1, 1]]],
  ["a tuple is one item", chain("pair"), [1], [[1, 1]]],
  ["flush gives what was held back", chain("Sum"), [1, 2, 3], [6]],
  ["flush may give several", chain("Reversed"), [1, 2, 3], [3, 2, 1]],
  ["finish_streaming is flush", chain("Finish"), [1, 2], ["end of 2"]],
  [
    "initialize comes first, async or not",
    chain("Ready", "ReadyLater"),
    [1],
    [["ready later", ["ready", 1]]],
  ],
  ["state is there for the run", chain("Remember"), ["a", "b", "a"], [1, 1, 2]],
  ["Python to Python to Rust", chain("double", "later", ["AddNode", { addend: 1 }]), [1, 2], [4, 6]],
  ["what is held back passes the next node too", chain("Sum", "double", "Sum"), [1, 2], [6]],
];

eachEngine("Python nodes", (bench) => {
  test("functions, classes, generators, coroutines and held-back results do as they say, run after run", async () => {
    const page = await bench.open();
    const answers = await page.evaluate(
      async ({ source, table, again }) => {
        const runtime = await rm.Runtime.start();
        const kinds = await runtime.registerPython(source);
        const answers: unknown[] = [];
        for (const [, manifest, inputs] of table) {
          const options = { inputs: inputs as number[] };
          answers.push(await runtime.run(manifest, options).then(({ outputs }) => outputs, String));
        }
        // Nothing is remembered from one run to the next: globals, builtins, the environment, modules.
        const runs: unknown[] = [];
        for (let i = 0; i < 2; i++) runs.push((await runtime.run(again, { inputs: [1, 2] })).outputs);
        await runtime.close();
        return { answers, runs, kinds: kinds.map(({ type }) => type) };
      },
      { source, table: TABLE, again: chain("Leaky") },
    );
    TABLE.forEach(([name, , , outputs], at) => assert.deepEqual(answers.answers[at], outputs, name));
    assert.deepEqual(
      answers.runs,
      Array(2).fill([
        [1, 1, 1, 1],
        [2, 2, 2, 2],
      ]),
    );
    assert.ok(answers.kinds.includes("Scale") && answers.kinds.includes("double"));
  });
});

eachEngine(
  "Python",
  (bench) => {
    test("parameters of the user's own nodes have a schema, and are held to it before anything starts", async () => {
      const page = await bench.open();
      const answer = await page.evaluate(
        async ({ source, wrong, unknown, right }) => {
          const runtime = await rm.Runtime.start();
          await runtime.registerPython(source);
          const scale = (await runtime.nodes()).find(({ type }) => type === "Scale");
          const told = await runtime.validate(wrong);
          const refused = await runtime.run(wrong, { inputs: [1] }).then(
            () => "none",
            (error: unknown) => (error as { code: string }).code,
          );
          const warned = await runtime.validate(unknown);
          const override = await runtime.run(right, { inputs: [1], params: { n0: { factor: 7 } } });
          const overridden = await runtime.run(right, { inputs: [1], params: { n0: { factor: "7" } } }).then(
            () => "none",
            (error: unknown) => (error as { code: string }).code,
          );
          await runtime.close();
          return { scale, told, refused, warned, outputs: override.outputs, overridden };
        },
        {
          source,
          wrong: chain(["Scale", { factor: "3" }], ["Scale", { factor: -1 }], ["times", { factor: 1.5 }]),
          unknown: chain(["Scale", { faktor: 3 }]),
          right: chain(["Scale", { factor: 2 }]),
        },
      );
      assert.equal(answer.scale?.language, "python");
      assert.deepEqual(answer.scale?.aliases, ["Scaler"]);
      assert.match(answer.scale?.description ?? "", /Multiplies/);
      assert.deepEqual(answer.scale?.params["properties"], {
        factor: { type: "number", default: 1, minimum: 0, description: "what items are multiplied by" },
      });
      assert.deepEqual([answer.scale?.inputs, answer.scale?.outputs], [["number"], ["number"]]);
      assert.deepEqual(
        answer.told.map(({ severity, node, path }) => [severity, node, path]),
        [0, 1, 2].map((at) => ["error", `n${at}`, `/nodes/${at}/params/factor`]),
      );
      assert.equal(answer.refused, "InvalidManifest");
      assert.deepEqual(
        answer.warned.map(({ severity, path }) => [severity, path]),
        [["warning", "/nodes/0/params/faktor"]],
      );
      assert.deepEqual([answer.outputs, answer.overridden], [[7], "InvalidManifest"]);
    });

    test("progress, logs and standard output are told as the node's own", async () => {
      const page = await bench.open();
      const { events, outputs } = await page.evaluate(
        async ({ source, manifest }) => {
          const runtime = await rm.Runtime.start();
          await runtime.registerPython(source);
          const events: Record<string, unknown>[] = [];
          const onEvent = (event: object) => void events.push({ ...event, result: undefined });
          const { outputs } = await runtime.run(manifest, { inputs: [4], onEvent });
          await runtime.close();
          return { events, outputs };
        },
        { source, manifest: chain("Talk") },
      );
      assert.deepEqual(outputs, [4]);
      const logs = events
        .filter(({ type }) => type === "log")
        .map(({ node, level, message }) => [node, level, message]);
      assert.deepEqual(logs, [
        ["n0", "info", "hello"],
        ["n0", "warn", "careful"],
        ["n0", "info", "printed 4"],
        ["n0", "warn", "to stderr"],
        ["n0", "info", "at the end"],
      ]);
      const fractions = events
        .filter(({ type }) => type === "progress")
        .map(({ fraction }) => fraction as number);
      assert.ok(fractions.length > 0);
      assert.deepEqual(
        fractions,
        [...fractions].sort((a, b) => a - b),
      );
      assert.equal(fractions.at(-1), 1);
      const partials = events.filter(({ type }) => type === "partial").map(({ value }) => value);
      assert.deepEqual(partials, [{ id: 0, text: "so far", final: true }]);
    });

    test("errors name node and stage and carry the traceback, and cleanup comes after them too", async () => {
      const page = await bench.open();
      const answers = await page.evaluate(
        async ({ source, manifests }) => {
          const runtime = await rm.Runtime.start();
          await runtime.registerPython(source);
          const ends: Ended[] = [];
          for (const manifest of manifests) {
            ends.push(
              await runtime.run(manifest, { inputs: [1, 2] }).then(
                ({ outputs }): Ended => ({ outputs }),
                (error: unknown): Ended => {
                  const { code, node, stage, traceback } = error as InstanceType<typeof rm.PipelineError>;
                  return {
                    code,
                    ...(node && { node }),
                    ...(stage && { stage }),
                    ...(traceback && { traceback }),
                  };
                },
              ),
            );
          }
          await runtime.close();
          return { ends };
        },
        {
          source,
          manifests: ["initialize", "process", "generator", "later", "flush", "cleanup", "none"].map((when) =>
            chain("PassThrough", ["Fails", { when }]),
          ),
        },
      );
      const stages = ["open", "process", "process", "process", "flush"];
      stages.forEach((stage, at) => {
        const { traceback, ...facts } = answers.ends[at] as Ended & { traceback: string };
        assert.deepEqual(facts, { code: "NodeFailed", node: "n1", stage });
        assert.match(
          traceback,
          /Traceback[\s\S]*<registered 1>[\s\S]*raise ValueError[\s\S]*ValueError: no /,
        );
        // Of the user's own lines, not of ours.
        assert.doesNotMatch(traceback, /_entry\.py|_host\.py/);
      });
      // The result stands: the other nodes still want their cleanup.
      assert.deepEqual(answers.ends.slice(5), [{ outputs: [1, 2] }, { outputs: [1, 2] }]);
      const cleaned = bench.server.requests.filter((it) => it.startsWith("/cleaned/"));
      assert.deepEqual(cleaned, Array(7).fill("/cleaned/n1"));
    });

    test("ids of nodes are data, whatever is in them, and is_streaming is a word of the manifest", async () => {
      const page = await bench.open();
      const ids = [
        `a'b"c`,
        "{x}\n${y}%s",
        "`;import os#",
        "</script>",
        "Ünï 🦀\u2028",
        "\\n",
        "__proto__",
        "a/b~c",
      ];
      const answer = await page.evaluate(
        async ({ source, manifest, ids }) => {
          const runtime = await rm.Runtime.start();
          await runtime.registerPython(source);
          const nodes = ids.map((id) => ({ id, node_type: "Name", is_streaming: true }));
          const events: string[] = [];
          const onEvent = (event: { type: string; node?: string }) =>
            void (event.type === "output" && events.push(event.node ?? ""));
          const { outputs, metrics, graph_info } = await runtime.run(
            { ...manifest, nodes },
            { inputs: [1], onEvent },
          );
          const wrong = await runtime.validate({
            ...manifest,
            nodes: [{ ...nodes[0], is_streaming: "yes" }],
          });
          await runtime.close();
          const order = graph_info.execution_order;
          return { outputs, items: ids.map((id) => metrics.nodes[id]?.items), order, events, wrong };
        },
        { source, manifest: { version: "v1", connections: [] }, ids },
      );
      assert.deepEqual(answer.outputs, ids);
      assert.deepEqual(answer.order, ids);
      assert.deepEqual(new Set(answer.events), new Set(ids));
      assert.deepEqual(answer.items, Array(ids.length).fill(1));
      assert.deepEqual(
        answer.wrong.map(({ path }) => path),
        ["/nodes/0/is_streaming"],
      );
    });

    test("bulk data arrives as buffers, and leaves as whatever Python has for it", async () => {
      const page = await bench.open();
      const answer = await page.evaluate(
        async ({ source, manifest, envelopes, damaged }) => {
          const runtime = await rm.Runtime.start();
          await runtime.registerPython(source);
          const plain = (it: unknown): unknown => {
            if (typeof it !== "object" || it === null || !("type" in it)) return it;
            const { data, samples, ...facts } = it as Record<string, unknown>;
            const view = (data ?? samples) as Uint8Array;
            return {
              ...facts,
              array: view.constructor.name,
              bytes: [...new Uint8Array(view.buffer, view.byteOffset, view.byteLength)],
            };
          };
          const one = async (how: string, input: unknown) => {
            const run = runtime.run(manifest, { inputs: [input as string], params: { n0: { how } } });
            return run.then(
              ({ outputs }) => outputs.map(plain),
              (error: unknown) => (error as Error).message,
            );
          };
          const audio = { type: "audio", sampleRate: 8000, channels: 2, samples: Float32Array.of(0.5, -0.5) };
          const floats = { type: "tensor", dtype: "float32", shape: [1, 2], data: Float32Array.of(1, 2) };
          const answer = {
            views: [
              await one("views", audio),
              await one("views", floats),
              await one("views", new Uint8Array([1, 2])),
              await one("views", new Blob(["hello"])),
            ],
            changed: await one("half", audio),
            memoryview: await one("memoryview", floats),
            array: await one("array", 0),
            bytes: await one("bytes", 0),
            bytearray: await one("bytearray", 0),
            piecewise: await one("piecewise", new Blob(["0123456789"])),
            refused: await one("object", 0),
            surrogate: await one("surrogate", 0),
            read: [] as unknown[],
            written: [] as unknown[],
            damaged: [] as unknown[],
          };
          for (const it of envelopes) {
            answer.read.push(await one("same", it));
            answer.written.push(await one("envelope", it));
          }
          for (const it of damaged) answer.damaged.push(await one("same", it));
          await runtime.close();
          return answer;
        },
        { source, manifest: chain("Bulk"), envelopes: ENVELOPES.map(([, , it]) => it), damaged: DAMAGED },
      );
      assert.deepEqual(answer.views, [
        ["Audio memoryview f False"],
        ["Tensor memoryview f False"],
        ["Bytes memoryview B False"],
        ["Bytes memoryview B False"],
      ]);
      const f32 = (...values: number[]) => [...new Uint8Array(Float32Array.from(values).buffer)];
      assert.deepEqual(answer.changed, [
        { type: "audio", sampleRate: 8000, channels: 2, array: "Float32Array", bytes: f32(0.25, -0.25) },
      ]);
      assert.deepEqual(answer.memoryview, [
        { type: "tensor", dtype: "float32", shape: [1, 2], array: "Float32Array", bytes: f32(1, 2) },
      ]);
      assert.deepEqual(answer.array, [
        { type: "tensor", dtype: "int16", shape: [3], array: "Int16Array", bytes: [1, 0, 2, 0, 3, 0] },
      ]);
      for (const it of [answer.bytes, answer.bytearray]) {
        assert.deepEqual(it, [{ type: "bytes", array: "Uint8Array", bytes: [1, 2, 255] }]);
      }
      assert.deepEqual(answer.piecewise, [[10, "234", "89", ""]]);
      assert.match(String(answer.refused), /object/);
      assert.match(String(answer.surrogate), /surrogate/);
      ENVELOPES.forEach(([dtype, bytes, envelope], at) => {
        const [read] = answer.read[at] as { dtype: string; shape: number[]; bytes: number[] }[];
        assert.deepEqual([read?.dtype, read?.shape, read?.bytes], [dtype, [1, 2], bytes]);
        const [written] = answer.written[at] as (typeof envelope)[];
        assert.equal(written?.__numpy__, true);
        assert.equal(written?.array.data, envelope.array.data);
        assert.deepEqual([written?.array.meta.dtype, written?.array.meta.shape], [dtype, [1, 2]]);
      });
      answer.damaged.forEach((message) => assert.match(String(message), /__numpy__|__pickled__|tensor/));
    });

    for (const isolated of [true, false]) {
      test(`a worker that is lost is replaced by one that knows the same nodes (${isolated ? "" : "not "}isolated)`, async () => {
        const page = await bench.open("/test.html", { isolated });
        const answer = await page.evaluate(
          async ({ source, double, spin, crash }) => {
            const runtime = await rm.Runtime.start();
            await runtime.registerPython(source);
            await runtime.registerPython(
              "from remotemedia import node\n\n@node()\ndef second(x):\n    return x + 100\n",
            );
            // A kind that is registered again replaces the older one.
            await runtime.registerPython(
              "from remotemedia import node\n\n@node()\ndef second(x):\n    return x + 200\n",
            );
            const stuck = runtime.run(spin, { inputs: [1] });
            for await (const event of stuck) {
              if (event.type === "log" && event.message === "spinning") break;
            }
            await stuck.cancel();
            const afterCancel = (await runtime.run(double, { inputs: [1] })).outputs;
            const crashed = await runtime.run(crash, { inputs: [1] }).then(
              () => "none",
              (error: unknown) => {
                const { code, node } = error as { code: string; node?: string };
                return [code, node];
              },
            );
            const afterCrash = (await runtime.run(double, { inputs: [2] })).outputs;
            await runtime.close();
            return { afterCancel, crashed, afterCrash };
          },
          {
            source,
            double: chain("double", "second"),
            spin: chain("Spin"),
            crash: chain("PassThrough", "Crash"),
          },
        );
        assert.deepEqual(answer, { afterCancel: [202], crashed: ["WorkerCrashed", "n1"], afterCrash: [204] });
      });
    }

    test("one Python worker serves runs in their order, two serve two at once", async () => {
      const page = await bench.open();
      const answer = await page.evaluate(
        async ({ source, manifest }) => {
          const ended: string[][] = [];
          for (const workers of [1, 2]) {
            const order: string[] = [];
            const runtime = await rm.Runtime.start({ python: { workers } });
            await runtime.registerPython(source);
            const first = runtime.run(manifest, { inputs: "stream" });
            const reader = first.stream().getReader();
            await first.push(1);
            // Its worker is at work now, and stays with it.
            await reader.read();
            const second = runtime.run(manifest, { inputs: [2] }).then(() => order.push("second"));
            // Whoever need not wait is through before this is.
            if (workers === 2) await second;
            else await runtime.registerPython("from remotemedia import node\n\n@node()\ndef other(x): ...\n");
            first.end();
            while (!(await reader.read()).done);
            await first.then(() => order.push("first"));
            await second;
            await runtime.close();
            ended.push(order);
          }
          return ended;
        },
        { source, manifest: chain("double") },
      );
      assert.deepEqual(answer, [
        ["first", "second"],
        ["second", "first"],
      ]);
    });
  },
  { engines: ["chromium"] },
);

/** An array of numpy as the original writes it into JSON. */
interface Envelope {
  __numpy__: true;
  array: { meta: { dtype: string; shape: number[] }; data: string };
}

/** Each element type, with the bytes of two elements. */
const ENVELOPES: [string, number[], Envelope][] = (
  [
    ["bool", Uint8Array.of(1, 0)],
    ["int8", Int8Array.of(-128, 127)],
    ["int16", Int16Array.of(-32768, 1)],
    ["int32", Int32Array.of(-(2 ** 31), 1)],
    ["int64", BigInt64Array.of(-(2n ** 63n), 1n)],
    ["uint8", Uint8Array.of(255, 0)],
    ["uint16", Uint16Array.of(65535, 1)],
    ["uint32", Uint32Array.of(2 ** 32 - 1, 1)],
    ["uint64", BigUint64Array.of(2n ** 64n - 1n, 1n)],
    ["float32", Float32Array.of(0.1, -Infinity)],
    ["float64", Float64Array.of(0.1, NaN)],
  ] as const
).map(([dtype, view]) => {
  const bytes = Buffer.from(view.buffer);
  const array = { meta: { dtype, shape: [1, 2] }, data: bytes.toString("base64") };
  return [dtype, [...bytes], { __numpy__: true, array }];
});

/** Envelopes that must not be read. */
const DAMAGED = [
  { __numpy__: true },
  { __numpy__: true, array: { meta: { dtype: "object", shape: [1] }, data: "AA==" } },
  { __numpy__: true, array: { meta: { dtype: "int8", shape: [2] }, data: "AA==" } },
  { __numpy__: true, array: { meta: { dtype: "int8", shape: [1] }, data: "?" } },
  { a: [{ __pickled__: true, data: "gASVAAAAAAAAAAA=" }] },
];
