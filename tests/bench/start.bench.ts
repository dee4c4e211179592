/** How long a cold page waits for its first useful result, against an empty wasm module in a worker. */
import type { Page } from "../browser/harness/index.ts";
import { bench } from "./frame.ts";

/** Loads the smallest wasm module there is in a fresh module worker, over the network as ours are; milliseconds. */
async function emptyModule(): Promise<number> {
  const start = performance.now();
  const worker = new Worker("/empty-worker.js", { type: "module" });
  await new Promise((resolve) => (worker.onmessage = resolve));
  const elapsed = performance.now() - start;
  worker.terminate();
  return elapsed;
}

/** As {@link emptyModule}, a second time in the same page. */
async function emptyModuleAgain(page: Page): Promise<number> {
  await page.evaluate(emptyModule);
  return page.evaluate(emptyModule);
}

/** As {@link firstResult}, a second time in the same page. */
async function firstResultAgain(page: Page): Promise<number> {
  await page.evaluate(firstResult);
  return page.evaluate(firstResult);
}

/** Loads the package, starts it and runs three numbers through two Rust nodes; milliseconds. */
async function firstResult(): Promise<number> {
  const start = performance.now();
  const { Runtime }: typeof rm = await import(
    /* @vite-ignore */ `${location.origin}/remotemedia/remotemedia.js`
  );
  const runtime = await Runtime.start();
  const manifest = {
    version: "v1",
    metadata: { name: "start" },
    nodes: [
      { id: "multiply", node_type: "MultiplyNode", params: { factor: 2 } },
      { id: "add", node_type: "AddNode", params: { addend: 10 } },
    ],
    connections: [{ from: "multiply", to: "add" }],
  };
  const { outputs } = await runtime.run(manifest, { inputs: [5, 7, 3] });
  const elapsed = performance.now() - start;
  await runtime.close();
  if (JSON.stringify(outputs) !== "[20,24,16]") throw new Error(`wrong result: ${JSON.stringify(outputs)}`);
  return elapsed;
}

const WORKER = `
  const { instance } = await WebAssembly.instantiateStreaming(fetch("/empty.wasm"));
  postMessage(Object.keys(instance.exports).length);
`;

await bench("start", async (it) => {
  it.server.fault("/empty-worker.js", { body: WORKER });
  it.server.fault("/empty.wasm", { body: Uint8Array.of(0, 97, 115, 109, 1, 0, 0, 0) });
  await it.compare({
    metric: "first_result_ms",
    unit: "ms",
    path: "/blank.html",
    peers: { "empty wasm module in a worker": (page) => page.evaluate(emptyModule) },
    ours: { remotemedia: (page) => page.evaluate(firstResult) },
    target: 3,
    note: "cold page, Rust-only pipeline, everything fetched",
    what: "first result of a cold page",
    short:
      "the page's module, its coordinator, a worker's script and its engine are fetched, against one small file each",
  });
  await it.compare({
    metric: "warm_first_result_ms",
    unit: "ms",
    path: "/blank.html",
    peers: { "empty wasm module in a worker": emptyModuleAgain },
    ours: { remotemedia: firstResultAgain },
    target: 3,
    note: "a second start in the same page; nothing is cached by this server",
  });
});
