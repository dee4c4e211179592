/** The view of packages, driven as its users do. */
import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { test } from "node:test";
import { Demo, id } from "./demo-page.ts";
import { type Bench, eachEngine } from "./harness/index.ts";
import { eachVisitor, fetchEverything, type Visits } from "./offline-kit.ts";
import { command, doubling, idOf, newKey, parts, saying, textOf, zip } from "./packages-kit.ts";
import { PackagesPage } from "./packages-page.ts";

eachEngine("packages view", suite, { engines: ["chromium", "firefox"] });
eachVisitor("packages view offline", offline, ["chromium"]);

const SHOUT = `
from remotemedia import Node

class Shout(Node):
    """Makes a text loud."""

    def process(self, data):
        return str(data).upper() + "!"
`;

/** A package called `name` with one Python node of its own. `key`: who signs it. */
function shouting(name: string, key?: Parameters<typeof parts>[2]): Buffer {
  const manifest = {
    version: "v1",
    metadata: { name },
    package: { format: 2, example: { inputs: ["a", "b"] } },
    nodes: [{ id: "shout", node_type: "Shout", params: {} }],
    connections: [],
  };
  return zip(parts(manifest, { "python/shout.py": SHOUT }, key));
}

/** A package of the original's format with this manifest. */
function original(manifest: object): Buffer {
  const data = (it: string | Buffer): Buffer => Buffer.from(it);
  return zip([
    { name: "manifest.json", data: data(JSON.stringify(manifest)), stored: false },
    { name: "runtime.wasm", data: command("(nop)"), stored: false },
  ]);
}

