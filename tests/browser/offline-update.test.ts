/** A new version on the server, while pages of the old one are open. */
import assert from "node:assert/strict";
import { test } from "node:test";
import type { Page as Tab } from "puppeteer-core";
import { Demo, id } from "./demo-page.ts";
import type { Page } from "./harness/index.ts";
import { eachVisitor, flipped, hashOf, press, says, text, type Visit, type Visits } from "./offline-kit.ts";
import { Speech } from "./speech-page.ts";

const SCRIPT = "remotemedia/runtime-worker.js";
const LOCK = "remotemedia/pyodide/pyodide-lock.json";

eachVisitor("a new version", suite);

function suite(visits: Visits): void {
  test("a run of the old version ends, then the new one is offered; two tabs keep to one version each", async () => {
    const visit = await visits.visit();
    const { demo, page, tab } = await opened(visit);
    await visit.runs(demo, "mixed");
    await visit.keeps(page, LOCK);
    const old = hashOf(visit.file(SCRIPT));
    const second = await visit.demo();
    await tab.bringToFront();

    await page.evaluate(() => void (location.hash = "#/speech"));
    const speech = await Speech.on(page);
    await speech.choose("Long");
    await speech.click("transcribe");
    await tab.waitForSelector(id("segment"));
    deployB(visit);
    await found(page);
    const during = await page.evaluate(
      ([stage, notice]) => ({
        state: document.querySelector<HTMLElement>(stage)!.dataset["state"],
        notice: document.querySelector(notice)!.textContent,
      }),
      [id("speech"), id("reload-notice")] as const,
    );
    if (during.state === "running") assert.equal(during.notice, "");
    assert.equal(await speech.over(), "done", await text(tab, "error"));
    assert.ok((await speech.segments()).length > 5);
    await says(tab, "reload-notice", "A new version of this site is ready.");
    assert.equal(await versionOf(page), "A");
    assert.equal(await scriptOf(page), "A");

    await second.tab.bringToFront();
    await second.tab.waitForSelector(id("reload-apply"));
    await tab.bringToFront();
    await press(tab, "reload-apply");
    await tab.waitForFunction(() => document.documentElement.dataset["version"] === "B");
    await page.evaluate(() => void (location.hash = "#/pipelines"));
    await visit.settled(page);
    assert.equal(await scriptOf(page), "B");
    await visit.runs(await Demo.on(page), "calculator");

    // The other tab was not asked: it works on, with what it has.
    await second.tab.bringToFront();
    await says(second.tab, "reload-notice", "Another tab uses a new version");
    assert.equal(await versionOf(second.page), "A");
    assert.equal(await scriptOf(second.page), "A");
    const asked = visit.asked(LOCK);
    await visit.runs(second, "calculator");
    await visit.runs(second, "mixed");
    assert.equal(visit.asked(LOCK), asked, "its workers, too, have the old files");

    await second.page.close();
    await tab.bringToFront();
    // Nobody needs them any more; the browser takes a while to end the tab.
    do {
      await tab.reload();
      await visit.settled(page);
    } while ((await visit.kept(page)).hashes.includes(old));
    await page.close();
  });

  test("what two versions share is fetched once; who comes while one waits is offered it", async () => {
    const visit = await visits.visit();
    const { page, tab } = await opened(visit);
    const before = visit.asked("remotemedia/runtime.wasm");
    deployB(visit);
    await found(page);
    await says(tab, "reload-notice", "A new version");
    assert.equal(visit.asked("remotemedia/runtime.wasm"), before);
    // It waits, and is offered to pages that are opened now.
    await tab.reload();
    await visit.settled(page);
    await says(tab, "reload-notice", "A new version");
    assert.equal(await versionOf(page), "A");
    await page.close();
  });

  for (const [what, make] of [
    ["of another size", (it: Buffer) => Buffer.concat([it, Buffer.from([0])])],
    ["of the same size", flipped],
  ] as const) {
    test(`a file that only the new version has, ${what}, is refused; then the new version is offered`, async () => {
      const visit = await visits.visit();
      const { page, tab } = await opened(visit);
      const { file: index } = deployB(visit, false);
      const media = visit.file("remotemedia/media.wasm");
      visit.change("remotemedia/media.wasm", make(media));
      const failed = await page.evaluate(async () => {
        try {
          await (await fetch("./remotemedia/media.wasm")).arrayBuffer();
          return "it was given";
        } catch {
          return "refused";
        }
      });
      assert.equal(failed, "refused");
      await says(tab, "reload-notice", "The server has a newer version");
      assert.equal(await versionOf(page), "A");

      visit.deploy();
      await found(page);
      await says(tab, "reload-notice", "A new version of this site is ready.");
      await press(tab, "reload-apply");
      await tab.waitForFunction(() => document.documentElement.dataset["version"] === "B");
      assert.match(index.toString(), /data-version="B"/);
      await page.close();
    });
  }

  test("a version that cannot be fetched whole is not installed, and the old one works on", async () => {
    const visit = await visits.visit();
    const { demo, page, tab } = await opened(visit);
    deployB(visit);
    visit.server.fault(visit.folder + SCRIPT, { body: flipped(visit.file(SCRIPT)) });
    const state = await page.evaluate(async () => {
      const registration = (await navigator.serviceWorker.getRegistration())!;
      const found = new Promise<string>((resolve) => {
        registration.addEventListener("updatefound", () => {
          const { installing } = registration;
          installing?.addEventListener("statechange", () => resolve(installing.state));
        });
      });
      await registration.update().catch(() => {});
      return found;
    });
    assert.equal(state, "redundant");
    assert.equal(await text(tab, "reload-notice"), "");
    await visit.runs(demo, "calculator");
    await tab.reload();
    await visit.settled(page);
    assert.equal(await versionOf(page), "A");
    await page.close();
  });

  test("where half of a version was lost and the server has the next, the page comes from the server", async () => {
    const visit = await visits.visit();
    const { page, tab } = await opened(visit);
    const index = hashOf(visit.file("index.html"));
    deployB(visit, false);
    await page.evaluate(async (hash) => {
      const names = (await caches.keys()).filter((it) => it.endsWith(new URL("./", location.href).pathname));
      const cache = await caches.open(names[0]!);
      const key = (await cache.keys()).find(({ url }) => url.endsWith(hash));
      if (!key || !(await cache.delete(key))) throw new Error("it was not kept");
    }, index);
    await tab.reload();
    await visit.settled(page);
    assert.equal(await versionOf(page), "B");
    assert.equal(await scriptOf(page), "B");
    await visit.runs(await Demo.on(page), "calculator");
    await page.close();
  });
}

