/** The editor of manifests, driven with keyboard and mouse. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { Demo, id } from "./demo-page.ts";
import { type Bench, eachEngine } from "./harness/index.ts";

const CODE = `${id("manifest")} >>> `;

eachEngine("editor", suite, { engines: ["chromium", "firefox"] });

/** Scripts of the site that this page has fetched so far. */
async function scripts(demo: Demo): Promise<string[]> {
  return demo.page.evaluate(() =>
    performance
      .getEntriesByType("resource")
      .map((it) => it.name)
      .filter((it) => /assets\/.*\.js$/.test(it)),
  );
}

async function waitForText(demo: Demo, selector: string, text: string): Promise<void> {
  await demo.tab.waitForFunction(
    (selector, text) => {
      const root = document.querySelector('[data-testid="manifest"]')?.shadowRoot;
      return [...(root?.querySelectorAll(selector) ?? [])].some((it) => it.textContent?.includes(text));
    },
    {},
    selector,
    text,
  );
}

/** Writes `text` over the whole manifest, and puts the caret where it says `|`. */
async function write(demo: Demo, text: string): Promise<void> {
  await demo.fill("manifest", text.replace("|", ""));
  await demo.chord("Home");
  const lines = text.slice(0, text.indexOf("|")).split("\n");
  for (let n = 1; n < lines.length; n++) await demo.tab.keyboard.press("ArrowDown");
  await demo.tab.keyboard.press("Home");
  // The first press goes to where the line's text begins.
  const indent = /^ */.exec(lines.at(-1)!)![0].length;
  for (let n = indent; n < lines.at(-1)!.length; n++) await demo.tab.keyboard.press("ArrowRight");
}