function suite(bench: Bench): void {
  test("a package of the site opens, says what it is, and runs its example", async () => {
    const view = await PackagesPage.open(bench);
    await view.tab.locator(id("package-calculator")).click();
    await view.opened("calculator");
    const card = await view.text("package-card");
    for (const part of [
      "calculator.rmpkg",
      "format 2",
      "1.0.0",
      "MIT OR Apache-2.0",
      "unsigned",
      "MultiplyNode, AddNode",
    ]) {
      assert.ok(card.includes(part), `${part} is not in ${card}`);
    }
    assert.match(card, /SHA-256[0-9a-f]{64}/);
    assert.match(await view.text("permissions"), /no code of its own/);
    assert.equal(await view.demo.run(), "done", await view.text("error"));
    assert.deepEqual(await view.demo.results(), [20, 24, 16]);
    assert.equal(await view.demo.states(), "multiply done, add done");
    assert.deepEqual(await view.demo.complaints(), []);
  });

  test("an address opens a package of the site, and runs nothing by itself", async () => {
    const view = await PackagesPage.open(bench, "/mixed");
    await view.opened("mixed");
    assert.equal(await view.text("run-state"), "ready");
    assert.equal(await view.demo.run(), "done", await view.text("error"));
    assert.equal(((await view.demo.results()) as unknown[]).length, 3);
  });

  test("a package from an address that is typed is fetched, and its load can be cancelled", async () => {
    const view = await PackagesPage.open(bench);
    await view.tab.waitForSelector(id("package-calculator"));
    bench.server.serve("/slow.rmpkg", () => {});
    await view.demo.fill("package-url", bench.server.url("/slow.rmpkg"));
    await view.tab.locator(id("open-url")).click();
    await view.tab.locator(id("cancel-open")).click();
    await view.tab.waitForSelector(`.package-loading[hidden]`);
    assert.equal(await view.isThere("error-code"), false);
    await view.demo.fill("package-url", bench.server.url("/site/packages/calculator.rmpkg"));
    await view.tab.locator(id("open-url")).click();
    await view.opened("calculator");
    await view.demo.fill("package-url", "nonsense");
    await view.tab.locator(id("open-url")).click();
    assert.match(await view.tab.$eval(".field-fault:not([hidden])", (it) => it.textContent), /no address/);
  });

  test("its contents are listed with sizes and hashes, which the keys go through", async () => {
    const view = await PackagesPage.open(bench);
    await view.give("p", shouting("p"));
    const rows = await view.tab.$$eval(id("entry"), (all) =>
      all.map((it) => it.querySelector("th")!.textContent),
    );
    assert.deepEqual(rows, ["manifest.json", "package.lock.json", "python/shout.py"]);
    await view.tab.focus(".hash[tabindex='0']");
    assert.match(await view.text("hash-full"), /^manifest\.json: [0-9a-f]{64}$/);
    await view.tab.keyboard.press("End");
    assert.match(await view.text("hash-full"), /^python\/shout\.py: [0-9a-f]{64}$/);
    await view.tab.keyboard.press("ArrowUp");
    assert.match(await view.text("hash-full"), /^package\.lock\.json: /);
  });

  test("code of a package runs only after its user lets it, who is asked once for each package", async () => {
    const view = await PackagesPage.open(bench);
    await view.give("first", shouting("first"));
    assert.match(await view.text("permissions"), /Python modules/);
    await view.tab.locator(id("run")).click();
    const asked = await view.text("consent");
    for (const part of ["python/shout.py", "unsigned", "SHA-256"]) assert.ok(asked.includes(part), asked);
    assert.equal(await view.focus(), "decline");
    await view.tab.keyboard.press("Enter");
    assert.equal(await view.demo.over(), "cancelled");
    assert.equal(await view.text("run-state"), "cancelled");

    await view.tab.locator(id("run")).click();
    await view.tab.waitForSelector(id("consent"));
    await view.tab.keyboard.press("Escape");
    await view.tab.waitForFunction((it) => !document.querySelector(it), {}, id("dialog"));
    assert.equal(await view.demo.over(), "cancelled");

    await view.tab.locator(id("run")).click();
    await view.tab.locator(id("confirm")).click();
    assert.equal(await view.demo.over(), "done", await view.text("error"));
    assert.deepEqual(await view.demo.results(), ["A!", "B!"]);
    const badges = await view.tab.$$eval(`${id("node")} .badge:not([hidden])`, (all) =>
      all.map((it) => it.textContent),
    );
    assert.deepEqual(badges, ["Python"], "what its own node is written in");
    assert.equal(await view.demo.run(), "done", "asked again");

    await view.give("second", shouting("second"));
    await view.tab.locator(id("run")).click();
    await view.tab.locator(id("decline")).click();
    await view.give("first", shouting("first"));
    assert.equal(await view.demo.run(), "done", "asked again for the same hash");
    assert.deepEqual(await view.demo.complaints(), []);
  });

  test("a package that is refused says everything that is wrong with it", async () => {
    const view = await PackagesPage.open(bench);
    await view.tab.locator(id("package-calculator")).click();
    await view.opened("calculator");
    const manifest = {
      version: "v1",
      nodes: [{ id: "a" }, { node_type: "Echo" }],
      connections: [{ from: "a", to: "z" }],
    };
    await view.drop("bad.rmpkg", original(manifest));
    assert.equal(await view.text("error-code"), "PackageRejected");
    const told = await view.text("open-error");
    for (const part of [
      /Node 0: missing required field: node_type/,
      /Node 1: missing required field: id/,
      /unknown node id: z/,
    ]) {
      assert.match(told, part);
    }
    assert.equal(await view.demo.isShown("run"), false, "the package before is gone");
    await view.drop("note.txt", Buffer.from("no package"));
    await view.tab.waitForFunction(
      (it) => document.querySelector(it)?.textContent?.includes("extension"),
      {},
      id("open-error"),
    );
    await view.drop("junk.rmpkg", Buffer.from("no package"));
    await view.tab.waitForFunction(
      (it) => /extract/.test(document.querySelector(it)?.textContent ?? ""),
      {},
      id("open-error"),
    );
  });

  test("an executor without a package runs whatever manifest its user writes, if they let it", async () => {
    const view = await PackagesPage.open(bench);
    const wasm = saying([
      [1, '{"graph_info":{"execution_order":[],"node_count":0,"sink_count":0,"source_count":0},'],
      [1, '"status":"success","outputs":['],
      [1, null],
      [1, "]}"],
    ]);
    await view.drop("echo.wasm", wasm);
    await view.opened("echo.wasm");
    assert.equal(await view.demo.isShown("contents"), false);
    const manifest = { ...doubling(), metadata: { name: "mine" } };
    await view.demo.fill("manifest", JSON.stringify(manifest));
    await view.tab.locator(id("run")).click();
    assert.match(await view.text("consent"), /runtime\.wasm/);
    await view.tab.locator(id("confirm")).click();
    assert.equal(await view.demo.over(), "done", await view.text("error"));
    const [request] = (await view.demo.results()) as [{ manifest: object; input_data: unknown[] }];
    assert.deepEqual(request, { manifest, input_data: [5, 7, 3] });
    assert.equal(await view.demo.run(), "done", "asked again for the same executor");
    await view.drop("broken.wasm", Buffer.from("no wasm"));
    await view.opened("broken.wasm");
    assert.equal(await view.demo.run(), "failed");
    assert.equal(await view.text("error-code"), "PackageRejected");
  });

  test("a signature is told from none, and a key that is trusted from others", async () => {
    const view = await PackagesPage.open(bench);
    const key = newKey();
    const signature = async (name: string): Promise<string> => {
      await view.give(name, shouting(name, key));
      return view.tab.$eval("[class^=signature-]", (it) => `${it.className} ${it.textContent}`);
    };
    const keyId = idOf(key.publicKey);
    assert.match(await signature("before"), new RegExp(`^signature-unknown Signatureunknown key.*${keyId}`));
    await view.demo.fill("package-keys", textOf(key.publicKey));
    assert.match(await signature("after"), new RegExp(`^signature-trusted Signaturetrusted.*${keyId}`));
    await view.give("unsigned", shouting("unsigned"));
    assert.match(await view.text("package-card"), /Signatureunsigned/);
  });

  test("texts of a package are texts, wherever they are shown", async () => {
    const view = await PackagesPage.open(bench);
    const evil = `<img src=x onerror="document.title='owned'"><b class="owned">b</b>`;
    const fields = ["name", "description", "author", "version", "license"];
    const manifest = {
      version: "v1",
      metadata: Object.fromEntries(fields.map((it) => [it, evil])),
      package: { format: 2, example: { inputs: [evil] } },
      nodes: [{ id: "a", node_type: evil, params: { [evil]: evil } }],
      connections: [],
      [evil]: evil,
    };
    const files = { "python/a.py": `# ${evil}`, "media/a'b&amp;&lt;b class=owned&gt;.txt": evil };
    await view.drop("evil.rmpkg", zip(parts(manifest, files)));
    await view.opened(evil);
    await view.tab.locator(id("run")).click();
    await view.tab.locator(id("confirm")).click();
    assert.equal(await view.demo.over(), "failed");
    assert.match(await view.text("error"), /<img src=x/);
    await view.drop(`${evil}.rmpkg`, zip(parts(doubling(), { [`media/${evil}`]: "" })));
    await view.tab.waitForFunction(
      (it) => document.querySelector(it)?.textContent?.includes("PackageRejected"),
      {},
      id("open-error"),
    );
    const { title, owned } = await view.page.evaluate(() => ({
      title: document.title,
      owned: document.querySelectorAll("img, .owned").length,
    }));
    assert.deepEqual({ title, owned }, { title: "Packages · RemoteMedia", owned: 0 });
    assert.deepEqual(await view.demo.complaints(), []);
  });

  test("a pipeline that is packed in the editor is the same when it is opened here", async () => {
    const demo = await Demo.open(bench);
    await demo.click("example-branches");
    await demo.click("pack");
    await demo.tab.waitForSelector(id("pack-dialog"));
    assert.equal(
      await demo.tab.$eval(id("pack-name"), (it) => (it as HTMLInputElement).value),
      "branches-demo",
    );
    await demo.fill("pack-author", "Somebody");
    const { name, bytes } = await demo.saved(() => demo.click("pack-save"));
    assert.equal(name, "branches-demo.rmpkg");
    await demo.tab.waitForFunction((it) => !document.querySelector(it), {}, id("pack-dialog"));
    assert.equal(await demo.run(), "done", await demo.text("error"));
    const expected = await demo.results();

    await demo.click("view-packages");
    const view = await PackagesPage.on(demo.page);
    await view.drop(name, bytes);
    await view.opened("branches-demo");
    assert.match(await view.text("package-card"), /AuthorSomebody/);
    await view.tab.locator(id("run")).click();
    await view.tab.locator(id("confirm")).click();
    assert.equal(await view.demo.over(), "done", await view.text("error"));
    assert.deepEqual(await view.demo.results(), expected);

    await view.tab.locator(id("open-in-pipelines")).click();
    await demo.tab.waitForSelector(id("manifest"));
    assert.match(await demo.text("manifest-note"), /came with a link/);
    assert.equal(await demo.run(), "done", await demo.text("error"));
    assert.deepEqual(await demo.results(), expected);
  });

  test("files that are items travel as media, and come back as files", async () => {
    const demo = await Demo.open(bench);
    await demo.click("example-voices");
    await demo.tab.waitForSelector(`${id("recordings")} li`);
    await demo.click("pack");
    const { name, bytes } = await demo.saved(() => demo.click("pack-save"));
    await demo.click("view-packages");
    const view = await PackagesPage.on(demo.page);
    await view.drop(name, bytes);
    await view.opened("voice-activity-demo");
    assert.match(await view.text("package-card"), /Mediamedia\/noisy\.wav/);
    assert.match(await view.text("recordings"), /noisy\.wav/);
    assert.equal(await view.demo.run(), "done", await view.text("error"));
    assert.equal(((await view.demo.results()) as unknown[]).length, 1);
  });

  test("all of it by the keys alone", async () => {
    const view = await PackagesPage.open(bench);
    await view.tab.waitForSelector(id("package-keywords"));
    const reach = async (name: string): Promise<void> => {
      for (let steps = 0; (await view.focus()) !== name; steps += 1) {
        assert.ok(steps < 80, `${name} is out of reach`);
        await view.tab.keyboard.press("Tab");
      }
    };
    await view.tab.focus("main");
    await reach("package-keywords");
    await view.tab.keyboard.press("Enter");
    await view.opened("keywords");
    await reach("open-in-pipelines");
    await view.demo.chord("Enter");
    await view.tab.waitForSelector(id("dialog"));
    await view.tab.keyboard.press("Tab");
    assert.equal(await view.focus(), "confirm");
    await view.tab.keyboard.press("Enter");
    assert.equal(await view.demo.over(), "done", await view.text("error"));
    assert.ok(((await view.demo.results()) as unknown[]).length > 0);
  });
}

function offline(visits: Visits): void {
  test("packages of the site and of the disk are opened and run without the server", async () => {
    const visit = await visits.visit();
    const page = await visit.open();
    await fetchEverything(page);
    await page.evaluate(() => void (location.hash = "#/packages"));
    await visit.server.close();
    const { tab } = await PackagesPage.on(page);
    await tab.reload();
    const view = await PackagesPage.on(page);
    await tab.locator(id("package-mixed")).click();
    await view.opened("mixed");
    assert.equal(await view.demo.run(), "done", await view.text("error"));
    await view.give("p", shouting("p"));
    await view.tab.locator(id("run")).click();
    await view.tab.locator(id("confirm")).click();
    assert.equal(await view.demo.over(), "done", await view.text("error"));
    assert.deepEqual(await view.demo.results(), ["A!", "B!"]);
    await page.close();
  });
}
