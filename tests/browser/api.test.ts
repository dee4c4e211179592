/** The rest of the API, in pages of every kind. */
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { cp, readFile, rm as remove } from "node:fs/promises";
import { createServer } from "node:http";
import { fileURLToPath } from "node:url";
import { test } from "node:test";
import { promisify } from "node:util";
import { eachEngine } from "./harness/index.ts";

const bundle = fileURLToPath(new URL("../../dist/remotemedia/", import.meta.url));
const pages = fileURLToPath(new URL("./harness/pages/", import.meta.url));

const manifest = {
  version: "v1",
  nodes: [
    { id: "add", node_type: "AddNode", params: { addend: 3 } },
    { id: "text", node_type: "DataTransformNode", params: { operation: "double" } },
  ],
  connections: [{ from: "add", to: "text" }],
};

/** Every node of the contract, with its other names. */
const NODES: Record<string, string[]> = {
  MultiplyNode: [],
  AddNode: [],
  CalculatorNode: [],
  PassThrough: ["PassThroughNode"],
  Echo: [],
  TextProcessorNode: [],
  DataTransformNode: [],
  AudioDecode: [],
  AudioResample: ["RustResampleNode", "FastResampleNode", "AudioTransform", "AudioResampler"],
  AudioMix: [],
  VoiceActivity: ["RustVADNode", "VoiceActivityDetector"],
  TextCollector: [],
  Subtitles: [],
  Whisper: ["RustWhisperNode", "RustWhisperTranscriber", "WhisperXTranscriber"],
};

