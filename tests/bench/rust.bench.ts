/** A pipeline of Rust nodes: many small items, and one large one. */
import type { Page } from "../browser/harness/index.ts";
import { bench } from "./frame.ts";
import { RUST } from "./manifests.ts";

const ITEMS = 100_000;
const FLOATS = 160_000;

/** Microseconds per item, the page's own work included; the workers are warm. */
async function perItem(page: Page): Promise<number> {
  return page.evaluate(
    async ({ manifest, items }) => {
      const runtime = await rm.Runtime.start();
      await runtime.run(manifest, { inputs: [1, 2, 3] });
      const inputs = Array.from({ length: items }, (_, at) => at);
      const start = performance.now();
      const { outputs } = await runtime.run(manifest, { inputs });
      const elapsed = performance.now() - start;
      await runtime.close();
      if (outputs.length !== items || outputs[7] !== 24) throw new Error("wrong result");
      return (elapsed * 1000) / items;
    },
    { manifest: RUST, items: ITEMS },
  );
}

/** Milliseconds of main-thread CPU for one array of numbers, in and out. */
async function mainThread(page: Page): Promise<number> {
  await page.evaluate(
    async ({ manifest, length }) => {
      const scope = globalThis as unknown as { again: () => Promise<number> };
      const runtime = await rm.Runtime.start();
      const inputs = [Array.from({ length }, (_, at) => at / 2)];
      scope.again = async () => (await runtime.run(manifest, { inputs })).outputs.length;
      await scope.again();
    },
    { manifest: RUST, length: FLOATS },
  );
  const again = () =>
    page.evaluate(() => (globalThis as unknown as { again: () => Promise<number> }).again());
  const idle = () => page.evaluate(() => Promise.resolve(1));
  const before = await page.cpu();
  await idle();
  const between = await page.cpu();
  await again();
  const after = await page.cpu();
  const baseline = between.taskSeconds - before.taskSeconds;
  return Math.max(0, after.taskSeconds - between.taskSeconds - baseline) * 1000;
}

await bench("rust", async (it) => {
  await it.compare({
    metric: "us_per_item",
    unit: "µs",
    ours: { remotemedia: perItem },
    target: 0.34,
    note: `${ITEMS} numbers through two nodes; the target is the original's time on a quiet machine`,
  });
  await it.compare({
    metric: "array_main_thread_ms",
    unit: "ms",
    ours: { remotemedia: mainThread },
    target: 2,
    note: `one item of ${FLOATS} floats; the original takes 113–200 ms`,
  });
});
