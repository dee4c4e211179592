import assert from "node:assert/strict";
import { test } from "node:test";
import { setImmediate as settled } from "node:timers/promises";

import { decode } from "../../js/decode.js";
import { Encoder } from "../../js/encode.js";
import { PipelineError } from "../../js/errors.js";
import type { EventView, Report } from "../../js/generated/data.js";
import type { Hub, RunRequest } from "../../js/hub.js";
import { Run, type RunOptions } from "../../js/run.js";
import { Running } from "../../js/running.js";
import type { InputValue, Packed, Value } from "../../js/values.js";

const report = { graph_info: {}, metrics: {} } as unknown as Report;

function pack(values: unknown[]): Packed {
  const encoder = new Encoder(false);
  values.forEach((value, i) => encoder.add(value, i));
  return encoder.finish();
}

/** What a run says to the workers, and what they answer. */
class FakeHub {
  request: RunRequest | undefined;
  pushed: { values: Value[]; open: boolean }[] = [];
  credits = 0;
  ended = false;
  cancelled = 0;
  running!: Running;

  attach(running: Running): number {
    this.running = running;
    return 1;
  }
  detach(): void {}
  run(_run: number, request: RunRequest): void {
    this.request = request;
  }
  push(_run: number, items: Packed, open: boolean): void {
    this.pushed.push({ values: decode(items, false), open });
  }
  end(): void {
    this.ended = true;
  }
  credit(_run: number, outputs: number): void {
    this.credits += outputs;
  }
  rest(): Promise<void> {
    return Promise.resolve();
  }
  cancel(): void {
    this.cancelled += 1;
  }
  get items(): Value[] {
    return this.pushed.flatMap(({ values }) => values);
  }

  start(options: RunOptions = {}, manifest: unknown = {}): Run {
    return new Run(new Running(this as unknown as Hub, manifest, options, undefined));
  }
  output(...values: unknown[]): void {
    this.running.happened([{ type: "output", node: "sink", bulk: 0 }], () => pack(values));
  }
  event(view: EventView): void {
    this.running.happened([view], () => pack([]));
  }
  finish(...outputs: unknown[]): void {
    this.running.finished(report, pack(outputs));
  }
  fail(code: "Cancelled" | "NodeFailed" | "Closed"): void {
    this.running.failed({ code, message: "so", problems: [], node: "n", details: '{"a":1}' });
  }
}

function progress(done: number): EventView {
  return { type: "progress", node: "a", done, total: null, unit: "items", fraction: null, etaMs: null };
}

test("a run gives its result", async () => {
  const hub = new FakeHub();
  const run = hub.start({ params: { a: { factor: 2 } }, timeoutMs: 10.5 });
  await settled();
  assert.deepEqual(hub.request, {
    manifest: "{}",
    params: '{"a":{"factor":2}}',
    timeoutMs: 11,
    collect: true,
    events: false,
    edges: false,
    inputs: false,
    limits: {},
    package: null,
  });
  hub.finish(1, "two");
  assert.deepEqual((await run).outputs, [1, "two"]);
});

test("an error says everything it knows", async () => {
  const hub = new FakeHub();
  const run = hub.start();
  await settled();
  hub.fail("NodeFailed");
  await assert.rejects(run, {
    name: "PipelineError",
    code: "NodeFailed",
    node: "n",
    message: "so",
    details: { a: 1 },
  });
});

test("what is wrong with the call makes the run reject, never run() throw", async () => {
  const cycle: { self?: unknown } = {};
  cycle.self = cycle;
  for (const [manifest, options, code] of [
    [() => "no JSON", {}, "InvalidManifest"],
    [cycle, {}, "InvalidManifest"],
    ["{}", { inputs: 5 }, "InvalidInput"],
    ["{}", { inputs: "not a stream" }, "InvalidInput"],
    ["{}", { timeoutMs: -1 }, "InvalidInput"],
  ] as const) {
    const hub = new FakeHub();
    await assert.rejects(hub.start(options as RunOptions, manifest), { code });
    assert.equal(hub.request, undefined);
  }
});

test("events cross only while somebody listens", async () => {
  const listens = async (listen: (run: Run) => unknown, options: RunOptions = {}): Promise<unknown> => {
    const hub = new FakeHub();
    listen(hub.start(options));
    await settled();
    return hub.request?.events;
  };
  assert.equal(await listens(() => {}), false);
  assert.equal(await listens(() => {}, { onEvent: () => {} }), true);
  assert.equal(await listens((run) => run[Symbol.asyncIterator]().next()), true);
  assert.equal(await listens((run) => run.stream()), true);
});

