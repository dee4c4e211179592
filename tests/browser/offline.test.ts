/** The site without a network, in every way that one comes back to it. */
import assert from "node:assert/strict";
import { test } from "node:test";
import type { Page as Tab } from "puppeteer-core";
import { Demo, id } from "./demo-page.ts";
import type { Page } from "./harness/index.ts";
import { eachVisitor, fetchEverything, text, type Visit, type Visits } from "./offline-kit.ts";

eachVisitor("offline", suite);

function suite(visits: Visits): void {
  test("below a path, without headers: isolated after one reload; what was used works without the server", async () => {
    const visit = await visits.visit({ path: "/some/path/below/", isolated: false });
    const { page, tab } = await visits.tab();
    let loads = 0;
    tab.on("load", () => (loads += 1));
    await page.goto(visit.url());
    await visit.settled(page);
    assert.equal(loads, 2, "the first load and one reload");
    await everythingWorks(visit, page);
    await comesBack(visit, page);
  });

  test("with headers it is never reloaded; what the button fetched works without the server", async () => {
    const visit = await visits.visit({ isolated: true });
    const { page, tab } = await visits.tab();
    let loads = 0;
    tab.on("load", () => (loads += 1));
    await page.goto(visit.url());
    await visit.settled(page);
    await fetchEverything(page);
    assert.equal(loads, 1);
    assert.match(await text(tab, "offline-figures"), /^([\d.]+ MB) of \1 are kept/);
    await page.evaluate(() => void (location.hash = "#/pipelines"));
    await comesBack(visit, page);
  });

  test("any address below the site leads to it without the server", async () => {
    const visit = await visits.visit();
    const demo = await visit.demo();
    await visit.server.close();
    for (const address of ["index.html", "?query=1", "nowhere/else"]) {
      await demo.page.goto("about:blank");
      await demo.page.goto(visit.url(address));
      await visit.settled(demo.page);
      const { pathname } = new URL(await demo.page.evaluate(() => location.href));
      assert.equal(pathname, visit.folder + (address === "index.html" ? address : ""), address);
    }
    await demo.page.close();
  });

  test("switched off by the address, the page has no worker and keeps nothing", async () => {
    const visit = await visits.visit({ isolated: false });
    const { page } = await visits.tab();
    await page.goto(visit.url("?sw=off"));
    const demo = await Demo.on(page);
    await visit.runs(demo, "calculator");
    const facts = await page.evaluate(async () => ({
      isolated: crossOriginIsolated,
      registrations: (await navigator.serviceWorker.getRegistrations()).map(({ scope }) => scope),
    }));
    assert.equal(facts.isolated, false);
    assert.ok(!facts.registrations.includes(visit.url()), facts.registrations.join());
    await page.close();
  });
}

/** Runs what the site is for: Rust nodes, Python nodes, speech. */
async function everythingWorks(visit: Visit, page: Page): Promise<void> {
  const demo = await Demo.on(page);
  await visit.runs(demo, "calculator");
  await visit.runs(demo, "mixed");
  await visit.transcribes(page);
}

/** Without the server: a reload, a new tab, and another start of the browser. */
async function comesBack(visit: Visit, page: Page): Promise<void> {
  const { visits } = visit;
  await visit.server.close();
  const { tab } = page as Page & { tab: Tab };
  await tab.reload();
  await visit.settled(page);
  await everythingWorks(visit, page);

  const second = await visit.demo();
  await visit.runs(second, "calculator");
  assert.equal(await second.tab.$(id("reload-apply")), null);

  await visits.restartBrowser();
  const third = await visit.open();
  await everythingWorks(visit, third);
  await third.close();
}
