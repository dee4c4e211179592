/** That the engines are what the other tests take them for. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { eachEngine } from "./harness/index.ts";

eachEngine("engine", (bench) => {
  test("runs module workers", async () => {
    const page = await bench.open("/blank.html");
    const answer = await page.evaluate(async () => {
      const source = "onmessage = ({ data }) => postMessage([data, import.meta.url.startsWith('blob:')]);";
      const worker = new Worker(URL.createObjectURL(new Blob([source], { type: "text/javascript" })), {
        type: "module",
      });
      const answered = new Promise((resolve) => (worker.onmessage = ({ data }) => resolve(data)));
      worker.postMessage(7);
      return answered;
    });
    assert.deepEqual(answer, [7, true]);
  });

  test("runs fixed-width SIMD in wasm", async () => {
    const page = await bench.open("/blank.html");
    // (func (result v128) (i8x16.splat (i32.const 0)))
    const module = [
      0, 97, 115, 109, 1, 0, 0, 0, 1, 5, 1, 96, 0, 1, 123, 3, 2, 1, 0, 10, 8, 1, 6, 0, 65, 0, 253, 15, 11,
    ];
    assert.equal(await page.evaluate((bytes) => WebAssembly.validate(new Uint8Array(bytes)), module), true);
  });

  test("shares memory with workers if, and only if, the page is isolated", async () => {
    for (const isolated of [true, false]) {
      const page = await bench.open("/blank.html", { isolated });
      const state = await page.evaluate(() => [
        crossOriginIsolated,
        typeof SharedArrayBuffer !== "undefined",
      ]);
      assert.equal(state[0], isolated);
      // WebKitGTK's switch for it does not ask whether the page is isolated.
      assert.equal(state[1], isolated || bench.engine === "webkit");
    }
  });

  test("tells what a page logs, and what it throws", async () => {
    const page = await bench.open("/blank.html");
    await assert.rejects(
      page.evaluate(() => {
        console.error("seen");
        throw new TypeError("thrown in the page");
      }),
      { name: "TypeError", message: "thrown in the page" },
    );
    const log = await page.log();
    assert.ok(log.includes("error: seen"), log.join("\n"));
  });

  test("answers a path with the fault it was given, until healed", async () => {
    const page = await bench.open("/blank.html");
    bench.server.fault("/blank.html", { status: 404 });
    bench.server.fault("/planted.js", { body: "export default 1" });
    const statuses = () =>
      page.evaluate(async () => [(await fetch("/blank.html")).status, (await fetch("/planted.js")).status]);
    assert.deepEqual(await statuses(), [404, 200]);
    bench.server.heal();
    assert.deepEqual(await statuses(), [200, 404]);
  });
});
