/** What a hop costs: a small value, and a large one that no node reads. */
import type { Page } from "../browser/harness/index.ts";
import { bench } from "./frame.ts";
import { PASS } from "./manifests.ts";

const TRIPS = 500;
const LARGE_BYTES = 38_400_000;

const ECHO = "onmessage = ({ data }) => postMessage(data, data instanceof ArrayBuffer ? [data] : []);";

/** Microseconds (median) for 100 bytes to a worker and back, by `postMessage` alone. */
async function bareTrip(page: Page): Promise<number> {
  return page.evaluate(async (trips) => {
    const worker = new Worker("/echo-worker.js", { type: "module" });
    const trip = () =>
      new Promise<void>((resolve) => {
        worker.onmessage = () => resolve();
        worker.postMessage([new Uint8Array(100)]);
      });
    await trip();
    const times: number[] = [];
    for (let at = 0; at < trips; at += 1) {
      const start = performance.now();
      await trip();
      times.push(performance.now() - start);
    }
    worker.terminate();
    return times.sort((a, b) => a - b)[trips >> 1]! * 1000;
  }, TRIPS);
}

/** Microseconds (median) from `push` of a text of 100 bytes to its `output` event, through a node that hands it on. */
async function ourTrip(page: Page): Promise<number> {
  return page.evaluate(
    async ({ manifest, trips }) => {
      const runtime = await rm.Runtime.start();
      const run = runtime.run(manifest, { inputs: "stream", collect: false });
      const outputs = run.stream().getReader();
      const text = "x".repeat(100);
      const times: number[] = [];
      for (let at = 0; at < trips; at += 1) {
        const start = performance.now();
        await run.push(text);
        await outputs.read();
        times.push(performance.now() - start);
      }
      run.end();
      await runtime.close();
      return times.sort((a, b) => a - b)[trips >> 1]! * 1000;
    },
    { manifest: PASS, trips: TRIPS },
  );
}

/** Microseconds to send a large buffer to a worker and have it back. */
async function bareTransfer(page: Page): Promise<number> {
  return page.evaluate(async (bytes) => {
    const worker = new Worker("/echo-worker.js", { type: "module" });
    const trip = (buffer: ArrayBuffer) =>
      new Promise<void>((resolve) => {
        worker.onmessage = () => resolve();
        worker.postMessage(buffer, [buffer]);
      });
    await trip(new ArrayBuffer(8));
    const buffer = new ArrayBuffer(bytes);
    const start = performance.now();
    await trip(buffer);
    const elapsed = performance.now() - start;
    worker.terminate();
    return elapsed * 1000;
  }, LARGE_BYTES);
}

/** Microseconds for the same through a node that does not read it. */
async function ourTransfer(page: Page): Promise<number> {
  return page.evaluate(
    async ({ manifest, bytes }) => {
      const runtime = await rm.Runtime.start();
      const run = runtime.run(manifest, { inputs: "stream", collect: false, transfer: true });
      const outputs = run.stream().getReader();
      const trip = async (length: number) => {
        const value = { type: "bytes" as const, data: new ArrayBuffer(length) };
        const start = performance.now();
        await run.push(value);
        await outputs.read();
        return performance.now() - start;
      };
      await trip(8);
      const elapsed = await trip(bytes);
      run.end();
      await runtime.close();
      return elapsed * 1000;
    },
    { manifest: PASS, bytes: LARGE_BYTES },
  );
}

await bench("messages", async (it) => {
  it.server.fault("/echo-worker.js", { body: ECHO });
  await it.compare({
    metric: "round_trip_us",
    unit: "µs",
    peers: { "bare postMessage": bareTrip },
    ours: { "remotemedia push to output": ourTrip },
    target: 1.3,
    note: "100 bytes; ours goes through the public API and one node",
  });
  await it.compare({
    metric: "38_mb_us",
    unit: "µs",
    peers: { "bare transfer": bareTransfer },
    ours: { "remotemedia push to output": ourTransfer },
    target: 1.5,
  });
});
