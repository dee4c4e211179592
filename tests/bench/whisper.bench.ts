/**
 * The speech engine: each stage on random weights of whisper-tiny's size, one thread, each sample in a fresh worker; then
 * the whole of it on the demo model in the real bundle. With `--peer`, beside engines that do the same work on the same
 * weights.
 */
import { readFile } from "node:fs/promises";
import { basename } from "node:path";
import { randomModel } from "../browser/harness/ggml.ts";
import { type Page, type TestServer } from "../browser/harness/index.ts";
import { serveWatched, wasmMemory, WATCHED } from "../browser/speech-kit.ts";
import { Bench, bench, median } from "./frame.ts";

const ROOT = new URL("../../", import.meta.url);
const SHORT = Boolean(process.env["RM_BENCH_SHORT"]);
const PEERS = Boolean(process.env["RM_BENCH_PEER"]);
const RUNS = SHORT ? 1 : 5;
/** Tokens that are decoded one by one; speech has two or three a second. */
const TOKENS = SHORT ? 4 : 80;
const WINDOW_MS = 30_000;

/** One engine: the script of its worker, and what that loads. */
interface Engine {
  name: string;
  script: string;
  argument: string;
  /** Whether it makes its own log-mel. */
  hears: boolean;
}

const OURS: Engine = { name: "remotemedia f32", script: "ours.js", argument: "tiny", hears: true };
const RTEN: Engine = { name: "rten f32", script: "rten.js", argument: "f32", hears: false };
const ONNX: Engine[] = ["f32", "q8"].map((precision) => ({
  name: `onnxruntime-web ${precision}`,
  script: "onnxruntime.js",
  argument: precision,
  hears: false,
}));

/** Milliseconds (or bytes) by metric. */
type Sample = Record<string, number>;

/** Folders whose files a page of the benchmark fetches. */
const FOLDERS: [path: string, folder: string][] = [
  ["/bench/", "tests/bench/speech/"],
  ["/speech/", "target/bindgen/speech/"],
  ["/rten/", "target/bindgen/rten/"],
  ["/peer/", "target/peer/"],
  ["/ort/", "target/peer/node_modules/onnxruntime-web/dist/"],
];

const FILES: Record<string, string[]> = {
  "/bench/": ["worker.js", "ours.js", "rten.js", "onnxruntime.js"],
  "/speech/": ["speech.js", "speech_bg.wasm"],
  "/rten/": ["rten.js", "rten_bg.wasm"],
  "/peer/": ["f32", "q8"].flatMap((it) =>
    ["encoder", "cross", "decoder"].map((graph) => `${graph}-${it}.onnx`),
  ),
  "/ort/": ["ort.wasm.min.mjs", "ort-wasm-simd-threaded.mjs", "ort-wasm-simd-threaded.wasm"],
};

async function serveFiles(server: TestServer): Promise<void> {
  for (const [path, folder] of FOLDERS) {
    if (!PEERS && !["/bench/", "/speech/"].includes(path)) continue;
    for (const name of FILES[path]!) {
      server.fault(path + name, { body: await readFile(new URL(folder + name, ROOT)) });
    }
  }
}

/** All stages once, in a fresh worker. */
async function stages(page: Page, engine: Engine): Promise<Sample> {
  return page.evaluate(
    async ({ script, argument, hears, tokens }: Engine & { tokens: number }) => {
      const worker = new Worker(`/bench/${script}`, { type: "module" });
      const answer = (): Promise<{ ms: number; bytes: number }> =>
        new Promise((resolve, reject) => {
          worker.onmessage = ({ data }) => (data.error ? reject(new Error(data.error)) : resolve(data));
          worker.onerror = (event) => reject(new Error(event.message || script));
        });
      const timed = (stage: string, argument?: unknown) => {
        const answered = answer();
        worker.postMessage({ stage, argument });
        return answered;
      };
      await answer();
      const found: Record<string, number> = {};
      found["load_ms"] = (await timed("load", argument)).ms;
      if (hears) {
        await timed("mel");
        found["mel_ms"] = (await timed("mel")).ms;
      }
      found["first_encode_ms"] = (await timed("encode")).ms;
      found["encode_ms"] = (await timed("encode")).ms;
      await timed("decode", 2);
      const short = (await timed("decode", 1)).ms;
      const long = await timed("decode", 1 + tokens);
      found["decode_ms_per_token"] = (long.ms - short) / tokens;
      if (long.bytes > 0) found["peak_bytes"] = long.bytes;
      worker.terminate();
      return found;
    },
    { ...engine, tokens: TOKENS },
  );
}

