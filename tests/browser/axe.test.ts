/** Every view in its main states, in both schemes, on a telephone and on a desk: axe finds nothing against it. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { test } from "node:test";
import type { AxeResults } from "axe-core";
import { id } from "./demo-page.ts";
import { type Bench, eachEngine } from "./harness/index.ts";
import { SitePage } from "./site-page.ts";

const AXE = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

eachEngine("axe", suite, { engines: ["chromium"] });

/** What axe finds, one line for each element. */
async function violations({ tab }: SitePage): Promise<string[]> {
  const found: string[] = [];
  for (const value of ["light", "dark"]) {
    await tab.emulateMediaFeatures([{ name: "prefers-color-scheme", value }]);
    for (const width of [360, 1440]) {
      await tab.setViewport({ width, height: 900 });
      const results = (await tab.evaluate("axe.run()")) as AxeResults;
      for (const { id, nodes } of results.violations) {
        const where = nodes.map(({ target, any }) => `${target.join(" ")} ${any[0]?.message ?? ""}`);
        found.push(...where.map((it) => `${id}, ${value}, ${width}: ${it}`));
      }
    }
  }
  await tab.setViewport({ width: 1440, height: 900 });
  return found;
}

/** Looks at a view in a state. */
async function look(site: SitePage, state: string): Promise<void> {
  // By the driver and not as a script of the page, whose policy forbids others.
  await site.tab.evaluate(AXE);
  const found = await violations(site);
  assert.deepEqual(found, [], `${state}: ${found.length}`);
}

const ready = (name: string): string => `${id(name)}[aria-disabled="false"]`;
const inState = (name: string, state: string): string => `${id(name)}[data-state="${state}"]`;