async function opened(visit: Visit): Promise<{ demo: Demo; page: Page; tab: Tab }> {
  const demo = await visit.demo();
  return { demo, page: demo.page, tab: demo.tab };
}

/** The server has a version whose page and worker say that they are B. */
function deployB(visit: Visit, worker = true): { file: Buffer } {
  const file = Buffer.from(visit.file("index.html").toString().replace("<html ", '<html data-version="B" '));
  visit.change("index.html", file);
  visit.change(SCRIPT, Buffer.concat([visit.file(SCRIPT), Buffer.from("\n// B\n")]));
  visit.change(LOCK, Buffer.concat([visit.file(LOCK), Buffer.from("\n")]));
  if (worker) visit.deploy();
  return { file };
}

/** Waits until the browser has installed the version that the server has. */
async function found(page: Page): Promise<void> {
  const { tab } = page as Page & { tab: Tab };
  const isWaiting = async (): Promise<boolean> => {
    const registration = await navigator.serviceWorker.getRegistration();
    // Again: one that is under way may have asked before there was another.
    registration?.update().catch(() => {});
    return registration?.waiting !== null;
  };
  await tab.waitForFunction(isWaiting, { polling: 500 });
}

/** Which version the page is of. */
async function versionOf(page: Page): Promise<string> {
  return page.evaluate(() => document.documentElement.dataset["version"] ?? "A");
}

/** Which version of the worker's script the page gets. */
async function scriptOf(page: Page): Promise<string> {
  return page.evaluate(async (script) => {
    const text = await (await fetch(`./${script}`)).text();
    return text.includes("// B") ? "B" : "A";
  }, SCRIPT);
}
