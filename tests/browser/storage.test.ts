/** The view of models and storage, driven as its users do. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { id } from "./demo-page.ts";
import { type Bench, eachEngine, ModelHost } from "./harness/index.ts";
import { SitePage } from "./site-page.ts";

const SIZE = 3_000_000;
const FILE = "/models/m.bin";
const CATALOGUE = "/site/remotemedia/models.json";

eachEngine("storage", suite, { engines: ["chromium", "firefox"] });

/** The row of a model, or a part of it. */
function row(model: string, part = ""): string {
  return `${id("model-row")}[data-model="${model}"]${part}`;
}

/** A button of a model's row. */
function button(model: string, command: string): string {
  return row(model, ` [data-command="${command}"]:not([hidden])`);
}

/** A catalogue of one model beside the default one, with these facts. */
function catalogue(host: ModelHost, facts: object = {}): string {
  const file = { name: "m.bin", url: FILE, bytes: host.data.length, sha256: host.sha256 };
  const m = { name: "m", title: "Model M", licence: "MIT", languages: ["en"], memory: 1, files: [file] };
  const d = { ...m, name: "d", title: "Model D", default: true, files: [{ ...file, url: "/models/d.bin" }] };
  return JSON.stringify({ models: [d, { ...m, ...facts }] });
}

/** The view with nothing kept, and `host` as the model `m`. */
async function open(bench: Bench, host: ModelHost, facts?: object): Promise<SitePage> {
  const site = await SitePage.open(bench, "storage");
  bench.server.serve(FILE, host.answer);
  await forget(site);
  bench.server.fault(CATALOGUE, { body: catalogue(host, facts) });
  await reopen(site);
  return site;
}

async function reopen(site: SitePage): Promise<void> {
  await site.page.evaluate(() => location.reload());
  await site.sees(row("m"));
}

/** Removes what earlier tests kept, as the user would. */
async function forget(site: SitePage): Promise<void> {
  await site.says(id("room"), "Kept in");
  if ((await site.tab.$(`${id("clear")}:not([hidden])`)) === null) return;
  await site.click(id("clear"));
  await site.click(id("confirm"));
  await site.sees(`${id("clear")}[hidden]`);
}

