/** The page's end of workers that answer questions: when they are made, and what ends them. */
import assert from "node:assert/strict";
import { mock, test } from "node:test";
import { Client } from "../../js/client.ts";

const IDLE_MS = 1000;

/** A worker that a test speaks for. */
class FakeWorker {
  onmessage!: (event: { data: unknown }) => void;
  onerror!: (event: { message: string; preventDefault(): void }) => void;
  said: unknown[] = [];
  ended = false;

  postMessage(message: unknown): void {
    this.said.push(message);
  }
  terminate(): void {
    this.ended = true;
  }
  /** Answers the question that came last. */
  answer(what: object): void {
    this.onmessage({ data: { id: (this.said.at(-1) as { id: number }).id, ...what } });
  }
}

function clientOf(deaf = false): { client: Client<{ ask: string }, number>; made: FakeWorker[] } {
  const made: FakeWorker[] = [];
  const make = (): Worker => {
    made.push(new FakeWorker());
    return made.at(-1) as unknown as Worker;
  };
  const places = { workerUrls: { package: make } };
  return { client: new Client("package", places, { boot: () => ({}), idleMs: IDLE_MS, deaf }), made };
}

const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

test("a worker is made with the first question, and let go after a while without one", async () => {
  mock.timers.enable({ apis: ["setTimeout"] });
  try {
    const { client, made } = clientOf();
    assert.equal(made.length, 0);
    const first = client.ask({ ask: "a" });
    const [worker] = made as [FakeWorker];
    assert.deepEqual(worker.said, [{ boot: {} }, { id: 1, ask: "a" }]);
    mock.timers.tick(10 * IDLE_MS);
    assert.equal(worker.ended, false);
    worker.answer({ value: 7 });
    assert.equal(await first, 7);
    await settled();
    mock.timers.tick(IDLE_MS - 1);
    const second = client.ask({ ask: "b" });
    mock.timers.tick(IDLE_MS);
    assert.equal(worker.ended, false);
    worker.answer({ value: 8 });
    assert.equal(await second, 8);
    await settled();
    mock.timers.tick(IDLE_MS);
    assert.equal(worker.ended, true);
    void client.ask({ ask: "c" });
    assert.equal(made.length, 2);
  } finally {
    mock.timers.reset();
  }
});

test("one that crashes fails what it was asked, and the next question has another", async () => {
  for (const crash of [
    (it: FakeWorker) => it.onerror({ message: "oops", preventDefault: () => {} }),
    (it: FakeWorker) => it.answer({ error: { code: "WorkerCrashed", message: "oops" } }),
  ]) {
    const { client, made } = clientOf();
    const asked = client.ask({ ask: "a" });
    crash(made[0]!);
    await assert.rejects(asked, { code: "WorkerCrashed" });
    assert.equal(made[0]!.ended, true);
    const next = client.ask({ ask: "b" });
    made[1]!.answer({ value: 1 });
    assert.equal(await next, 1);
    client.close();
  }
});

test("giving up the only question of one that cannot hear ends it; one that can hear is told", async () => {
  for (const deaf of [true, false]) {
    const { client, made } = clientOf(deaf);
    const abort = new AbortController();
    const asked = client.ask({ ask: "a" }, { signal: abort.signal });
    abort.abort("enough");
    await assert.rejects(asked, (reason) => reason === "enough");
    assert.deepEqual([made[0]!.ended, made[0]!.said.length], deaf ? [true, 2] : [false, 3]);
    client.close();
  }
});

test("what is asked of a closed one is Closed", async () => {
  const { client } = clientOf();
  const asked = client.ask({ ask: "a" });
  client.close();
  await assert.rejects(asked, { code: "Closed" });
  await assert.rejects(client.ask({ ask: "b" }), { code: "Closed" });
});
