/** What is kept gets damaged, does not fit, or comes in pieces. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import type { Page as Tab } from "puppeteer-core";
import { Demo, id } from "./demo-page.ts";
import { ModelHost, type Page } from "./harness/index.ts";
import { allKept, eachVisitor, hashOf, press, says, text, type Visit, type Visits } from "./offline-kit.ts";

const SNAPSHOT = "remotemedia/pyodide/snapshot.bin";
const RUNTIME = "remotemedia/runtime.wasm";

eachVisitor("what is kept for use offline", suite);

function suite(visits: Visits): void {
  test("a damaged entry is never given to the page, and heals itself", async () => {
    const visit = await visits.visit();
    const demo = await visit.demo();
    await visit.runs(demo, "mixed");
    await visit.keeps(demo.page, SNAPSHOT);
    for (const file of [RUNTIME, SNAPSHOT]) await damage(visit, demo.page, file);
    const asked = visit.asked(RUNTIME);
    await demo.tab.reload();
    await visit.settled(demo.page);
    const again = await Demo.on(demo.page);
    await visit.runs(again, "mixed");
    assert.ok(visit.asked(RUNTIME) > asked, "it came from the server");
    for (const file of [RUNTIME, SNAPSHOT]) {
      await visit.keeps(demo.page, file);
      assert.equal(await hashKept(visit, demo.page, file), hashOf(visit.file(file)), file);
    }
    await demo.page.close();
  });

  test("without a server a damaged entry fails by name, and the rest works", async () => {
    const visit = await visits.visit();
    const demo = await visit.demo();
    await visit.runs(demo, "mixed");
    await visit.keeps(demo.page, "remotemedia/python.wasm");
    await damage(visit, demo.page, "remotemedia/python.wasm");
    await visit.server.close();
    await demo.tab.reload();
    await visit.settled(demo.page);
    const again = await Demo.on(demo.page);
    await again.click("example-mixed");
    assert.equal(await again.run(), "failed");
    await says(demo.tab, "error-code", "LoadFailed");
    await visit.runs(again, "calculator");
    await demo.page.close();
  });

  test("what the browser has cleared away comes from the server, and is kept again", async () => {
    const visit = await visits.visit();
    const demo = await visit.demo();
    const { cache } = await visit.kept(demo.page);
    await demo.page.evaluate(async (cache) => void (await caches.delete(cache)), cache);
    await demo.tab.reload();
    await visit.settled(demo.page);
    await visit.runs(await Demo.on(demo.page), "calculator");
    await visit.keeps(demo.page, RUNTIME);
    await demo.page.close();
  });

  for (const ranges of [true, false]) {
    test(`an interrupted download goes on, from a server ${ranges ? "with" : "without"} ranges`, async () => {
      const visit = await visits.visit();
      const host = new ModelHost(visit.file(SNAPSHOT));
      host.ranges = ranges;
      visit.server.serve(visit.folder + SNAPSHOT, host.answer);
      const { page, tab } = await storage(visit);
      host.holdAt(10_000_000);
      await press(tab, "offline-fetch");
      // Until a piece of it is kept.
      await tab.waitForFunction(
        async (folder, hash) => {
          const cacheName = (await caches.keys()).find((it) => it.endsWith(folder)) ?? "none";
          return caches.match(new URL(`.remotemedia/pieces/${hash}/0`, origin + folder), { cacheName });
        },
        { polling: 100 },
        visit.folder,
        host.sha256,
      );
      await press(tab, "offline-cancel");
      await host.gets[0]!.gone;
      await tab.waitForSelector(`${id("offline-fetch")}[aria-disabled="false"]`);
      assert.equal(await text(tab, "offline-error"), "", "to cancel is no error");
      host.release();
      const asked = visit.asked("remotemedia/pyodide/pyodide.asm.wasm");
      await press(tab, "offline-fetch");
      await allKept(tab);
      assert.match(host.gets[1]!.range ?? "", /^bytes=[1-9]\d{6,}-$/);
      assert.equal(host.gets.length, 2);
      if (ranges) assert.ok(host.gets[1]!.sent < host.data.length);
      assert.equal(visit.asked("remotemedia/pyodide/pyodide.asm.wasm"), asked, "what was whole stays");
      assert.deepEqual((await visit.kept(page)).pieces, []);
      assert.equal(await hashKept(visit, page, SNAPSHOT), host.sha256);
      await page.close();
    });
  }

  test("a connection that breaks is taken up again by itself", async () => {
    const visit = await visits.visit();
    const host = new ModelHost(visit.file(SNAPSHOT));
    visit.server.serve(visit.folder + SNAPSHOT, host.answer);
    const demo = await visit.demo();
    host.holdAt(10_000_000);
    await demo.click("example-mixed");
    await demo.click("run");
    await until(() => host.gets[0]?.sent === 10_000_000);
    host.drop();
    assert.equal(await demo.over(), "done", await text(demo.tab, "error"));
    assert.match(host.gets[1]?.range ?? "", /^bytes=[1-9]\d+-$/);
    await visit.keeps(demo.page, SNAPSHOT);
    await demo.page.close();
  });

  test("without room the page says so, nothing half is left, and everything works from the network", async () => {
    const visit = await visits.visit();
    const script = readFileSync(new URL("../../dist/site/sw.js", import.meta.url), "utf8");
    visit.server.fault(`${visit.folder}sw.js`, { body: `(${fillUp.toString()})();\n${script}` });
    const { page, tab } = await visits.tab();
    await tab.evaluateOnNewDocument(fillUp);
    await page.goto(visit.url());
    await visit.settled(page);
    const demo = await Demo.on(page);
    await visit.runs(demo, "mixed");
    await visit.transcribes(demo.page);
    const { hashes, pieces } = await visit.kept(demo.page);
    assert.deepEqual(pieces, []);
    assert.ok(!hashes.includes(hashOf(visit.file(SNAPSHOT))));
    await demo.page.evaluate(() => void (location.hash = "#/storage"));
    await says(demo.tab, "offline-error", "There is no room to keep everything");
    await demo.page.close();
  });

  test("nothing heavy is fetched unless it is used, and with Save-Data nothing beside what is used", async () => {
    for (const saveData of [false, true]) {
      const visit = await visits.visit();
      const { page, tab } = await visits.tab();
      if (saveData) {
        await tab.evaluateOnNewDocument(() => {
          Object.defineProperty(Navigator.prototype, "connection", { value: { saveData: true } });
        });
      }
      await page.goto(visit.url());
      await visit.settled(page);
      const demo = await Demo.on(page);
      await visit.runs(demo, "calculator");
      for (const heavy of ["remotemedia/media.wasm", SNAPSHOT]) assert.equal(visit.asked(heavy), 0, heavy);
      // One file of the group is used; the others only follow where data need not be saved.
      await page.evaluate(async () => (await fetch("./remotemedia/pyodide/pyodide-lock.json")).text());
      await visit.keeps(page, "remotemedia/pyodide/pyodide-lock.json");
      if (!saveData) await visit.keeps(page, SNAPSHOT);
      await visit.runs(demo, "calculator");
      await page.evaluate(() => void (location.hash = "#/storage"));
      await says(tab, "offline-standing", saveData ? "asks to save data" : "What is used once is kept");
      if (saveData) assert.equal(visit.asked(SNAPSHOT), 0);
      await page.close();
    }
  });
}

/** The view with the panel, once it knows what is kept. */
async function storage(visit: Visit): Promise<{ page: Page; tab: Tab }> {
  const { page, tab } = await visit.demo();
  await page.evaluate(() => void (location.hash = "#/storage"));
  await tab.waitForSelector(`${id("offline-fetch")}[aria-disabled="false"]`);
  await tab.waitForSelector(`${id("offline-part")}[data-part="models"]`);
  return { page, tab };
}