/** Engines in turn, and a line for each of their metrics. */
async function compare(it: Bench, engines: Engine[]): Promise<void> {
  const samples = new Map(engines.map(({ name }) => [name, [] as Sample[]]));
  for (let run = 0; run < RUNS; run += 1) {
    for (const engine of engines) {
      const page = await it.newPage();
      await page.goto(it.server.url("/blank.html"));
      samples.get(engine.name)!.push(withRtf(await stages(page, engine)));
      await page.close();
    }
  }
  for (const { name } of engines) {
    for (const metric of Object.keys(samples.get(name)![0]!)) report(it, name, metric, samples);
  }
}

function withRtf(sample: Sample): Sample {
  const { mel_ms = 0, encode_ms = 0, decode_ms_per_token = 0 } = sample;
  return { ...sample, rtf: (mel_ms + encode_ms + 80 * decode_ms_per_token) / WINDOW_MS };
}

const UNITS: Record<string, string> = { peak_bytes: "bytes", rtf: "" };
const WHAT: Record<string, string> = {
  encode_ms: "Whisper, tiny sizes: encode a window of 30 s",
  decode_ms_per_token: "Whisper, tiny sizes: decode a token",
  load_ms: "Whisper, tiny sizes: load",
};

function report(it: Bench, name: string, metric: string, samples: Map<string, Sample[]>): void {
  const of = (engine: string): number[] => (samples.get(engine) ?? []).map((sample) => sample[metric] ?? NaN);
  const ours = name === OURS.name;
  const values = of(name);
  const peer = ours && metric in WHAT && samples.has(RTEN.name) ? median(of(RTEN.name)) : undefined;
  it.report({
    bench: it.name,
    engine: name,
    metric,
    unit: UNITS[metric] ?? "ms",
    median: median(values),
    min: Math.min(...values),
    runs: values.length,
    ...(peer === undefined
      ? {}
      : { peer: RTEN.name, peer_median: peer, ratio: median(values) / peer, target: 1, what: WHAT[metric]! }),
    ...(metric === "rtf" ? { note: "log-mel, encoder and 80 tokens, against the 30 s of the window" } : {}),
  });
}

/** The whole bundle on the demo model: how long a recording takes, against its length. */
async function transcribe(page: Page, name: string): Promise<Sample> {
  return page.evaluate(async (name: string) => {
    const { Runtime }: typeof rm = await import(
      /* @vite-ignore */ `${location.origin}/remotemedia/remotemedia.js`
    );
    const runtime = await Runtime.start();
    const manifest = {
      version: "v1",
      metadata: { name: "speech" },
      nodes: [
        { id: "decode", node_type: "AudioDecode", params: {} },
        { id: "whisper", node_type: "Whisper", params: { language: "en" } },
      ],
      connections: [{ from: "decode", to: "whisper" }],
    };
    const file = await (await fetch(`/recordings/${name}`)).blob();
    const start = performance.now();
    const { outputs, metrics } = await runtime.run(manifest, { inputs: [file] });
    const ms = performance.now() - start;
    await runtime.close();
    const { audio_duration } = outputs[0] as { audio_duration: number };
    return { rtf: ms / 1000 / audio_duration, peak_bytes: metrics.peakBytes };
  }, name);
}

async function wholeBundle(it: Bench): Promise<void> {
  const folder = new URL("whisper/demo-model/recordings/", ROOT);
  const name = SHORT ? "command.wav" : "long.wav";
  it.server.fault(`/recordings/${name}`, { body: await readFile(new URL(name, folder)) });
  const samples: Sample[] = [];
  for (let run = 0; run < RUNS; run += 1) {
    const page = await it.newPage();
    await page.goto(it.server.url("/blank.html"));
    samples.push(await transcribe(page, name));
    await page.close();
  }
  const note = `${basename(name)}, model and workers started anew`;
  for (const metric of ["rtf", "peak_bytes"]) {
    const values = samples.map((sample) => sample[metric]!);
    it.report({
      bench: it.name,
      engine: "remotemedia demo model",
      metric,
      unit: UNITS[metric]!,
      median: median(values),
      min: Math.min(...values),
      runs: values.length,
      note,
    });
  }
}

