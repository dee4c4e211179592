/** A pipeline of Rust nodes: many small items, and one large one. */
import type { Page } from "../browser/harness/index.ts";
import { bench } from "./frame.ts";
import { RUST } from "./manifests.ts";

const ITEMS = 100_000;
const FLOATS = 160_000;
/** Arrays of a sample. */
const ARRAYS = 5;

/** Microseconds per item of a second run in fresh workers, the page's own work included: code is compiled in the first. */
async function perItem(page: Page): Promise<number> {
  return page.evaluate(
    async ({ manifest, items }) => {
      const runtime = await rm.Runtime.start();
      const inputs = Array.from({ length: items }, (_, at) => at);
      await runtime.run(manifest, { inputs });
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

/** Milliseconds of main-thread CPU for one array of numbers, in and out: the mean of several, after some that warm up. */
async function mainThread(page: Page): Promise<number> {
  await page.evaluate(
    async ({ manifest, length }) => {
      const scope = globalThis as unknown as { again: (times: number) => Promise<void> };
      const runtime = await rm.Runtime.start();
      const inputs = [Array.from({ length }, (_, at) => at / 2)];
      scope.again = async (times) => {
        for (let at = 0; at < times; at += 1) await runtime.run(manifest, { inputs });
      };
    },
    { manifest: RUST, length: FLOATS },
  );
  const again = (times: number) =>
    page.evaluate(
      (times) =>
        (globalThis as unknown as { again: (times: number) => Promise<void> }).again(times).then(() => times),
      times,
    );
  await again(ARRAYS);
  const before = await page.cpu();
  await again(0);
  const between = await page.cpu();
  await again(ARRAYS);
  const after = await page.cpu();
  const baseline = between.taskSeconds - before.taskSeconds;
  return (Math.max(0, after.taskSeconds - between.taskSeconds - baseline) * 1000) / ARRAYS;
}

await bench("rust", async (it) => {
  await it.compare({
    metric: "us_per_item",
    unit: "µs",
    ours: { remotemedia: perItem },
    target: 0.34,
    note: `${ITEMS} numbers through two nodes; the target is the original's time on a quiet machine`,
    what: "Rust pipeline of two nodes, per number",
    short:
      "the original took all items in one call; here each has its place, its node's figures and its queue",
  });
  await it.compare({
    metric: "array_main_thread_ms",
    unit: "ms",
    ours: { remotemedia: mainThread },
    target: 2,
    note: `one item of ${FLOATS} floats, mean of ${ARRAYS} after as many; the original takes 113–200 ms`,
    what: "one array of 160 000 numbers, main-thread CPU",
    short: "two lists of that length are read and made by JavaScript, and collected as garbage",
  });
});