function suite(bench: Bench): void {
  test("pipelines", async () => {
    const site = await SitePage.open(bench, "pipelines");
    await site.sees(ready("run"));
    await look(site, "idle");
    await site.click(id("manifest"));
    await site.sees(`${id("manifest")}[data-code]`);
    await look(site, "the manifest is edited");
    await site.click(id("example-mixed"));
    bench.server.fault("/site/remotemedia/python-worker.js", { delay: 8000 });
    await site.click(id("run"));
    await site.sees(inState("console", "running"));
    await look(site, "running");
    await site.tab.keyboard.press("Escape");
    await site.sees(inState("console", "cancelled"));
    await look(site, "cancelled");
    bench.server.heal();
    await site.click(id("run"));
    await site.sees(inState("console", "done"));
    await look(site, "done");
    await site.click("[data-node=text] button");
    await site.sees(`${id("details")}:not([hidden])`);
    await site.tab.focus(".trace-item[tabindex='0']");
    await look(site, "a node in full, and the trace pointed at");
    await site.tab.$eval(id("trace-as-table"), (it) => (it as HTMLElement).click());
    await look(site, "the trace as a table");
    await site.click(id("capabilities"));
    await look(site, "the badge is open");
  });

  test("pipelines that fail", async () => {
    const site = await SitePage.open(bench, "pipelines");
    await site.click(id("example-text"));
    await site.tab.focus(id("inputs"));
    await site.tab.keyboard.down("Control");
    await site.tab.keyboard.press("a");
    await site.tab.keyboard.up("Control");
    await site.tab.keyboard.type("[{");
    await site.sees(ready("run"));
    await site.click(id("run"));
    await site.sees(inState("console", "failed"));
    await look(site, "failed");
  });

  test("a pipeline that is wrong", async () => {
    const site = await SitePage.open(bench, "pipelines");
    await site.click(id("manifest"));
    await site.sees(`${id("manifest")}[data-code]`);
    await site.tab.keyboard.down("Control");
    await site.tab.keyboard.press("a");
    await site.tab.keyboard.up("Control");
    const nodes = [{ id: "a", node_type: "Nonsense" }];
    await site.tab.keyboard.sendCharacter(
      JSON.stringify({
        version: "v1",
        metadata: { name: "t" },
        nodes,
        connections: [{ from: "a", to: "b" }],
      }),
    );
    await site.sees("[data-missing][data-fault]");
    await site.click("[data-node=a] button");
    await site.sees(`${id("details")}:not([hidden])`);
    await look(site, "a node that is wrong in full");
  });

  test("speech", async () => {
    const site = await SitePage.open(bench, "speech");
    await site.sees(ready("transcribe"));
    await look(site, "idle");
    await site.click(id("transcribe"));
    await site.sees(inState("speech", "done"));
    await look(site, "done");
    await site.click(`${id("sound")} ::-p-text(Long)`);
    await site.says(id("sound-title"), "Long");
    await site.sees(ready("transcribe"));
    await site.click(id("transcribe"));
    await site.sees(id("segment"));
    await look(site, "running");
  });

  test("models and storage", async () => {
    const site = await SitePage.open(bench, "storage");
    await site.sees(id("model-row"));
    await look(site, "idle");
    bench.server.serve("/models/m.bin", () => {});
    await site.type(id("model-url"), bench.server.url("/models/m.bin"));
    await site.click(id("add-url"));
    await look(site, "downloading");
    await site.type(id("model-url"), bench.server.url("/models/none.bin"));
    await site.click(id("add-url"));
    await site.sees(id("error-code"));
    await look(site, "failed");
  });

  test("a question", async () => {
    const site = await SitePage.open(bench, "storage");
    const model = { name: "m", title: "M", default: true, licence: "MIT", languages: ["en"], memory: 9e9 };
    const file = { name: "m.bin", url: "/models/m.bin", bytes: 1e6 };
    bench.server.fault("/site/remotemedia/models.json", {
      body: JSON.stringify({ models: [{ ...model, files: [file] }] }),
    });
    await site.page.evaluate(() => location.reload());
    await site.sees(".model-warning:not([hidden])");
    await look(site, "warned");
    await site.click(`${id("model-row")} [data-command="download"]`);
    await site.sees(id("dialog"));
    await look(site, "asked");
  });

  test("about", async () => {
    const site = await SitePage.open(bench, "about");
    await site.sees(id("capability-row"));
    await look(site, "idle");
    await site.click(id("measure"));
    await site.sees(id("result"));
    await look(site, "measuring");
    await site.click(id("cancel-measure"));
    await site.sees(inState("live", "cancelled"));
    await look(site, "cancelled");
  });

  test("packages", async () => {
    const site = await SitePage.open(bench, "packages");
    await site.sees(id("package-keywords"));
    await look(site, "idle");
    await site.click(id("package-keywords"));
    await site.sees(`${id("package")}:not([hidden])`);
    await site.sees(ready("run"));
    await site.tab.focus(".hash[tabindex='0']");
    await look(site, "open");
    await site.click(id("run"));
    await site.sees(id("consent"));
    await look(site, "asked");
    await site.click(id("confirm"));
    await site.sees(inState("console", "done"));
    await look(site, "done");
    await site.page.evaluate(() => {
      const dataTransfer = new DataTransfer();
      dataTransfer.items.add(new File(["no package"], "junk.rmpkg"));
      document.body.dispatchEvent(new DragEvent("drop", { dataTransfer, bubbles: true, cancelable: true }));
    });
    await site.sees(id("error-code"));
    await look(site, "refused");
    await site.page.evaluate(() => {
      const dataTransfer = new DataTransfer();
      dataTransfer.items.add(new File(["\0asm"], "executor.wasm"));
      document.body.dispatchEvent(new DragEvent("drop", { dataTransfer, bubbles: true, cancelable: true }));
    });
    await site.says(id("package-name"), "executor.wasm");
    await look(site, "an executor alone");
  });

  test("a pipeline that is packed", async () => {
    const site = await SitePage.open(bench, "pipelines");
    await site.sees(ready("run"));
    await site.click(id("example-pi"));
    await site.click(id("pack"));
    await site.sees(id("pack-dialog"));
    await look(site, "packing");
  });

  for (const view of ["pipelines", "packages", "speech", "storage", "about"]) {
    test(`${view} without a runtime`, async () => {
      const site = await SitePage.open(bench, view);
      bench.server.fault("/site/remotemedia/remotemedia.js", { status: 500 });
      await site.page.evaluate(() => location.reload());
      await site.says("#capabilities", "did not start");
      await site.sees(id("error-code"));
      await look(site, "no runtime");
    });
  }
}