test("iterating gives every event, the last one once, and throws what awaiting throws", async () => {
  const hub = new FakeHub();
  const run = hub.start();
  const iterator = run[Symbol.asyncIterator]();
  await settled();
  hub.event({ type: "started", order: ["a"] });
  hub.output(1, 2);
  hub.fail("NodeFailed");
  hub.fail("NodeFailed");
  const types: string[] = [];
  await assert.rejects(
    async () => {
      for await (const event of { [Symbol.asyncIterator]: () => iterator }) types.push(event.type);
    },
    { code: "NodeFailed" },
  );
  assert.deepEqual(types, ["started", "output", "output", "failed"]);
  assert.equal((await iterator.next()).done, true);
});

test("a listener that throws disturbs nobody", async (context) => {
  context.mock.method(console, "error", () => {});
  const hub = new FakeHub();
  const run = hub.start({
    onEvent: () => {
      throw new Error("listener");
    },
  });
  await settled();
  hub.output(1);
  hub.finish(1);
  assert.deepEqual((await run).outputs, [1]);
});

test("outputs are paid for when they were taken", async () => {
  const hub = new FakeHub();
  const limits = { queueItems: 4 };
  const iterator = hub.start({ onEvent: () => {}, limits })[Symbol.asyncIterator]();
  await settled();
  hub.output(1, 2, 3);
  await settled();
  assert.equal(hub.credits, 0);
  await iterator.next();
  await settled();
  assert.equal(hub.credits, 1);
  await iterator.return?.();
  await settled();
  assert.equal(hub.credits, 3);
  hub.output(4);
  await settled();
  assert.equal(hub.credits, 4);
});

test("outputs are paid for together, before the run has to wait", async () => {
  const hub = new FakeHub();
  const iterator = hub.start({ limits: { queueItems: 8 } })[Symbol.asyncIterator]();
  await settled();
  hub.output(1, 2, 3);
  await iterator.next();
  await settled();
  assert.equal(hub.credits, 0);
  await iterator.next();
  await settled();
  assert.equal(hub.credits, 2);
});

test("the slower of two readers decides", async () => {
  const hub = new FakeHub();
  const run = hub.start({ limits: { queueItems: 4 } });
  const [quick, slow] = [run[Symbol.asyncIterator](), run[Symbol.asyncIterator]()];
  await settled();
  hub.output(1);
  await quick.next();
  await settled();
  assert.equal(hub.credits, 0);
  await slow.next();
  await settled();
  assert.equal(hub.credits, 1);
});

test("a slow reader gets the newest progress and every output", async () => {
  const hub = new FakeHub();
  const iterator = hub.start()[Symbol.asyncIterator]();
  await settled();
  for (let done = 1; done <= 1000; done++) hub.event(progress(done));
  hub.output("a");
  for (let done = 1001; done <= 2000; done++) hub.event(progress(done));
  hub.finish();
  const events = [];
  for await (const event of iterator) events.push(event.type === "progress" ? event.done : event.type);
  assert.deepEqual(events, [2000, "output", "finished"]);
});

test("the stream gives the outputs and asks for no collecting", async () => {
  const hub = new FakeHub();
  const run = hub.start();
  const reader = run.stream().getReader();
  await settled();
  assert.equal(hub.request?.collect, false);
  hub.event(progress(1));
  hub.output(1, 2);
  hub.finish();
  assert.deepEqual(
    [await reader.read(), await reader.read(), await reader.read()].map((it) => it.value),
    [1, 2, undefined],
  );
  assert.throws(() => run.stream(), { code: "InvalidInput" });
});

test("cancelling resolves when the run has ended, whatever came of it", async () => {
  const hub = new FakeHub();
  const run = hub.start();
  await settled();
  let over = false;
  const cancelled = run.cancel("why").then(() => (over = true));
  await settled();
  assert.equal(over, false);
  assert.equal(hub.cancelled, 1);
  hub.fail("Cancelled");
  await cancelled;
  await assert.rejects(run, { code: "Cancelled", cause: "why" });
  await run.cancel();
});

test("a run that is cancelled at once never starts", async () => {
  const hub = new FakeHub();
  const run = hub.start();
  await run.cancel("why");
  await assert.rejects(run, { code: "Cancelled", cause: "why" });
  assert.equal(hub.request, undefined);
});

test("a run that fails while it is cancelled says why it failed", async () => {
  const hub = new FakeHub();
  const run = hub.start();
  await settled();
  void run.cancel();
  hub.fail("NodeFailed");
  await assert.rejects(run, { code: "NodeFailed" });
});

test("an aborted signal rejects with its own reason", async () => {
  const reason = new Error("mine");
  const early = new FakeHub();
  await assert.rejects(early.start({ signal: AbortSignal.abort(reason) }), reason);
  assert.equal(early.request, undefined);
  const hub = new FakeHub();
  const controller = new AbortController();
  const run = hub.start({ signal: controller.signal });
  await settled();
  controller.abort(reason);
  assert.equal(hub.cancelled, 1);
  hub.fail("Cancelled");
  await assert.rejects(run, reason);
});