eachEngine("api", (bench) => {
  test("a run tells what it did in every field, and numbers that can be", async () => {
    const page = await bench.open();
    const { result, capabilities, progress, wall } = await page.evaluate(async (manifest) => {
      const progress: { what: string; name: string; loaded: number; total: number | null }[] = [];
      const runtime = await rm.Runtime.start({ onProgress: (it) => void progress.push(it) });
      const start = performance.now();
      const result = await runtime.run(manifest, { inputs: [1, 2, 3] });
      const wall = performance.now() - start;
      const { capabilities } = runtime;
      await runtime.close();
      return { result, capabilities, progress, wall };
    }, manifest);
    assert.equal(result.status, "success");
    assert.deepEqual(result.outputs, [8, 10, 12]);
    assert.deepEqual(result.graph_info, {
      node_count: 2,
      source_count: 1,
      sink_count: 1,
      execution_order: ["add", "text"],
    });
    assert.deepEqual(Object.keys(result).sort(), ["graph_info", "metrics", "outputs", "status"]);
    const { metrics } = result;
    assert.deepEqual(Object.keys(metrics).sort(), ["loadMs", "nodes", "peakBytes", "startMs", "totalMs"]);
    assert.deepEqual(Object.keys(metrics.loadMs).sort(), ["models", "python", "wasm"]);
    // Clocks of two threads, in whole milliseconds.
    assert.ok(metrics.totalMs > 0 && metrics.totalMs <= wall + 2, `${metrics.totalMs} of ${wall} ms`);
    assert.ok(metrics.startMs > 0 && metrics.startMs <= metrics.totalMs);
    assert.ok(metrics.loadMs.python > 0 && metrics.loadMs.models === 0);
    assert.ok(metrics.peakBytes > 0 && metrics.peakBytes < 100_000);
    for (const id of ["add", "text"]) {
      const node = metrics.nodes[id]!;
      const fields = ["busyMs", "bytesIn", "bytesOut", "items", "p50Us", "p95Us", "waitMs"];
      assert.deepEqual(Object.keys(node).sort(), fields);
      assert.equal(node.items, 3);
      assert.ok(node.bytesIn > 0 && node.bytesOut > 0 && node.busyMs >= 0 && node.waitMs >= 0);
      assert.ok(node.p50Us >= 0 && node.p95Us >= node.p50Us);
    }

    assert.equal(capabilities.crossOriginIsolated, true);
    assert.equal(capabilities.threads, true);
    assert.equal(capabilities.simd, true);
    const fields = [
      "crossOriginIsolated",
      "threads",
      "simd",
      "relaxedSimd",
      "opfs",
      "serviceWorker",
      "webgpu",
    ];
    assert.deepEqual(Object.keys(capabilities).sort(), [...fields, "reasons"].sort());
    // For everything that is missing there is a reason.
    const missing = fields.filter((it) => !capabilities[it as keyof typeof capabilities]);
    assert.equal(capabilities.reasons.length, missing.length);

    assert.ok(progress.length > 0);
    progress.forEach((it, at) => {
      assert.equal(it.what, "wasm");
      const before = progress.slice(0, at).findLast(({ name }) => name === it.name);
      assert.ok(it.loaded > (before?.loaded ?? 0) && (it.total === null || it.loaded <= it.total));
    });
  });

  test("nodes are listed with their other names and schemas, and a listing is the reader's own", async () => {
    const page = await bench.open();
    const nodes = await page.evaluate(async () => {
      const runtime = await rm.Runtime.start();
      const first = await runtime.nodes();
      for (const it of first) it.type = "changed";
      const nodes = await runtime.nodes();
      await runtime.close();
      return nodes;
    });
    const names = nodes.flatMap(({ type, aliases }) => [type, ...aliases]);
    assert.equal(new Set(names).size, names.length);
    for (const [type, aliases] of Object.entries(NODES)) {
      const node = nodes.find((it) => it.type === type);
      assert.ok(node, `${type} is listed`);
      for (const alias of aliases) assert.ok(node.aliases.includes(alias), `${alias} is a name of ${type}`);
      assert.ok(["rust", "python"].includes(node.language), type);
      assert.ok(node.description.length > 10, type);
      assert.equal(node.params["type"], "object", type);
      assert.ok(node.inputs.length > 0 && node.outputs.length > 0, type);
    }
    const resample = nodes.find(({ type }) => type === "AudioResample")?.params["properties"] as Record<
      string,
      object
    >;
    assert.ok(resample["sample_rate"] && resample["channels"] && resample["quality"]);
  });

  test("a page without isolation runs the same, and says what it lacks", async () => {
    const page = await bench.open("/test.html", { isolated: false });
    const { outputs, capabilities } = await page.evaluate(async (manifest) => {
      const runtime = await rm.Runtime.start();
      const { outputs } = await runtime.run(manifest, { inputs: [1] });
      // WebKitGTK 2.50 has no such symbol yet; there it is close() alone.
      await (Symbol.asyncDispose ? runtime[Symbol.asyncDispose]() : runtime.close());
      const closed = await runtime.run(manifest).then(
        () => "none",
        (error: unknown) => (error as { code: string }).code,
      );
      return { outputs: [...outputs, closed], capabilities: runtime.capabilities };
    }, manifest);
    assert.deepEqual(outputs, [8, "Closed"]);
    assert.deepEqual([capabilities.crossOriginIsolated, capabilities.threads], [false, false]);
    assert.match(capabilities.reasons.join("\n"), /Cross-Origin-Opener-Policy/);
  });
});

/** Headers of a strict page. */
const POLICY =
  "default-src 'self'; script-src 'self' 'wasm-unsafe-eval'; worker-src 'self'; connect-src 'self'; img-src data:";

/** A page of no inline script, importing the package from `folder`. */
const page = (folder: string) =>
  `<!doctype html><meta charset="utf-8"><link rel="icon" href="data:,"><script type="module" src="${folder}page.js"></script>`;
const PAGE_SCRIPT = `globalThis.ready = import(new URL("./remotemedia.js", import.meta.url)).then((rm) => void (globalThis.rm = rm));`;