function suite(bench: Bench): void {
  test("the editor is fetched when somebody goes there, and what was written before stays", async () => {
    const demo = await Demo.open(bench);
    assert.equal((await scripts(demo)).filter((it) => it.includes("code-")).length, 0);
    await demo.tab.$eval(id("manifest"), (it) => {
      (it as HTMLTextAreaElement).value = '{ "mine": 1 }';
      (it as HTMLTextAreaElement).setSelectionRange(2, 8);
    });
    await demo.tab.focus(id("manifest"));
    await demo.tab.waitForSelector(`${id("manifest")}[data-code]`);
    assert.equal((await scripts(demo)).filter((it) => it.includes("code-")).length, 1);
    assert.equal(await demo.selected(), '"mine"');
    await demo.tab.keyboard.type("x");
    assert.equal(await demo.manifest(), "{ x: 1 }");
    assert.deepEqual(await demo.complaints(), []);
  });

  test("kinds of nodes and their parameters are suggested, and taken with the keyboard", async () => {
    const demo = await Demo.open(bench);
    await write(demo, '{\n  "nodes": [\n    { "id": "a", "node_type": | }\n  ]\n}');
    await demo.tab.keyboard.type('"RustV');
    await waitForText(demo, ".cm-tooltip-autocomplete li", "RustVADNode");
    await waitForText(demo, ".cm-tooltip-autocomplete li", "VoiceActivity");
    await waitForText(demo, ".cm-completionInfo", "Finds speech by its loudness");
    await demo.tab.keyboard.press("Enter");
    await demo.tab.keyboard.type(', "par');
    await waitForText(demo, ".cm-tooltip-autocomplete li", "params");
    await demo.tab.keyboard.press("Enter");
    await demo.tab.keyboard.type('"mo');
    await waitForText(demo, ".cm-tooltip-autocomplete li[aria-selected]", "mode");
    await demo.tab.keyboard.press("Enter");
    assert.match(
      await demo.manifest(),
      /\{ "id": "a", "node_type": "RustVADNode", "params": \{"mode": "annotate"\} \}/,
    );
    assert.deepEqual(await demo.complaints(), []);
  });

  test("connections are offered the ids of the nodes", async () => {
    const demo = await Demo.open(bench);
    const nodes = '"nodes": [{ "id": "left" }, { "id": "right" }]';
    await write(demo, `{\n  ${nodes},\n  "connections": [{ "from": "left", "to": | }]\n}`);
    await demo.chord(" " as "Space");
    await waitForText(demo, ".cm-tooltip-autocomplete li", "right");
    const offered = await demo.tab.$$eval(`${CODE}.cm-tooltip-autocomplete li`, (all) => all.length);
    assert.equal(offered, 1);
    await demo.tab.keyboard.press("Enter");
    assert.match(await demo.manifest(), /"to": "right" \}/);
  });

  test("what is wrong is underlined where it is, and says so to whoever points at it", async () => {
    const demo = await Demo.open(bench);
    const node = '{ "id": "a", "node_type": "MultiplyNode", "params": { "factor": "3" } }';
    await demo.fill(
      "manifest",
      `{\n  "version": "v1",\n  "nodes": [\n    ${node}\n  ],\n  "connections": []\n}`,
    );
    await waitForText(demo, ".cm-lintRange-error", '"3"');
    await demo.tab.locator(`${CODE}.cm-lintRange-error`).hover();
    await waitForText(demo, ".cm-tooltip .cm-diagnostic", "factor");
    await demo.tab.keyboard.press("F8");
    assert.equal(await demo.selected(), '"3"');
    await demo.tab.keyboard.type("3");
    await demo.tab.waitForFunction(
      (status) => document.querySelector(status)?.textContent === "valid",
      {},
      id("manifest-status"),
    );
    assert.equal(await demo.tab.$(`${CODE}.cm-lintRange-error`), null);
  });

  test("a word explains itself to whoever points at it", async () => {
    const demo = await Demo.open(bench);
    await demo.code();
    await demo.tab.locator(`${CODE}.cm-line ::-p-text("MultiplyNode")`).hover();
    await waitForText(demo, ".cm-doc", "Multiplies a number");
  });

  test("a manifest is formatted, and every change can be taken back", async () => {
    const demo = await Demo.open(bench);
    const before = await demo.manifest();
    await demo.fill("manifest", '{"nodes":[\n\n1.50]}');
    // What is wrong with it is listed above the button, which moves.
    await demo.tab.waitForFunction(
      (status) => /\d/.test(document.querySelector(status)?.textContent ?? ""),
      {},
      id("manifest-status"),
    );
    await demo.click("format");
    assert.equal(await demo.manifest(), '{ "nodes": [1.5] }');
    await demo.code();
    for (let n = 0; n < 2; n++) await demo.chord("z");
    assert.equal(await demo.manifest(), before);
  });

  test("a word is searched for, and Escape closes the search and nothing else", async () => {
    const demo = await Demo.open(bench);
    await demo.code();
    await demo.chord("f");
    await demo.tab.waitForSelector(`${CODE}.cm-search`);
    await demo.tab.keyboard.type("addend");
    await demo.tab.keyboard.press("Enter");
    await demo.tab.keyboard.press("Escape");
    await demo.tab.waitForFunction(
      () => !document.querySelector('[data-testid="manifest"]')?.shadowRoot?.querySelector(".cm-search"),
    );
    assert.equal(await demo.selected(), "addend");
  });

  test("Tab leaves the editor both ways, and Control with Enter runs", async () => {
    const demo = await Demo.open(bench);
    const focused = () => demo.page.evaluate(() => (document.activeElement as HTMLElement).dataset["testid"]);
    const before = await demo.manifest();
    await demo.tab.keyboard.press("Tab");
    assert.notEqual(await focused(), "manifest");
    await demo.tab.keyboard.down("Shift");
    await demo.tab.keyboard.press("Tab");
    assert.equal(await focused(), "manifest");
    await demo.tab.keyboard.press("Tab");
    assert.notEqual(await focused(), "manifest");
    await demo.tab.keyboard.up("Shift");
    await demo.code();
    await demo.chord("Enter");
    assert.equal(await demo.over(), "done", await demo.text("error"));
    assert.equal(await demo.manifest(), before);
  });

  test("the editor has a name, and tells whether its text is right", async () => {
    const demo = await Demo.open(bench);
    await demo.fill("manifest", "{");
    await demo.tab.waitForSelector(`${CODE}.cm-content[aria-invalid="true"]`);
    const content = (await demo.tab.$(`${CODE}.cm-content`))!;
    const facts = await content.evaluate((it) => [it.getAttribute("role"), it.getAttribute("aria-label")]);
    assert.deepEqual(facts, ["textbox", "Manifest"]);
  });
}
