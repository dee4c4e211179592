/** What the page has left while both workers are busy, against an idle page in the same run. */
import { readFile } from "node:fs/promises";
import type { Page } from "../browser/harness/index.ts";
import { type Bench, bench, type Line } from "./frame.ts";
import { chain } from "./manifests.ts";

/** How long each page is watched, in milliseconds. */
const WINDOW_MS = 4000;

const BUSY = chain("busy", [{ type: "MultiplyNode", params: { factor: 1 } }, { type: "BusyPython" }]);

const SPEECH = chain("speech", [{ type: "AudioDecode" }, { type: "Whisper", params: { language: "en" } }]);

const SOURCE = `
from remotemedia import Node

class BusyPython(Node):
    def process(self, data):
        total = 0
        for at in range(20000):
            total += at
            if at % 1000 == 0:
                self.progress(at, 20000)
        return data
`;

/** Starts an endless run whose progress the page listens to; it works until the page is closed. */
async function startWork(page: Page): Promise<void> {
  await page.evaluate(
    async ({ manifest, source }) => {
      const runtime = await rm.Runtime.start();
      await runtime.registerPython(source);
      // One list again and again: what it takes to make lists is not ours.
      const list = Array.from({ length: 1000 }, (_, at) => at);
      function* endless(): Generator<number[]> {
        for (;;) yield list;
      }
      await new Promise<void>((resolve) => {
        runtime
          .run(manifest, {
            inputs: endless(),
            collect: false,
            onEvent: (event) => event.type === "output" && resolve(),
          })
          .then(undefined, () => undefined);
      });
    },
    { manifest: BUSY, source: SOURCE },
  );
}

/** Percent of one core that the main thread uses. */
async function mainThreadLoad(page: Page): Promise<number> {
  const before = await page.cpu();
  await watch(page);
  return ((await page.cpu()).taskSeconds - before.taskSeconds) * (100_000 / WINDOW_MS);
}

/** Longest time an animation frame blocked the page, in milliseconds. */
async function watch(page: Page): Promise<number> {
  return page.evaluate(async (milliseconds) => {
    let longest = 0;
    const observer = new PerformanceObserver((list) => {
      for (const entry of list.getEntries()) {
        longest = Math.max(
          longest,
          (entry as PerformanceEntry & { blockingDuration: number }).blockingDuration,
        );
      }
    });
    observer.observe({ type: "long-animation-frame" });
    await new Promise((resolve) => setTimeout(resolve, milliseconds));
    observer.disconnect();
    return longest;
  }, WINDOW_MS);
}

/** Reports how far ours is above the idle page. */
function reportAbove(
  bench: Bench,
  lines: readonly Line[],
  words: Pick<Line, "metric" | "what" | "short">,
  target: number,
) {
  const [idle, busy] = lines;
  const median = Math.max(0, (busy?.median ?? 0) - (idle?.median ?? 0));
  const { unit = "", runs = 0 } = busy ?? {};
  bench.report({
    bench: bench.name,
    engine: "remotemedia",
    unit,
    median,
    min: median,
    runs,
    target,
    ...words,
  });
}

/** Holds the page against an idle one while `start` has begun some work and that goes on. */
async function compareBusy(
  it: Bench,
  start: (page: Page) => Promise<void>,
  { prefix, while: meanwhile, short }: { prefix: string; while: string; short: string },
): Promise<void> {
  const load = await it.compare({
    metric: `${prefix}main_thread_percent`,
    unit: "% of a core",
    peers: { "idle page": mainThreadLoad },
    ours: {
      remotemedia: async (page) => {
        await start(page);
        return mainThreadLoad(page);
      },
    },
  });
  const what = `main thread while ${meanwhile}, above an idle page`;
  reportAbove(it, load, { metric: `${prefix}above_idle_percent`, what, short }, 3);
  const blocked = await it.compare({
    metric: `${prefix}blocking_ms`,
    unit: "ms",
    peers: { "idle page": watch },
    ours: {
      remotemedia: async (page) => {
        await start(page);
        return watch(page);
      },
    },
    note: "longest blockingDuration of an animation frame, by the clock: a busy machine stretches it",
  });
  reportAbove(
    it,
    blocked,
    {
      metric: `${prefix}blocking_above_idle_ms`,
      what: "longest blocked animation frame meanwhile, above an idle page",
      short: "measured by the clock: other work of the machine counts too",
    },
    0,
  );
}

/** Transcribes recordings without end, each of ten minutes; the page listens to progress and text. */
async function startSpeech(page: Page): Promise<void> {
  await page.evaluate(async (manifest) => {
    const bytes = await (await fetch("/recordings/long.wav")).arrayBuffer();
    const repeats = 8;
    const head = new DataView(bytes.slice(0, 44));
    head.setUint32(4, 36 + (bytes.byteLength - 44) * repeats, true);
    head.setUint32(40, (bytes.byteLength - 44) * repeats, true);
    const file = new Blob([head, ...Array.from({ length: repeats }, () => bytes.slice(44))]);
    const runtime = await rm.Runtime.start();
    function* endless(): Generator<Blob> {
      for (;;) yield file;
    }
    await new Promise<void>((resolve, reject) => {
      runtime
        .run(manifest, {
          inputs: endless(),
          collect: false,
          onEvent: (event) => event.type === "partial" && resolve(),
        })
        .then(undefined, reject);
    });
  }, SPEECH);
}

await bench("responsiveness", async (it) => {
  await compareBusy(it, startWork, {
    prefix: "",
    while: "two workers are busy",
    short: "inputs are encoded and progress is handed out there",
  });
  const long = new URL("../../whisper/demo-model/recordings/long.wav", import.meta.url);
  it.server.fault("/recordings/long.wav", { body: await readFile(long) });
  await compareBusy(it, startSpeech, {
    prefix: "speech_",
    while: "ten minutes are transcribed",
    short: "text and progress are handed out there",
  });
});
