/** What a hop costs: a small message, a small value, and a large one that no node reads. */
import type { Page } from "../browser/harness/index.ts";
import { bench } from "./frame.ts";
import { PASS } from "./manifests.ts";

/** Trips of small messages in one sample, after some that warm up. */
const TRIPS = 500;
const WARM_UP = 100;
/** Trips of large ones. */
const LARGE_TRIPS = 9;
const LARGE_BYTES = 38_400_000;

const ECHO = "onmessage = ({ data }) => postMessage(data, data instanceof ArrayBuffer ? [data] : []);";

/** Microseconds (median) for 100 bytes to a worker and back, by `postMessage` alone. */
async function bareTrip(page: Page): Promise<number> {
  return page.evaluate(
    async ({ trips, warmUp }) => {
      const worker = new Worker("/echo-worker.js", { type: "module" });
      const times: number[] = [];
      for (let at = -warmUp; at < trips; at += 1) {
        const start = performance.now();
        await new Promise<void>((resolve) => {
          // An answer counts once it is read: engines rebuild it no sooner.
          worker.onmessage = ({ data }) => resolve(void data[0].length);
          worker.postMessage([new Uint8Array(100)]);
        });
        if (at >= 0) times.push(performance.now() - start);
      }
      worker.terminate();
      return times.sort((a, b) => a - b)[trips >> 1]! * 1000;
    },
    { trips: TRIPS, warmUp: WARM_UP },
  );
}

/**
 * Microseconds (median) for a question of 100 bytes to the engine: the coordinator writes a frame, the engine reads it,
 * looks at the text (no manifest: one look), writes its answer as a frame, and the coordinator reads that.
 */
async function protocolTrip(page: Page): Promise<number> {
  return page.evaluate(
    async ({ trips, warmUp }) => {
      const runtime = await rm.Runtime.start();
      const text = "x".repeat(100);
      const times: number[] = [];
      for (let at = -warmUp; at < trips; at += 1) {
        const start = performance.now();
        const problems = await runtime.validate(text);
        if (at >= 0) times.push(performance.now() - start);
        if (problems.length !== 1) throw new Error("wrong answer");
      }
      await runtime.close();
      return times.sort((a, b) => a - b)[trips >> 1]! * 1000;
    },
    { trips: TRIPS, warmUp: WARM_UP },
  );
}

/** Microseconds (median) from `push` of a text of 100 bytes until it is read from the stream, a node in between. */
async function pushTrip(page: Page): Promise<number> {
  return page.evaluate(
    async ({ manifest, trips, warmUp }) => {
      const runtime = await rm.Runtime.start();
      const run = runtime.run(manifest, { inputs: "stream", collect: false });
      const outputs = run.stream().getReader();
      const text = "x".repeat(100);
      const times: number[] = [];
      for (let at = -warmUp; at < trips; at += 1) {
        const start = performance.now();
        await run.push(text);
        await outputs.read();
        if (at >= 0) times.push(performance.now() - start);
      }
      run.end();
      await runtime.close();
      return times.sort((a, b) => a - b)[trips >> 1]! * 1000;
    },
    { manifest: PASS, trips: TRIPS, warmUp: WARM_UP },
  );
}

/** Microseconds (median) to send a large buffer to a worker and have it back, a fresh one each time. */
async function bareTransfer(page: Page): Promise<number> {
  return page.evaluate(
    async ({ bytes, trips, warmUp }) => {
      const worker = new Worker("/echo-worker.js", { type: "module" });
      const times: number[] = [];
      for (let at = -warmUp; at < trips; at += 1) {
        const buffer = new ArrayBuffer(at < 0 ? 8 : bytes);
        const start = performance.now();
        await new Promise<void>((resolve) => {
          worker.onmessage = ({ data }) => resolve(void data.byteLength);
          worker.postMessage(buffer, [buffer]);
        });
        if (at >= 0) times.push(performance.now() - start);
      }
      worker.terminate();
      return times.sort((a, b) => a - b)[trips >> 1]! * 1000;
    },
    { bytes: LARGE_BYTES, trips: LARGE_TRIPS, warmUp: WARM_UP },
  );
}

/** Microseconds (median) for the same through a node that does not read it. */
async function pushTransfer(page: Page): Promise<number> {
  return page.evaluate(
    async ({ manifest, bytes, trips, warmUp }) => {
      const runtime = await rm.Runtime.start();
      const run = runtime.run(manifest, { inputs: "stream", collect: false, transfer: true });
      const outputs = run.stream().getReader();
      const times: number[] = [];
      for (let at = -warmUp; at < trips; at += 1) {
        const data = new ArrayBuffer(at < 0 ? 8 : bytes);
        const start = performance.now();
        await run.push({ type: "bytes", data });
        await outputs.read();
        if (at >= 0) times.push(performance.now() - start);
        if (data.byteLength !== 0) throw new Error("copied, not moved");
      }
      run.end();
      await runtime.close();
      return times.sort((a, b) => a - b)[trips >> 1]! * 1000;
    },
    { manifest: PASS, bytes: LARGE_BYTES, trips: LARGE_TRIPS, warmUp: WARM_UP },
  );
}

await bench("messages", async (it) => {
  it.server.fault("/echo-worker.js", { body: ECHO });
  await it.compare({
    metric: "round_trip_us",
    unit: "µs",
    peers: { "bare postMessage": bareTrip },
    ours: { "remotemedia validate": protocolTrip },
    target: 1.3,
    note: "100 bytes, Rust to Rust through protocol's frames",
    what: "message round trip, 100 bytes, Rust to Rust",
    short:
      "each frame crosses from JavaScript to wasm and back at both ends, and the answer becomes an object",
  });
  await it.compare({
    metric: "push_to_output_us",
    unit: "µs",
    peers: { "bare postMessage": bareTrip },
    ours: { "remotemedia push to output": pushTrip },
    note: "100 bytes through the public API, the scheduler and one node; for information",
  });
  await it.compare({
    metric: "38_mb_us",
    unit: "µs",
    peers: { "bare transfer": bareTransfer },
    ours: { "remotemedia push to output": pushTransfer },
    target: 1.5,
    note: "public API, scheduler and one node that does not read it; nothing is copied",
    what: "38 MB through a node that does not read it",
    short: "the bytes are moved, never copied; what is left is the fixed price of a push and its output",
  });
});