/** Changes a byte of what is kept of a file. */
async function damage(visit: Visit, page: Page, file: string): Promise<void> {
  const args = [visit.folder, hashOf(visit.file(file))] as const;
  await page.evaluate(async ([folder, hash]) => {
    const cache = await caches.open((await caches.keys()).find((it) => it.endsWith(folder))!);
    const key = new URL(`.remotemedia/${hash}`, origin + folder);
    const found = (await cache.match(key))!;
    const bytes = new Uint8Array(await found.arrayBuffer());
    bytes[bytes.length >> 1]! ^= 0xff;
    await cache.put(key, new Response(bytes, { headers: found.headers }));
  }, args);
}

/** The hash of what is kept of a file. */
async function hashKept(visit: Visit, page: Page, file: string): Promise<string> {
  const args = [visit.folder, hashOf(visit.file(file))] as const;
  return page.evaluate(async ([folder, hash]) => {
    const cache = await caches.open((await caches.keys()).find((it) => it.endsWith(folder))!);
    const found = await cache.match(new URL(`.remotemedia/${hash}`, origin + folder));
    const digest = await crypto.subtle.digest("SHA-256", await found!.arrayBuffer());
    return [...new Uint8Array(digest)].map((it) => it.toString(16).padStart(2, "0")).join("");
  }, args);
}

/** Answers as browsers do when a site's share is used up, to all that is not small. */
function fillUp(): void {
  const { put } = Cache.prototype;
  Cache.prototype.put = async function (key, response) {
    const { size } = await response.clone().blob();
    if (size > 1_000_000) throw new DOMException("full", "QuotaExceededError");
    return put.call(this, key, response);
  };
}

/** Looks again and again. */
async function until(what: () => boolean): Promise<void> {
  while (!what()) await new Promise((resolve) => setTimeout(resolve, 20));
}
