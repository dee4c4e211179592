/** How long Python takes to be ready, against Pyodide's own start in a worker. */
import type { Page } from "../browser/harness/index.ts";
import { bench } from "./frame.ts";
import { chain } from "./manifests.ts";

const WORKER = `
  import { loadPyodide } from "/remotemedia/pyodide/pyodide.mjs";
  const pyodide = await loadPyodide({ indexURL: "/remotemedia/pyodide/" });
  postMessage(pyodide.runPython("1 + 1"));
`;

/** Milliseconds until a worker that loads Pyodide the plain way has computed something. */
async function plain(page: Page): Promise<number> {
  return page.evaluate(async () => {
    const start = performance.now();
    const worker = new Worker("/plain-worker.js", { type: "module" });
    await new Promise((resolve) => (worker.onmessage = resolve));
    const elapsed = performance.now() - start;
    worker.terminate();
    return elapsed;
  });
}

/** Milliseconds until the first result of a Python node; the runtime worker runs already. */
async function firstNode(page: Page): Promise<number> {
  return page.evaluate(
    async (manifest) => {
      const runtime = await rm.Runtime.start();
      const start = performance.now();
      const { outputs } = await runtime.run(manifest, { inputs: ["hello"] });
      const elapsed = performance.now() - start;
      await runtime.close();
      if (!JSON.stringify(outputs).includes("HELLO"))
        throw new Error(`wrong result: ${JSON.stringify(outputs)}`);
      return elapsed;
    },
    chain("python", [{ type: "TextProcessorNode", params: { operations: ["uppercase"] } }]),
  );
}

await bench("python-start", async (it) => {
  it.server.fault("/plain-worker.js", { body: WORKER });
  await it.compare({
    metric: "first_python_node_ms",
    unit: "ms",
    peers: { "plain loadPyodide": plain },
    ours: { remotemedia: firstNode },
    target: 0.25,
    what: "first Python node of a page",
    short: "instantiating Pyodide's 9.6 MB of wasm is the same for both",
  });
});
