/** Manifests taken in and given away: by files, and by links. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { deflateRawSync } from "node:zlib";
import { Demo, id } from "./demo-page.ts";
import { type Bench, eachEngine } from "./harness/index.ts";

eachEngine("share", suite, { engines: ["chromium", "firefox"] });

const HALF = `from remotemedia import node

@node()
def half(x: float) -> float:
    return x / 2
`;

function manifest(type: string): string {
  const nodes = [{ id: "only", node_type: type }];
  return JSON.stringify({ version: "v1", metadata: { name: "shared" }, nodes, connections: [] });
}

/** A link as the page makes it. */
function link(shared: object): string {
  return `#/pipelines?m=${deflateRawSync(JSON.stringify(shared)).toString("base64url")}`;
}

const value = (demo: Demo, name: string): Promise<string> =>
  demo.tab.$eval(id(name), (it) => (it as HTMLTextAreaElement).value);

/** Waits until what is called `name` says `text`. */
async function shows(demo: Demo, name: string, text: string): Promise<void> {
  await demo.tab.waitForFunction(
    (selector, text) => document.querySelector(selector)?.textContent?.includes(text),
    {},
    id(name),
    text,
  );
}

function suite(bench: Bench): void {
  test("a pipeline is shared by a link, with its items and its Python, and runs when it is told to", async () => {
    const demo = await Demo.open(bench);
    await demo.fill("python", HALF);
    await demo.fill("manifest", manifest("half"));
    await demo.fill("inputs", "[5, 7]");
    await demo.click("share");
    await demo.tab.waitForSelector(`.link-row:not([hidden]) ${id("link")}`);
    const address = new URL(await value(demo, "link"));
    assert.match(address.hash, /^#\/pipelines\?m=[\w-]+$/);
    assert.ok(address.hash.length < 1000, String(address.hash.length));

    const other = await Demo.open(bench, {}, address.hash);
    assert.match(await other.manifest(), /"node_type":"half"/);
    assert.equal(await value(other, "inputs"), "[5, 7]");
    assert.equal(await value(other, "python"), HALF);
    assert.match(await other.text("manifest-note"), /came with a link.*Nothing of it has run/);
    assert.ok(await other.isShown("from-link"));
    assert.equal(await other.reaches("idle", "starting", "running", "done"), "idle");
    assert.equal(await other.run(), "done", await other.text("error"));
    assert.deepEqual(await other.results(), [2.5, 3.5]);
    assert.equal(await other.isShown("from-link"), false);
    assert.deepEqual(await other.complaints(), []);
  });

  test("Python from a link is not even read before its reader runs it", async () => {
    const python = "raise RuntimeError('it was read')\n";
    const demo = await Demo.open(bench, {}, link({ manifest: manifest("half"), python }));
    // What it may define is not called unknown, and it is not called known either.
    await shows(demo, "manifest-status", "valid");
    await demo.tab.focus(id("python"));
    await demo.tab.keyboard.type("#");
    await demo.tab.focus(id("inputs"));
    await demo.fill("manifest", `${manifest("half")}\n`);
    await shows(demo, "manifest-status", "valid");
    assert.ok(await demo.isShown("from-link"));
    assert.equal(await demo.text("python-problems"), "");
    assert.equal(await demo.text("python-status"), "");
    assert.equal(await demo.run(), "failed");
    await shows(demo, "python-problems", "it was read");
  });

  const broken: [string, string, RegExp][] = [
    ["cut off", link({ manifest: manifest("Echo") }).slice(0, -9), /end is missing/],
    ["of something else", "#/pipelines?m=%3Cscript%3E", /letters that none has/],
    ["that would fill the memory", link({ manifest: "a".repeat(8 << 20) }), /holds more than any/],
    ["that holds no pipeline", link([1]), /no pipeline/],
  ];
  for (const [name, place, message] of broken) {
    test(`a link ${name} is refused, and the page works on`, async () => {
      const demo = await Demo.open(bench, {}, place);
      await demo.tab.waitForSelector(`${id("error")}:not([hidden])`);
      assert.match(await demo.text("error-message"), message);
      assert.equal(await demo.run(), "done", await demo.text("error"));
      assert.deepEqual(await demo.results(), [20, 24, 16]);
    });
  }

  test("a link is opened from another view, and on the same page", async () => {
    const demo = await Demo.open(bench, {}, link({ manifest: manifest("Echo"), inputs: "[1]" }));
    await demo.click("view-speech");
    await demo.tab.waitForSelector(id("speech"));
    const go = (place: string) => demo.page.evaluate((place) => void (location.hash = place), place);
    await go(link({ manifest: manifest("PassThrough"), inputs: "[2]" }));
    await demo.tab.waitForSelector(id("console"));
    await demo.tab.waitForFunction(
      (inputs) => document.querySelector<HTMLTextAreaElement>(inputs)?.value === "[2]",
      {},
      id("inputs"),
    );
    assert.equal(await demo.run(), "done", await demo.text("error"));
    assert.deepEqual(await demo.results(), [2]);
    await go(link({ manifest: manifest("PassThrough"), source: "microphone" }));
    await demo.tab.waitForFunction(
      (choice) => document.querySelector<HTMLInputElement>(choice)?.checked,
      {},
      id("input-microphone"),
    );
  });

  test("files do not travel in a link, which is said", async () => {
    const demo = await Demo.open(bench);
    await demo.drop("mine.bin", "", "x");
    await demo.tab.waitForSelector(`${id("recordings")} li`);
    await demo.click("share");
    await demo.tab.waitForSelector(`.link-row:not([hidden])`);
    assert.match(await demo.text("manifest-note"), /Files do not travel/);
  });

  test("a manifest is opened from a file, and saved under the name in its metadata", async () => {
    const demo = await Demo.open(bench);
    const file = JSON.stringify({ manifest: JSON.parse(manifest("Echo")), input_data: ["a"] });
    await demo.page.evaluate((text) => {
      const input = document.querySelector<HTMLInputElement>('[data-testid="manifest-file"]')!;
      const dataTransfer = new DataTransfer();
      dataTransfer.items.add(new File([text], "whole.json"));
      input.files = dataTransfer.files;
      input.dispatchEvent(new Event("change"));
    }, file);
    await shows(demo, "manifest-note", "Opened whole.json");
    assert.equal(await value(demo, "inputs"), '["a"]');
    assert.match(await demo.manifest(), /"node_type": "Echo"/);
    const saved = await demo.saved(() => demo.click("save-manifest"));
    assert.equal(saved.name, "shared.json");
    assert.deepEqual(JSON.parse(new TextDecoder().decode(saved.bytes)), JSON.parse(manifest("Echo")));
  });

  test("a manifest that is dropped is opened; other files are input", async () => {
    const demo = await Demo.open(bench);
    await demo.drop("dropped.json", "application/json", manifest("Echo"));
    await shows(demo, "manifest-note", "Opened dropped.json");
    assert.match(await demo.manifest(), /"node_type": "Echo"/);
    await demo.drop("data.json", "application/json", "[1, 2]");
    await shows(demo, "recordings", "data.json");
    assert.match(await demo.manifest(), /"node_type": "Echo"/);
  });
}
