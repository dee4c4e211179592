/** `remotemedia/sw` and `remotemedia/offline` in a site of somebody else. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { open } from "./offline-foreign-kit.ts";
import { eachVisitor, type Visits } from "./offline-kit.ts";
import { doubling, saying } from "./packages-kit.ts";

eachVisitor("another site's service worker", suite);

function suite(visits: Visits): void {
  test("it keeps the package's files, and leaves the site's requests and caches alone", async () => {
    const { page, folder } = await open(visits, { isolate: false });
    await page.evaluate(async () => {
      const cache = await caches.open("of the host");
      await cache.put("/of-the-host", new Response("theirs"));
      await offline.makeAvailable(["core"]);
    });
    assert.equal(await page.evaluate(() => crossOriginIsolated), false);
    const answers = () =>
      page.evaluate(async (folder) => {
        const get = (path: string) => fetch(path).then((it) => it.text(), String);
        const [ours, theirs, text] = await Promise.all([
          get("./remotemedia/remotemedia.js"),
          get(`${folder}data.txt`),
          (await caches.match("/of-the-host"))?.text(),
        ]);
        return [ours.includes("Runtime"), theirs, text];
      }, folder);
    assert.deepEqual(await answers(), [true, "data of the host", "theirs"]);
    const keys = await page.evaluate(async () => (await offline.groups()).map((it) => it.group));
    assert.deepEqual(keys.toSorted(), ["core", "media", "python", "rust"]);

    await visits.server.close();
    const [ours, theirs, text] = await answers();
    assert.deepEqual([ours, text], [true, "theirs"]);
    assert.match(String(theirs), /Error/, "what is not ours is not kept");
    await visits.server.listen();

    await page.evaluate(() => offline.forget());
    const names = await page.evaluate(() => caches.keys());
    assert.ok(names.includes("of the host"), names.join());
    assert.ok(!names.some((it) => it.endsWith(folder)), names.join());
    await page.close();
  });

  test("packages are made, loaded and run without a network, by their own executor too", async () => {
    const { page } = await open(visits, { isolate: false });
    await page.evaluate(() => offline.makeAvailable(["core"]));
    await visits.server.close();
    try {
      const wasm = [...saying([[1, '{"outputs":["own"]}']])];
      const outputs = await page.evaluate(
        async ({ manifest, wasm }) => {
          const rm = (await import(
            new URL("./remotemedia/remotemedia.js", location.href).href
          )) as typeof globalThis.rm;
          const runtime = await rm.Runtime.start();
          const files = { "runtime.wasm": Uint8Array.from(wasm) };
          const pkg = await runtime.loadPackage(await runtime.pack({ manifest, files }));
          const runs = (["engine", "package"] as const).map((executor) =>
            runtime.run(pkg, { executor, inputs: [21] }),
          );
          const outputs = (await Promise.all(runs)).map((it) => it.outputs);
          await runtime.close();
          return outputs;
        },
        { manifest: doubling(), wasm },
      );
      assert.deepEqual(outputs, [[42], ["own"]]);
    } finally {
      await visits.server.listen();
    }
    await page.close();
  });

  test("asked to, it isolates the pages of its scope, by one reload", async () => {
    const { page, tab } = await open(visits, { isolate: true });
    await tab.waitForFunction(() => globalThis.crossOriginIsolated);
    assert.equal(await page.evaluate(() => sessionStorage.getItem("loads")), "2");
    await page.close();
  });

  test("the script that needs no other is registered as it is, with its options in its address", async () => {
    const script = readFileSync(new URL("../../dist/remotemedia/service-worker.js", import.meta.url));
    const { page, tab } = await open(visits, {
      script,
      query: "?assets=./remotemedia/&isolate",
      type: "classic",
    });
    await tab.waitForFunction(() => globalThis.crossOriginIsolated);
    const result = await page.evaluate(async () => {
      const rm = (await import(
        new URL("./remotemedia/remotemedia.js", location.href).href
      )) as typeof globalThis.rm;
      const runtime = await rm.Runtime.start();
      const manifest = {
        version: "v1",
        metadata: { name: "two" },
        nodes: [{ id: "a", node_type: "MultiplyNode", params: { factor: 2 } }],
        connections: [],
      };
      const { outputs } = await runtime.run(manifest, { inputs: [21] });
      await runtime.close();
      return outputs;
    });
    assert.deepEqual(result, [42]);
    await page.close();
  });
}
