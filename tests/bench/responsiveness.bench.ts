/** What the page has left while both workers are busy, against an idle page in the same run. */
import type { Page } from "../browser/harness/index.ts";
import { bench } from "./frame.ts";
import { chain } from "./manifests.ts";

/** How long each page is watched, in milliseconds. */
const WINDOW_MS = 4000;

const BUSY = chain("busy", [{ type: "MultiplyNode", params: { factor: 1 } }, { type: "BusyPython" }]);

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
      function* endless(): Generator<number[]> {
        for (;;) yield Array.from({ length: 1000 }, (_, at) => at);
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

await bench("responsiveness", async (it) => {
  const lines = await it.compare({
    metric: "main_thread_percent",
    unit: "% of a core",
    peers: { "idle page": mainThreadLoad },
    ours: {
      remotemedia: async (page) => {
        await startWork(page);
        return mainThreadLoad(page);
      },
    },
  });
  const [idle, busy] = lines.map(({ median }) => median);
  const above = (busy ?? 0) - (idle ?? 0);
  it.report({
    bench: it.name,
    engine: "remotemedia",
    metric: "above_idle_percent",
    unit: "% of a core",
    median: above,
    min: above,
    runs: lines[0]?.runs ?? 0,
    target: 3,
  });
  await it.compare({
    metric: "blocking_ms",
    unit: "ms",
    ours: {
      remotemedia: async (page) => {
        await startWork(page);
        return watch(page);
      },
    },
    target: 0,
    note: "longest blockingDuration of an animation frame",
  });
});
