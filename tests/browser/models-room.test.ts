/** Models where there is little room, and models of runs. */
import assert from "node:assert/strict";
import { test } from "node:test";
import type { Page as Tab } from "puppeteer-core";
import { type Held, heaps } from "./harness/heap.ts";
import { eachEngine, ModelHost, type Page } from "./harness/index.ts";
import {
  begin,
  catalogue,
  ended,
  FILE,
  forget,
  isWhole,
  load,
  loadBroken,
  open,
  SIZE,
} from "./models-kit.ts";
import { cancelWhileLoading, damage, install, runReader } from "./models-page.ts";

/** Bytes of a model that is larger than anything else in a page. */
const LARGE = 48 << 20;

/** A node that tells what it was given as a model. */
const READER = `
from remotemedia import Node, Param

def a_model(default):
    param = Param(default)
    param.words["format"] = "model"
    return param

class ModelReader(Node):
    model: str = a_model("m")

    def process(self, data):
        files = [[it["name"], len(bytes(it["data"]))] for it in self.model["files"]]
        return {"name": self.model["name"], "files": files}
`;

eachEngine(
  "models, room and runs",
  (bench) => {
    test("what there is no room for is refused beforehand", async () => {
      const host = new ModelHost(SIZE);
      const page = await open(bench, host, catalogue(host));
      await page.evaluate(install, "/full-models.js");
      const { error } = await load(page, "m");
      assert.equal(error?.code, "StorageFull");
      const { needed, available } = error?.details as { needed: number; available: number };
      assert.ok(needed >= SIZE, `${needed}`);
      assert.equal(available, 2_000_000);
      assert.match(error?.message ?? "", /bytes are needed, 2000000 are free/);
      assert.equal(host.gets.length, 0);
      await page.evaluate(install);
      isWhole(await load(page, "m"), host);
    });

    test("room that runs out while it is written leaves nothing half there", async () => {
      const host = new ModelHost(SIZE);
      const page = await open(bench, host);
      host.tellsSize = false;
      const unlimited = await limit(page, bench.server.url("/"), SIZE / 2 + (1 << 20));
      const { error } = await load(page, FILE);
      assert.equal(error?.code, "StorageFull");
      const info = await page.evaluate((name) => models.runtime.models.info(name), FILE);
      assert.deepEqual([info.state, info.bytesStored], ["none", 0]);
      await unlimited();
      isWhole(await load(page, FILE), host);
    });

    for (const [kind, worker] of [
      ["memory", "/memory-models.js"],
      ["cache", "/cache-models.js"],
    ] as const) {
      test(`without a private file system models are kept in ${kind}`, async () => {
        const host = new ModelHost(SIZE);
        const page = await open(bench, host);
        await page.evaluate(install, worker);
        const loaded = await loadBroken(page, host, FILE, [SIZE / 2]);
        isWhole(loaded, host);
        assert.equal(host.gets[1]?.range, `bytes=${SIZE / 2}-`);
        const storage = await page.evaluate(() => models.runtime.models.storage());
        assert.deepEqual([storage.kind, storage.used], [kind, SIZE]);
        const notice = kind === "memory" ? /gone when it is closed/ : /^$/;
        assert.match(loaded.progress.at(-1)?.notice ?? "", notice);
        await forget(page);
      });
    }

    test("no byte of a model is held by the page, and few at once by the worker", async () => {
      const host = new ModelHost(LARGE);
      const page = await open(bench, host);
      const before = await heaps(page);
      isWhole(await load(page, FILE), host);
      const after = await heaps(page);
      const grown = (which: RegExp): number => held(after, which) - held(before, which);
      assert.ok(grown(/test\.html/) < LARGE / 16, `the page holds ${grown(/test\.html/)} bytes more`);
      assert.ok(grown(/models-worker/) < LARGE / 2, `the worker holds ${grown(/models-worker/)} bytes more`);
    });

    for (const what of ["model", "record"] as const) {
      test(`a kept ${what} that was damaged since is found out, and fetched anew`, async () => {
        const host = new ModelHost(SIZE);
        const page = await open(bench, host);
        isWhole(await load(page, FILE), host);
        await page.evaluate(damage, what === "model" ? "0" : "model.json");
        await page.goto(bench.server.url("/test.html"));
        await page.evaluate(install);
        isWhole(await load(page, FILE), host);
        assert.equal(host.gets.length, 2);
      });
    }

    test("a models worker that does not come up is LoadFailed", async () => {
      const page = await open(bench, new ModelHost(SIZE));
      await page.evaluate(install, "/no-such-worker.js");
      const { error } = await load(page, FILE);
      assert.equal(error?.code, "LoadFailed");
      assert.match(error?.message ?? "", /models worker did not load/);
    });

    test("a run waits for its model, tells how far it is, and its node gets the files", async () => {
      const host = new ModelHost(SIZE);
      const page = await open(bench, host);
      const ran = await page.evaluate(runReader, { source: READER, model: FILE });
      assert.equal(ran.error, undefined);
      assert.deepEqual(ran.outputs, [{ name: FILE, files: [["m.bin", SIZE]] }]);
      assert.deepEqual(ran.loads.at(-1), { name: FILE, loaded: SIZE, total: SIZE });
      assert.ok(ran.modelsMs! > 0);
      const again = await page.evaluate(runReader, { source: READER, model: FILE });
      assert.deepEqual(again.outputs, ran.outputs);
      assert.equal(host.gets.length, 1);
    });

    test("a run whose model does not come names the node and what it was about", async () => {
      const host = new ModelHost(SIZE);
      const page = await open(bench, host);
      host.status = 404;
      const { error } = await page.evaluate(runReader, { source: READER, model: FILE });
      const { code, node, stage, details } = error!;
      assert.deepEqual(
        { code, node, stage, details },
        {
          code: "LoadFailed",
          node: "reader",
          stage: "load",
          details: { url: bench.server.url(FILE), status: 404 },
        },
      );
      const unknown = await page.evaluate(runReader, { source: READER, model: "tinny" });
      assert.equal(unknown.error?.code, "InvalidInput");
      assert.match(unknown.error?.message ?? "", /known are demo|known are tiny/);
    });

    test("a cancelled run gives its download up, and nobody else's", async () => {
      const host = new ModelHost(SIZE);
      const page = await open(bench, host);
      host.holdAt(SIZE / 2);
      const cancelled = await page.evaluate(cancelWhileLoading, { source: READER, model: FILE });
      assert.equal(cancelled.error?.code, "Cancelled");
      await host.gets[0]!.gone;
      await begin(page, FILE, SIZE / 4);
      const again = await page.evaluate(cancelWhileLoading, { source: READER, model: FILE });
      assert.equal(again.error?.code, "Cancelled");
      host.release();
      isWhole(await ended(page), host);
      assert.equal(host.gets.length, 2);
    });
  },
  { engines: ["chromium"] },
);

/** Bytes held by threads whose address is `which`. */
function held(threads: Held[], which: RegExp): number {
  return threads.reduce((sum, { url, bytes }) => sum + (which.test(url) ? bytes : 0), 0);
}

/** Lets the origin of the page keep only `bytes` more, until the result is called. */
async function limit(page: Page, url: string, bytes: number): Promise<() => Promise<void>> {
  const { tab } = page as Page & { tab: Tab };
  // The limit is the session's: it ends with it.
  const session = await tab.createCDPSession();
  const { usage = 0 } = await page.evaluate(() => navigator.storage.estimate());
  const { origin } = new URL(url);
  await session.send("Storage.overrideQuotaForOrigin", { origin, quotaSize: usage + bytes });
  return () => session.detach();
}