test("inputs are pulled only as the run asks for them, and in order", async () => {
  let pulled = 0;
  let returned = false;
  function* numbers(): Generator<number> {
    try {
      for (; ; pulled++) yield pulled;
    } finally {
      returned = true;
    }
  }
  const hub = new FakeHub();
  const run = hub.start({ inputs: numbers() });
  await settled();
  assert.equal(pulled, 0);
  hub.running.demanded(3);
  await settled();
  hub.running.demanded(2);
  await settled();
  assert.deepEqual(hub.items, [0, 1, 2, 3, 4]);
  assert.ok(pulled <= 5);
  void run.cancel();
  hub.fail("Cancelled");
  await assert.rejects(run);
  assert.equal(returned, true);
});

test("every kind of input is read to its end", async () => {
  async function* later(): AsyncGenerator<number> {
    for (const x of [1, 2, 3]) yield await Promise.resolve(x);
  }
  const stream = new ReadableStream<number>({
    start(controller) {
      for (const x of [1, 2, 3]) controller.enqueue(x);
      controller.close();
    },
  });
  for (const inputs of [[1, 2, 3], new Set([1, 2, 3]), later(), stream]) {
    const hub = new FakeHub();
    const run = hub.start({ inputs: inputs as Iterable<InputValue> });
    await settled();
    hub.running.demanded(10);
    while (!hub.ended) await settled();
    assert.deepEqual(hub.items, [1, 2, 3]);
    hub.finish();
    await run;
  }
});

test("many inputs travel in few messages", async () => {
  const hub = new FakeHub();
  const run = hub.start({ inputs: Array.from({ length: 100_000 }, (_, i) => i) });
  await settled();
  hub.running.demanded(1_000_000);
  while (!hub.ended) await settled();
  assert.equal(hub.items.length, 100_000);
  assert.ok(hub.pushed.length < 200);
  hub.finish();
  await run;
});

test("an input that cannot travel ends the run with its place", async () => {
  const hub = new FakeHub();
  const run = hub.start({ inputs: [1, { a: undefined } as unknown as InputValue] });
  await settled();
  hub.running.demanded(10);
  await settled();
  assert.equal(hub.cancelled, 1);
  hub.fail("Cancelled");
  await assert.rejects(run, { code: "InvalidInput", stage: "input", details: { path: "/1/a" } });
});

test("an iterator that throws ends the run with its error", async () => {
  const thrown = new Error("disk");
  const hub = new FakeHub();
  const run = hub.start({
    inputs: (function* () {
      yield 1;
      throw thrown;
    })(),
  });
  await settled();
  hub.running.demanded(10);
  await settled();
  hub.fail("Cancelled");
  await assert.rejects(
    run,
    (error: PipelineError) => error.code === "InvalidInput" && error.cause === thrown,
  );
});

test("push waits while the pipeline is full, and end() comes after what was pushed", async () => {
  const hub = new FakeHub();
  const run = hub.start({ inputs: "stream" });
  const taken: number[] = [];
  for (const x of [1, 2, 3]) void run.push(x).then(() => taken.push(x));
  run.end();
  await assert.rejects(run.push(4), { code: "InvalidInput" });
  await settled();
  assert.deepEqual(taken, []);
  hub.running.demanded(2);
  await settled();
  assert.deepEqual(taken, [1, 2]);
  assert.equal(hub.ended, false);
  hub.running.demanded(2);
  await settled();
  assert.deepEqual(hub.items, [1, 2, 3]);
  assert.equal(hub.ended, true);
  hub.finish();
  await run;
});

test("a value that cannot be pushed spoils nothing", async () => {
  const hub = new FakeHub();
  const run = hub.start({ inputs: "stream" });
  await settled();
  hub.running.demanded(5);
  await assert.rejects(run.push(undefined as unknown as InputValue), { code: "InvalidInput" });
  await run.push(1);
  run.end();
  hub.finish();
  await run;
  assert.deepEqual(hub.items, [1]);
});

test("pushed audio is one recording until its last part", async () => {
  const hub = new FakeHub();
  const run = hub.start({ inputs: "stream" });
  await settled();
  hub.running.demanded(9);
  const part = { type: "audio", sampleRate: 8000, channels: 1, samples: Float32Array.of(0) } as const;
  await run.push(part);
  await run.push(part, { last: true });
  await run.push(1);
  run.end();
  assert.deepEqual(
    hub.pushed.map(({ open, values }) => [open, values.length]),
    [
      [true, 1],
      [false, 2],
    ],
  );
  hub.finish();
  await run;
});

test("who waits to push hears how the run ended", async () => {
  const hub = new FakeHub();
  const run = hub.start({ inputs: "stream" });
  await settled();
  const push = run.push(1);
  hub.fail("NodeFailed");
  await assert.rejects(push, { code: "NodeFailed" });
  await assert.rejects(run.push(2), { code: "NodeFailed" });
  await assert.rejects(run, { code: "NodeFailed" });
});
