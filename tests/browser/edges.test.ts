/** That a page can see what waits between nodes. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { type Bench, eachEngine } from "./harness/index.ts";
import { chain, openKit } from "./kit.ts";

eachEngine("edges", suite);

function suite(bench: Bench): void {
  const manifest = chain(
    ["MultiplyNode", { factor: 2 }],
    ["TextProcessorNode", { operations: ["uppercase"] }],
    "Echo",
  );

  test("every queue that filled is told, never beyond its bound, and is empty in the end", async () => {
    const page = await openKit(bench);
    const { highest, last, most } = await page.evaluate(async (manifest) => {
      const runtime = await rm.Runtime.start();
      const highest: Record<string, number> = {};
      const last: Record<string, [number, number]> = {};
      const inputs = Array.from({ length: 20_000 }, (_, i) => i);
      const queueItems = 100;
      await runtime.run(manifest, {
        inputs,
        limits: { queueItems },
        edgeEvents: true,
        onEvent: (event) => {
          if (event.type !== "edge") return;
          const name = `${event.from} > ${event.to}`;
          highest[name] = Math.max(highest[name] ?? 0, event.items);
          last[name] = [event.items, event.bytes];
        },
      });
      await runtime.close();
      return { highest, last, most: 2 * queueItems };
    }, manifest);
    // Python is slower than what feeds it.
    const filled = highest["multiplynode > textprocessornode"] ?? 0;
    assert.ok(filled > 0 && filled <= most, JSON.stringify(highest));
    assert.ok("multiplynode > textprocessornode" in last);
    for (const told of Object.values(last)) assert.deepEqual(told, [0, 0]);
  });

  test("who does not ask is not told", async () => {
    const page = await openKit(bench);
    const types = await page.evaluate(async (manifest) => {
      const runtime = await rm.Runtime.start();
      const { onEvent, events } = kit.ear();
      await runtime.run(manifest, { inputs: [1, 2, 3], onEvent });
      await runtime.close();
      return [...new Set(events.map((event) => event.type))];
    }, manifest);
    assert.ok(types.includes("finished") && !types.includes("edge"), types.join());
  });
}
