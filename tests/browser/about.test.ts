/** The view about the site and its figures, and the badge of capabilities, driven as users do. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { figuresOf } from "../../demo/build/figures.ts";
import { id } from "./demo-page.ts";
import { type Bench, eachEngine } from "./harness/index.ts";
import { SitePage } from "./site-page.ts";

const ROOT = new URL("../../", import.meta.url);

eachEngine("about", suite, { engines: ["chromium", "firefox"] });

function suite(bench: Bench): void {
  const state = (name: string): string => `${id("live")}[data-state="${name}"]`;
  const shown = (site: SitePage): Promise<string[]> =>
    site.tab.$$eval(id("result"), (all) => all.map((it) => (it as HTMLElement).dataset["name"]!));

  test("it tells the version, and the figures that the README has", async () => {
    const site = await SitePage.open(bench, "about");
    const { version } = JSON.parse(readFileSync(new URL("dist/remotemedia/package.json", ROOT), "utf8"));
    assert.equal(await site.text(id("version")), version);
    assert.match(await site.text(id("build")), /^[0-9a-f]{12}$/);
    const figures = figuresOf(readFileSync(new URL("README.md", ROOT), "utf8"));
    const texts = await site.tab.$$eval(id("figure"), (all) => all.map((it) => it.textContent ?? ""));
    assert.equal(texts.length, figures.length);
    for (const [at, { what, short }] of figures.entries()) {
      assert.ok(texts[at]?.toLowerCase().startsWith(what.toLowerCase()), texts[at]);
      assert.match(texts[at]!, short === null ? /met/ : /falls short/);
    }
    assert.deepEqual(await site.complaints(), []);
  });

  test("what links lead to is there", async () => {
    const site = await SitePage.open(bench, "about");
    const answers = await site.page.evaluate(() => {
      const links = document.querySelectorAll<HTMLAnchorElement>('.links a[href*="/remotemedia/"]');
      return Promise.all([...links].map((it) => fetch(it.href).then(({ ok }) => ok)));
    });
    assert.deepEqual(answers, [true, true, true]);
  });

  for (const isolated of [true, false]) {
    test(`a page that is ${isolated ? "" : "not "}isolated says what that means`, async () => {
      const site = await SitePage.open(bench, "about", { isolated });
      const row = `${id("capability-row")}:nth-child(1)`;
      await site.says(row, isolated ? "yes" : "no");
      await site.says(
        row,
        isolated ? "interrupted at once" : "Serve the page with Cross-Origin-Opener-Policy",
      );
      await site.says(id("capabilities"), isolated ? "isolated" : "not isolated");
    });
  }

  test("the badge opens and closes with the keyboard, and the keys are where they were", async () => {
    const site = await SitePage.open(bench, "pipelines", { isolated: false });
    await site.tab.focus(id("capabilities"));
    await site.tab.keyboard.press("Enter");
    await site.says(".skills-panel", "Python that computes replaces its worker");
    const isOpen = () => site.tab.$eval(".skills-panel", (it) => it.checkVisibility());
    assert.equal(await isOpen(), true);
    await site.tab.keyboard.press("Tab");
    assert.equal(await site.focus(), "More about this browser and this site");
    await site.tab.keyboard.press("Escape");
    assert.equal(await isOpen(), false);
    assert.equal(await site.focus(), "capabilities");
    await site.click(id("capabilities"));
    assert.equal(await isOpen(), true);
    await site.click(".brand");
    assert.equal(await isOpen(), false);
    await site.click(id("capabilities"));
    await site.click(".skills-more a");
    await site.sees(id("about"));
    assert.equal(await isOpen(), false);
  });

  test("everything is measured in this browser, and can be copied", async () => {
    const site = await SitePage.open(bench, "about");
    await site.sees(`${id("measure")}[aria-disabled="false"]`);
    await site.page.evaluate(() => {
      const kept = globalThis as unknown as { copied?: string };
      navigator.clipboard.writeText = (text) => Promise.resolve(void (kept.copied = text));
    });
    await site.click(id("measure"));
    await site.sees(`${state("done")}, ${state("failed")}`);
    assert.equal(await site.count(state("done")), 1, await site.text(id("live")));
    const names = ["start", "rust", "mixed", "speech", "page-share", "page-longest"];
    assert.deepEqual(await shown(site), names);
    const mixed = await site.text(`${id("result")}[data-name="mixed"]`);
    assert.match(mixed, /this browser.*µs.*published.*µs.*5 runs/);
    await site.click(id("copy"));
    await site.says(id("measure-state"), "Copied");
    const copied = await site.page.evaluate(() => (globalThis as unknown as { copied: string }).copied);
    const report = JSON.parse(copied) as { results: { name: string; median: number; runs: number[] }[] };
    assert.deepEqual(
      report.results.map((it) => it.name),
      names,
    );
    for (const { name, median, runs } of report.results) {
      assert.equal(runs.length, 5);
      assert.ok(name.startsWith("page") ? median >= 0 : median > 0, name);
    }
    assert.deepEqual(await site.complaints(), []);
  });

  test("measuring is cancelled with a key, and can be begun anew", async () => {
    const site = await SitePage.open(bench, "about");
    await site.sees(`${id("measure")}[aria-disabled="false"]`);
    await site.click(id("measure"));
    await site.sees(id("result"));
    await site.tab.keyboard.press("Escape");
    await site.sees(state("cancelled"));
    await site.click(id("measure"));
    await site.sees(state("running"));
    await site.click(id("cancel-measure"));
    await site.sees(state("cancelled"));
  });

  test("nothing is wider than the page, from a telephone to a wall", async () => {
    const site = await SitePage.open(bench, "about");
    await site.sees(id("capability-row"));
    const { width, surplus } = await site.surplus();
    assert.ok(surplus <= 0, `${surplus} pixels too wide at ${width}`);
  });
}