function suite(bench: Bench): void {
  test("every model of the catalogue is listed with what it needs and where it is", async () => {
    const site = await SitePage.open(bench, "storage");
    await site.sees(row("demo"));
    const file = new URL("../../dist/remotemedia/models.json", import.meta.url);
    const { models } = JSON.parse(readFileSync(file, "utf8")) as { models: { name: string }[] };
    assert.equal(await site.count(id("model-row")), models.length);
    assert.match(await site.text(row("demo")), /this site.*4\.2 MB.*64 MB.*English.*in this site/);
    assert.match(
      await site.text(row("tiny")),
      /huggingface\.co.*MIT.*77\.7 MB.*240 MB.*multilingual.*not here/,
    );
    assert.deepEqual(await site.complaints(), []);
  });

  test("a download shows how far it is, pauses, goes on after a reload, and is there for every view", async () => {
    const host = new ModelHost(SIZE);
    const site = await open(bench, host);
    host.holdAt(SIZE / 2);
    await site.click(button("m", "download"));
    await site.says(row("m"), "1.5 MB of 3 MB");
    assert.equal(
      await site.tab.$eval(row("m", " progress"), (it) => (it as HTMLProgressElement).value),
      SIZE / 2,
    );
    await site.click(button("m", "pause"));
    await site.says(row("m"), "partly here");
    await host.gets[0]!.gone;
    host.release();
    await reopen(site);
    assert.match(await site.text(row("m")), /partly here1\.5 MB of 3 MB/);
    await site.says(button("m", "download"), "Resume");
    await site.click(button("m", "download"));
    await site.says(row("m"), "on this device");
    assert.equal(host.gets[1]?.range, `bytes=${SIZE / 2}-`);
    assert.equal(await site.focus(), "Delete");
    await site.says(id("room"), "Models3 MB");
    await site.click(id("view-speech"));
    await site.sees(`${row("m")}[data-place="stored"]`);
    assert.deepEqual(await site.complaints(), []);
  });

  test("a model is deleted only by who means it, with the keyboard too", async () => {
    const host = new ModelHost(SIZE);
    const site = await open(bench, host);
    await site.click(button("m", "download"));
    await site.says(row("m"), "on this device");
    await site.click(button("m", "remove"));
    assert.match(await site.text(id("dialog")), /Delete Model M\?Its 3 MB are deleted/);
    await site.tab.keyboard.press("Escape");
    await site.tab.waitForSelector(id("dialog"), { hidden: true });
    assert.equal(await site.focus(), "Delete");
    assert.match(await site.text(row("m")), /on this device/);
    await site.tab.keyboard.press("Enter");
    await site.sees(id("dialog"));
    assert.equal(await site.focus(), "decline");
    await site.tab.keyboard.press("Tab");
    await site.tab.keyboard.press("Enter");
    await site.says(row("m"), "not here");
    await site.says(id("room"), "Models0 B");
  });

  test("what does not fit is said before, and not fetched unless its user insists", async () => {
    const host = new ModelHost(SIZE);
    const site = await open(bench, host, { memory: 5e9 });
    await site.says(row("m", " .model-warning"), "A run needs about 5 GB of memory");
    await site.click(button("m", "download"));
    assert.match(await site.text(id("dialog")), /Model M does not fit/);
    await site.click(id("decline"));
    await site.tab.waitForSelector(id("dialog"), { hidden: true });
    await site.click(button("m", "download"));
    await site.click(id("confirm"));
    await site.says(row("m"), "failed");
    assert.match(await site.text(row("m")), /needs 5000000000 bytes of memory/);
    assert.equal(host.gets.length, 0);
  });

  test("a model is had from an address, and what is no address is told", async () => {
    const host = new ModelHost(SIZE);
    const site = await open(bench, host);
    await site.type(id("model-url"), "nonsense");
    await site.tab.keyboard.press("Enter");
    await site.says(".field-fault", "no address");
    assert.equal(await site.focus(), "model-url");
    await site.tab.$eval(id("model-url"), (it) => void ((it as HTMLInputElement).value = ""));
    const address = bench.server.url("/models/other.bin");
    bench.server.serve("/models/other.bin", host.answer);
    await site.type(id("model-url"), address);
    await site.click(id("add-url"));
    await site.says(row(address), "on this device");
    await site.click(button(address, "remove"));
    await site.click(id("confirm"));
    await site.tab.waitForSelector(row(address), { hidden: true });
    assert.deepEqual(await site.complaints(), []);
  });

  test("what an address does not give is told with its code", async () => {
    const host = new ModelHost(SIZE);
    const site = await open(bench, host);
    host.status = 404;
    await site.type(id("model-url"), bench.server.url(FILE));
    await site.tab.keyboard.press("Enter");
    assert.equal(await site.text(id("error-code")), "LoadFailed");
    assert.match(await site.text(id("error-message")), /the server answers 404/);
  });

  test("files of the user are kept as a model", async () => {
    const host = new ModelHost(SIZE);
    const site = await open(bench, host);
    await site.page.evaluate(async (url) => {
      const dataTransfer = new DataTransfer();
      dataTransfer.items.add(new File([await (await fetch(url)).blob()], "mine.bin"));
      document.body.dispatchEvent(new DragEvent("drop", { dataTransfer, bubbles: true, cancelable: true }));
    }, FILE);
    await site.says(row("mine.bin"), "on this device");
    assert.match(await site.text(row("mine.bin")), /your own files/);
    await site.click(id("clear"));
    assert.match(await site.text(id("dialog")), /Delete all models\?3 MB/);
    await site.click(id("confirm"));
    await site.tab.waitForSelector(row("mine.bin"), { hidden: true });
  });

  test("what storage there is, and how long it lasts, is said as the browser says it", async () => {
    const site = await open(bench, new ModelHost(SIZE));
    await site.says(id("room"), "Private file system (OPFS)");
    assert.match(
      (await site.tab.$eval(id("meter"), (it) => it.getAttribute("aria-label"))) ?? "",
      /^Models take 0 B/,
    );
    // A browser without a window is asked as any other; what it says is its own business.
    const promised = await site.page.evaluate(() => {
      navigator.storage.persist = () => Promise.resolve(false);
      return navigator.storage.persisted();
    });
    assert.equal(promised, false);
    await site.click(id("persist"));
    await site.says(id("room"), "The browser has not promised more");
    await site.says(id("room"), "until room runs short");
  });

  test("a browser that keeps nothing has models in memory, and is said to", async () => {
    const host = new ModelHost(SIZE);
    const site = await open(bench, host);
    const whole = readFileSync(new URL("../../dist/remotemedia/models-worker.js", import.meta.url), "utf8");
    const without = 'import "/without-files.js"; import "/without-cache.js";';
    bench.server.fault("/site/remotemedia/models-worker.js", { body: `${without}\n${whole}` });
    await reopen(site);
    await site.says(id("room"), "Memory of this page");
    await site.says(id("room"), "until this page is closed");
    assert.notEqual(await site.tab.$(`${id("persist")}[hidden]`), null);
  });

  test("nothing is wider than the page, from a telephone to a wall", async () => {
    const site = await open(bench, new ModelHost(SIZE));
    const { width, surplus } = await site.surplus();
    assert.ok(surplus <= 0, `${surplus} pixels too wide at ${width}`);
  });

  test("a runtime that does not start is said to, and started again", async () => {
    const site = await open(bench, new ModelHost(SIZE));
    bench.server.fault("/site/remotemedia/remotemedia.js", { status: 500 });
    await site.page.evaluate(() => location.reload());
    await site.says(id("error"), "remotemedia.js");
    await site.says("#capabilities", "The runtime did not start.");
    bench.server.heal("/site/remotemedia/remotemedia.js");
    await site.click("#capabilities button");
    await site.sees(id("capabilities"));
    await site.tab.waitForSelector(id("error"), { hidden: true });
    await site.sees(row("m"));
  });
}
