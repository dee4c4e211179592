import type { Runtime } from "remotemedia";
import { startRuntime } from "../bundle.ts";
import { builtInSounds } from "../speech/built-in.ts";
import { transcription } from "../speech/pipelines.ts";
import { WaitWatch } from "./waiting.ts";

/** Something that is measured in this browser through the public API. */
export interface Measurement {
  name: string;
  title: string;
  unit: string;
  /** What exactly is measured. */
  how: string;
  /** What the README's table calls the same, where it measures the same. */
  published?: string;
  isMoreBetter?: boolean;
}

const RUST_ITEMS = 100_000;
const MIXED_ITEMS = 1000;

export const MEASUREMENTS = [
  {
    name: "start",
    title: "A fresh runtime’s first result",
    unit: "ms",
    how: "Start of the workers, then three numbers through two Rust nodes. The files are in the browser’s cache.",
  },
  {
    name: "rust",
    title: "Two Rust nodes, per number",
    unit: "µs",
    how: `${RUST_ITEMS.toLocaleString("en")} numbers, multiplied and added to; workers are warm.`,
    published: "Rust pipeline of two nodes, per number",
  },
  {
    name: "mixed",
    title: "Rust, then Python, per number",
    unit: "µs",
    how: `${MIXED_ITEMS.toLocaleString("en")} numbers, multiplied in Rust, made an object of in Python; workers are warm.`,
    published: "mixed pipeline (Rust, then Python), per item",
  },
  {
    name: "speech",
    title: "Transcription",
    unit: "× real time",
    how: "The longest recording of this site with the demo model: decoding, resampling, transcribing.",
    isMoreBetter: true,
  },
  {
    name: "page-share",
    title: "The page kept waiting meanwhile",
    unit: "%",
    how: "Share of the transcription’s time in which a timer of this page came 4 ms late or more.",
  },
  {
    name: "page-longest",
    title: "Longest wait of the page meanwhile",
    unit: "ms",
    how: "How late the latest timer of this page came while the transcription ran.",
  },
] as const satisfies readonly Measurement[];

export type MeasurementName = (typeof MEASUREMENTS)[number]["name"];

const PYTHON = `
from remotemedia import Node

class Parity(Node):
    def process(self, data):
        return {"value": data, "even": data % 2 == 0}
`;

/** How far it is: a step of so many is done, and this is next. */
export interface Progress {
  done: number;
  total: number;
  next: string;
}

/** What the meter tells. */
interface Listeners {
  onProgress: (progress: Progress) => void;
  /** One run's result. */
  onSample: (name: MeasurementName, value: number) => void;
}

/** Measures everything, each `runs` times, in workers of its own; rejects with the signal's reason. */
export async function measureAll(runs: number, signal: AbortSignal, listeners: Listeners): Promise<void> {
  const { onProgress, onSample } = listeners;
  // Each part, and what makes it ready.
  const total = 4 * (runs + 1);
  let done = 0;
  const step = async (next: string, work: () => Promise<void>): Promise<void> => {
    signal.throwIfAborted();
    onProgress({ done, total, next });
    await work();
    done += 1;
  };
  const times = async (next: string, work: () => Promise<void>): Promise<void> => {
    for (let run = 1; run <= runs; run += 1) await step(`${next}, run ${run} of ${runs}`, work);
  };
  const first = async (): Promise<number> => {
    const [ms, runtime] = await timed(() => firstResult(signal));
    await runtime.close();
    return ms;
  };
  await step("start", async () => void (await first()));
  await times("start", async () => onSample("start", await first()));

  const runtime = await startRuntime(() => {});
  try {
    const rust = (): Promise<number> => perItem(runtime, RUST, RUST_ITEMS, signal);
    await step("Rust, once to warm up", async () => void (await rust()));
    await times("Rust", async () => onSample("rust", await rust()));
    const mixed = (): Promise<number> => perItem(runtime, MIXED, MIXED_ITEMS, signal);
    await step("Python starts", async () => {
      await runtime.registerPython(PYTHON);
      await mixed();
    });
    await times("Rust and Python", async () => onSample("mixed", await mixed()));
    const recording = await longest();
    await step("the model loads", async () => void (await transcribe(runtime, recording, signal)));
    await times("transcription", async () => {
      const { speed, share, late } = await transcribe(runtime, recording, signal);
      onSample("speech", speed);
      onSample("page-share", 100 * share);
      onSample("page-longest", late);
    });
    onProgress({ done, total, next: "" });
  } finally {
    await runtime.close();
  }
}

const RUST = chain(["MultiplyNode", { factor: 2 }], ["AddNode", { addend: 10 }]);
const MIXED = chain(["MultiplyNode", { factor: 3 }], ["Parity", {}]);

async function firstResult(signal: AbortSignal): Promise<Runtime> {
  const runtime = await startRuntime(() => {});
  try {
    await runtime.run(RUST, { inputs: [5, 7, 3], signal });
    return runtime;
  } catch (error) {
    await runtime.close();
    throw error;
  }
}

/** Microseconds per item, the page's own part included. */
async function perItem(
  runtime: Runtime,
  manifest: object,
  items: number,
  signal: AbortSignal,
): Promise<number> {
  const inputs = Array.from({ length: items }, (_, at) => at);
  const [ms, { outputs }] = await timed(() => runtime.run(manifest, { inputs, signal }));
  if (outputs.length !== items) throw new Error(`${outputs.length} of ${items} results came`);
  return (1000 * ms) / items;
}

interface Recording {
  file: File;
  seconds: number;
}

/** The longest recording of this site. */
async function longest(): Promise<Recording> {
  const [sound] = (await builtInSounds()).sort((a, b) => b.seconds - a.seconds);
  if (!sound) throw new Error("this site has no recordings");
  return { file: await sound.file(), seconds: sound.seconds };
}

async function transcribe(
  runtime: Runtime,
  { file, seconds }: Recording,
  signal: AbortSignal,
): Promise<{ speed: number; share: number; late: number }> {
  const manifest = transcription({
    model: "demo",
    language: "en",
    task: "transcribe",
    timestamps: "segment",
  });
  const watch = new WaitWatch();
  watch.start();
  try {
    // Somebody listens, as the view of speech does: the page's part is measured too.
    const run = runtime.run(manifest, { inputs: [file], signal, onEvent: () => {} });
    const [ms] = await timed(() => run);
    const { share, longest } = watch.stop();
    return { speed: (1000 * seconds) / ms, share, late: longest };
  } finally {
    watch.stop();
  }
}

async function timed<T>(work: () => PromiseLike<T>): Promise<[ms: number, result: T]> {
  const start = performance.now();
  const result = await work();
  return [performance.now() - start, result];
}

function chain(...steps: [type: string, params: object][]): object {
  return {
    version: "v1",
    metadata: { name: "measured" },
    nodes: steps.map(([node_type, params], at) => ({ id: `n${at}`, node_type, params })),
    connections: steps.slice(1).map((_, at) => ({ from: `n${at}`, to: `n${at + 1}` })),
  };
}
