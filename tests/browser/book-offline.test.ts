/** The documentation without a network. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { eachVisitor } from "./offline-kit.ts";

const READ = [
  "docs/index.html",
  "docs/runs.html",
  "docs/theme/book.css",
  "docs/theme/book.js",
  "docs/theme/search-index.js",
];

eachVisitor("book, offline", (visits) => {
  test("what was read once can be read again, and searched, when the server is gone", async () => {
    const visit = await visits.visit({ isolated: false });
    const demo = await visit.demo();
    const { page, tab } = demo;
    await page.goto(visit.url("docs/"));
    await page.goto(visit.url("docs/runs.html"));
    await tab.locator("#search").fill("cancel");
    await tab.waitForSelector("#found [role=option]");
    for (const file of READ) await visit.keeps(page, file);
    await visit.server.close();
    await page.goto("about:blank");
    await page.goto(visit.url("docs/"));
    assert.equal(await tab.$eval("h1", (it) => it.textContent), "What it is");
    await page.goto(visit.url("docs/runs.html"));
    assert.equal(await tab.$eval("h1", (it) => it.textContent), "Runs and events");
    const colour = await tab.$eval(".bar", (it) => getComputedStyle(it).backgroundColor);
    assert.notEqual(colour, "rgba(0, 0, 0, 0)", "its style is there");
    await tab.locator("#search").fill("backpressure");
    await tab.waitForSelector("#found [role=option]");
    await page.close();
  });
});