/** Serves the bundle below `prefix`, under a policy; counts what was asked for. */
async function serve(prefix: string, policy?: string) {
  const requests: string[] = [];
  const types: Record<string, string> = {
    html: "text/html",
    js: "text/javascript",
    mjs: "text/javascript",
    wasm: "application/wasm",
  };
  const server = createServer((request, response) => {
    const path = new URL(request.url ?? "/", "http://x").pathname;
    requests.push(path);
    const type = types[path.split(".").at(-1) ?? ""] ?? "application/octet-stream";
    const send = (body: string | Buffer) => {
      response.writeHead(200, { "Content-Type": type, ...(policy && { "Content-Security-Policy": policy }) });
      response.end(body);
    };
    if (path === "/index.html") return send(page(prefix));
    if (path === `${prefix}page.js`) return send(PAGE_SCRIPT);
    if (!path.startsWith(prefix)) return void response.writeHead(404).end();
    readFile(bundle + path.slice(prefix.length)).then(send, () => response.writeHead(404).end());
  });
  await new Promise<void>((resolve) => void server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as { port: number };
  const close = () => {
    server.closeAllConnections();
    return new Promise((resolve) => server.close(resolve));
  };
  return { url: `http://127.0.0.1:${port}/index.html`, requests, close };
}

eachEngine(
  "places",
  (bench) => {
    for (const [name, prefix, policy] of [
      ["below a path, under a strict policy", "/some/where/v1.2/", POLICY],
      ["below a path with a space", "/a%20b/", undefined],
    ] as const) {
      test(`the bundle works ${name}`, async () => {
        const server = await serve(prefix, policy);
        try {
          const page = await bench.open("/blank.html");
          await page.goto(server.url);
          const outputs = await page.evaluate(async (manifest) => {
            // The page's own script is a module: it may not have run yet.
            while (!globalThis.rm) await new Promise((resolve) => requestAnimationFrame(resolve));
            const runtime = await rm.Runtime.start();
            const run = runtime.run(manifest, { inputs: [1] });
            const { outputs } = await run;
            const audio = {
              type: "audio",
              sampleRate: 8000,
              channels: 1,
              samples: new Float32Array(8),
            } as const;
            const mix = { version: "v1", nodes: [{ id: "m", node_type: "AudioMix" }], connections: [] };
            const mixed = await runtime.run(mix, { inputs: [audio] });
            await runtime.close();
            return [...outputs, mixed.outputs.length];
          }, manifest);
          assert.deepEqual(outputs, [8, 1]);
          const outside = server.requests.filter((it) => it !== "/index.html" && !it.startsWith(prefix));
          assert.deepEqual(outside, []);
          const refused = (await page.log()).filter((it) => /Content Security Policy|uncaught/.test(it));
          assert.deepEqual(refused, []);
        } finally {
          await server.close();
        }
      });
    }

    test("files and workers may lie elsewhere", async () => {
      // A folder of its own among the test pages, with the same files.
      const elsewhere = `${pages}elsewhere/`;
      await cp(bundle, elsewhere, { recursive: true });
      try {
        const page = await bench.open();
        const seen = bench.server.requests.length;
        const answers = await page.evaluate(async (manifest) => {
          const answers: unknown[] = [];
          const made: string[] = [];
          const python = () => {
            made.push("python");
            return new Worker("/elsewhere/python-worker.js", { type: "module" });
          };
          for (const options of [
            { assets: "/elsewhere" },
            { assets: new URL("/elsewhere/", location.href) },
            { workerUrls: { runtime: "/elsewhere/runtime-worker.js", python } },
          ]) {
            const runtime = await rm.Runtime.start(options);
            answers.push((await runtime.run(manifest, { inputs: [1] })).outputs);
            await runtime.close();
          }
          const bad = await rm.Runtime.start({ assets: "http://[" }).then(
            () => "none",
            (error: unknown) => (error as { code?: string }).code,
          );
          return { answers, made: made.length > 0, bad };
        }, manifest);
        assert.deepEqual(answers, { answers: [[8], [8], [8]], made: true, bad: "LoadFailed" });
        const requests = bench.server.requests.slice(seen);
        for (const file of [
          "runtime-worker.js",
          "runtime.wasm",
          "python-worker.js",
          "python.wasm",
          "pyodide/snapshot.bin",
        ]) {
          assert.ok(requests.includes(`/elsewhere/${file}`), file);
        }
      } finally {
        await remove(elsewhere, { recursive: true });
      }
    });
  },
  { engines: ["chromium"] },
);

test("importing the package where there is no browser is harmless; starting says why it cannot", async () => {
  const script = `
    const { Runtime, PipelineError } = await import(${JSON.stringify(`${bundle}remotemedia.js`)});
    const error = await Runtime.start().catch((it) => it);
    console.log(error instanceof PipelineError, error.code);`;
  const { stdout } = await promisify(execFile)(process.execPath, ["--input-type=module", "-e", script]);
  assert.equal(stdout.trim(), "true NotSupported");
});