/** Milliseconds from `cancel()` until nothing of a run works any more, with weights of true size. */
async function compareCancel(it: Bench): Promise<void> {
  for (const size of ["tiny", "base"] as const) {
    it.server.fault(`/random/${size}.bin`, { body: randomModel(size) });
    for (const stage of ["encode", "decode"]) {
      await it.compare({
        metric: `cancel_${stage}_ms`,
        unit: "ms",
        ours: { [`remotemedia ${size}`]: (page) => cancelled(page, size, stage) },
        target: 200,
        what: `cancelling Whisper (${size}) ${stage === "encode" ? "in the encoder" : "between tokens"}`,
        short: "by the clock: a worker is heard when the machine lets it speak",
      });
    }
  }
}

function cancelled(page: Page, size: string, stage: string): Promise<number> {
  return page.evaluate(
    async ({ size, stage }) => {
      const model = `${location.origin}/random/${size}.bin`;
      const params = { model, language: "en", temperature: [0], vad: false };
      const nodes = [{ id: "speech", node_type: "Whisper", params }];
      const manifest = { version: "v1", metadata: { name: "cancel" }, nodes, connections: [] };
      const runtime = await rm.Runtime.start();
      await runtime.models.load(model);
      const samples = Float32Array.from({ length: 16_000 * 20 }, (_, at) => Math.sin(at / 5) / 3);
      let ready = (): void => {};
      const begun = new Promise<void>((resolve) => (ready = resolve));
      const run = runtime.run(manifest, {
        inputs: [{ type: "audio", sampleRate: 16_000, channels: 1, samples }],
        onEvent: ({ type }) => type === (stage === "encode" ? "progress" : "partial") && ready(),
      });
      void run.then(undefined, () => undefined);
      await begun;
      const start = performance.now();
      await run.cancel();
      const elapsed = performance.now() - start;
      await runtime.close();
      return elapsed;
    },
    { size, stage },
  );
}

/** What the worker holds after a recording of three hours, against one of ten minutes. */
async function compareMemory(it: Bench): Promise<void> {
  const long = new URL("whisper/demo-model/recordings/long.wav", ROOT);
  it.server.fault("/recordings/long.wav", { body: await readFile(long) });
  serveWatched(it.server);
  const page = await it.newPage();
  await page.goto(it.server.url("/test.html"));
  const held: number[] = [];
  // In the short form minutes stand for hours.
  for (const minutes of SHORT ? [3, 6] : [10, 180]) {
    await page.evaluate(transcribeRepeated, { minutes, compute: WATCHED });
    held.push(await page.evaluate(wasmMemory));
  }
  await page.close();
  const [short = NaN, whole = NaN] = held;
  it.report({
    bench: it.name,
    engine: "remotemedia demo model",
    metric: "long_peak_bytes",
    unit: "bytes",
    median: whole,
    min: whole,
    runs: 1,
    peer: SHORT ? "3 minutes" : "10 minutes",
    peer_median: short,
    ratio: whole / short,
    target: 1.05,
    what: "memory of the worker, 3 h of speech against 10 min",
    short:
      "the finished transcript, 3300 segments, is held as text, values and message; sound is held in windows of constant size",
  });
}

/** Transcribes the same recording again and again in one file, in the worker that is there already. */
async function transcribeRepeated({ minutes, compute }: { minutes: number; compute: string }): Promise<void> {
  const kept = globalThis as unknown as { runtime?: Awaited<ReturnType<typeof rm.Runtime.start>> };
  kept.runtime ??= await rm.Runtime.start({ computeWorkers: 1, workerUrls: { compute } });
  const bytes = await (await fetch("/recordings/long.wav")).arrayBuffer();
  const sound = bytes.slice(44);
  const repeats = Math.ceil((minutes * 60 * 32_000) / sound.byteLength);
  const head = new DataView(bytes.slice(0, 44));
  head.setUint32(4, 36 + sound.byteLength * repeats, true);
  head.setUint32(40, sound.byteLength * repeats, true);
  const file = new Blob([head, ...Array.from({ length: repeats }, () => sound)]);
  const nodes = [
    { id: "decode", node_type: "AudioDecode", params: {} },
    { id: "speech", node_type: "Whisper", params: { language: "en" } },
  ];
  const connections = [{ from: "decode", to: "speech" }];
  const manifest = { version: "v1", metadata: { name: "long" }, nodes, connections };
  await kept.runtime.run(manifest, { inputs: [file], limits: { queueBytes: 1 << 20 } });
}

await bench("whisper", async (it) => {
  await serveFiles(it.server);
  await compare(it, PEERS ? [OURS, RTEN, ...ONNX] : [OURS]);
  await wholeBundle(it);
  await compareCancel(it);
  await compareMemory(it);
});
