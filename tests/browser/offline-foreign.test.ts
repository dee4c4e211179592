/** `remotemedia/sw` and `remotemedia/offline` in a site of somebody else. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import type { Page as Tab } from "puppeteer-core";
import type { Page } from "./harness/index.ts";
import { eachVisitor, type Visits } from "./offline-kit.ts";
import { doubling, saying } from "./packages-kit.ts";

type Kept = import("../../dist/remotemedia/offline.js").Offline;

declare global {
  /** In pages of {@link open}. */
  var offline: Kept;
}

/** A page that counts its loads, and makes a worker of its own. */
const HOST = `<!doctype html><html lang="en"><meta charset="utf-8"><title>A site of somebody else</title>
<link rel="icon" href="data:,"><p>Hello</p>
<script type="module">
  import { Offline } from "./remotemedia/offline.js";
  sessionStorage.setItem("loads", Number(sessionStorage.getItem("loads")) + 1);
  globalThis.offline = await Offline.start(OPTIONS);
</script></html>`;
const MODULE = `import { serve } from "./remotemedia/sw.js";
serve({ isolate: ISOLATE });`;

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

interface Options {
  isolate?: boolean;
  script?: Buffer;
  query?: string;
  type?: "module" | "classic";
}

let sites = 0;

/** A page of a site with a worker of its own making, once that is there. */
async function open(
  visits: Visits,
  { isolate = false, script, query = "", type = "module" }: Options,
): Promise<{ page: Page; tab: Tab; folder: string }> {
  sites += 1;
  const folder = `/somebody-else-${sites}/`;
  const { server } = visits;
  server.isolated = false;
  const options = JSON.stringify({ worker: `./sw.js${query}`, type });
  server.fault(folder, { body: HOST.replace("OPTIONS", options) });
  server.mount(`${folder}remotemedia/`, fileURLToPath(new URL("../../dist/remotemedia/", import.meta.url)));
  server.fault(`${folder}data.txt`, { body: "data of the host" });
  server.fault(`${folder}sw.js`, { body: script ?? MODULE.replace("ISOLATE", String(isolate)) });
  const { page, tab } = await visits.tab();
  await page.goto(server.url(folder));
  await tab.waitForFunction(() => navigator.serviceWorker.controller?.state === "activated");
  await tab.waitForFunction(() => "offline" in globalThis);
  return { page, tab, folder };
}
