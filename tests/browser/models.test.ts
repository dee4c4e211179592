/** Models: found, fetched however often the way breaks, checked, kept, shared between tabs, removed. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { eachEngine, ModelHost, TestServer } from "./harness/index.ts";
import { begin, catalogue, ended, FILE, isWhole, load, loadBroken, open, SIZE } from "./models-kit.ts";
import { install } from "./models-page.ts";

eachEngine("models", (bench) => {
  test("a model is fetched once, told of, listed, and forgotten when it is removed", async () => {
    const host = new ModelHost(SIZE);
    const page = await open(bench, host);
    const first = await load(page, FILE);
    isWhole(first, host);
    const name = bench.server.url(FILE);
    assert.equal(first.info?.name, name);
    const told = first.progress.map(({ loaded }) => loaded);
    assert.deepEqual(
      told,
      [...told].sort((a, b) => a - b),
    );
    isWhole(await load(page, name), host);
    assert.equal(host.gets.length, 1);
    const listed = await page.evaluate(() => models.runtime.models.list());
    assert.deepEqual(listed.find((it) => it.name === name)?.state, "stored");
    const { kind, used } = await page.evaluate(() => models.runtime.models.storage());
    assert.equal(used, SIZE);
    assert.equal(kind, bench.engine === "webkit" ? "cache" : "opfs");
    await page.evaluate((name) => models.runtime.models.remove(name), name);
    const gone = await page.evaluate((name) => models.runtime.models.info(name), name);
    assert.deepEqual([gone.state, gone.bytesStored], ["none", 0]);
    isWhole(await load(page, FILE), host);
    assert.equal(host.gets.length, 2);
  });

  test("a model stays when the page is loaded again", async () => {
    const host = new ModelHost(SIZE);
    const page = await open(bench, host);
    await load(page, FILE);
    await page.goto(bench.server.url("/test.html"));
    await page.evaluate(install);
    isWhole(await load(page, FILE), host);
    assert.equal(host.gets.length, 1);
  });

  test("a connection that breaks early, midway or late is taken up where it broke", async () => {
    const host = new ModelHost(SIZE);
    const page = await open(bench, host);
    const places = [0.1, 0.5, 0.99].map((share) => Math.round(share * SIZE));
    isWhole(await loadBroken(page, host, FILE, places), host);
    const asked = host.gets.map(({ range, ifRange }) => [range, ifRange]);
    assert.deepEqual(asked, [[undefined, undefined], ...places.map((at) => [`bytes=${at}-`, '"1"'])]);
    assert.equal(
      host.gets.reduce((sum, { sent }) => sum + sent, 0),
      SIZE,
    );
  });

  test("a server that knows no parts is asked for the whole again", async () => {
    const host = new ModelHost(SIZE);
    const page = await open(bench, host);
    host.ranges = false;
    isWhole(await loadBroken(page, host, FILE, [SIZE / 2]), host);
    assert.equal(host.gets.length, 2);
  });

  test("a file that changed while the connection was broken is fetched anew", async () => {
    const host = new ModelHost(SIZE);
    const page = await open(bench, host);
    host.holdAt(SIZE / 2);
    await begin(page, FILE, SIZE / 4);
    host.data = ModelHost.model(SIZE - 1000, 2);
    host.etag = '"2"';
    host.drop();
    isWhole(await ended(page), host);
  });

  test("a damaged file is refused, and leaves nothing behind", async () => {
    const host = new ModelHost(SIZE);
    const page = await open(bench, host, catalogue(host));
    const right = host.data;
    host.data = Buffer.from(right);
    host.data[SIZE / 3] ^= 1;
    const { error } = await load(page, "m");
    assert.equal(error?.code, "ModelRejected");
    assert.match(error?.message ?? "", /m\.bin is damaged/);
    const info = await page.evaluate(() => models.runtime.models.info("m"));
    assert.deepEqual([info.state, info.bytesStored], ["none", 0]);
    host.data = right;
    isWhole(await load(page, "m"), host);
  });

  test("what is no model, not there, or not called so is refused by name", async () => {
    const host = new ModelHost(Buffer.from("<!doctype html><title>Not here</title>"));
    const page = await open(bench, host);
    const html = await load(page, FILE);
    assert.equal(html.error?.code, "ModelRejected");
    assert.match(html.error?.message ?? "", /is no ggml model, but begins with/);
    for (const status of [404, 500]) {
      host.status = status;
      const { error } = await load(page, FILE);
      assert.equal(error?.code, "LoadFailed");
      assert.deepEqual(error?.details, { url: bench.server.url(FILE), status });
    }
    const { error } = await load(page, "tinny");
    assert.equal(error?.code, "InvalidInput");
    assert.match(error?.message ?? "", /"tinny".*known are .*tiny/);
  });

  test("an aborted load stops, keeps what came, and is taken up by the next", async () => {
    const host = new ModelHost(SIZE);
    const page = await open(bench, host);
    host.holdAt(SIZE / 2);
    await begin(page, FILE, SIZE / 4);
    const { error } = await page.evaluate(() => models.abort());
    assert.equal(error?.name, "AbortError");
    await host.gets[0]!.gone;
    host.release();
    const partial = await page.evaluate((name) => models.runtime.models.info(name), bench.server.url(FILE));
    assert.equal(partial.state, "partial");
    isWhole(await load(page, FILE), host);
    assert.match(host.gets[1]?.range ?? "", /^bytes=[1-9]/);
  });

  test("who still waits for a model keeps it coming when another gives up", async () => {
    const host = new ModelHost(SIZE);
    const page = await open(bench, host);
    host.holdAt(SIZE / 2);
    await begin(page, FILE, SIZE / 4);
    await begin(page, FILE, SIZE / 4);
    await page.evaluate(() => models.abort());
    host.release();
    isWhole(await ended(page), host);
    assert.equal(host.gets.length, 1);
  });

  test("what a run cannot hold in memory is refused before it is fetched", async () => {
    const host = new ModelHost(SIZE);
    const page = await open(bench, host, catalogue(host, 2 ** 33));
    const { error } = await load(page, "m");
    assert.equal(error?.code, "ModelRejected");
    const { needed, available } = error?.details as { needed: number; available: number };
    assert.equal(needed, 2 ** 33);
    assert.ok(available > 0 && available < 2 ** 32);
    assert.equal(host.gets.length, 0);
  });

  test("a file of the user is kept under its name, if it is a model", async () => {
    const host = new ModelHost(SIZE);
    const page = await open(bench, host);
    const { info, error } = await page.evaluate((url) => models.loadFile(url, "mine.bin"), FILE);
    assert.equal(error, undefined);
    assert.deepEqual([info?.name, info?.source, info?.state], ["mine.bin", "file", "stored"]);
    assert.equal(info?.files[0]?.sha256, host.sha256);
    await page.goto(bench.server.url("/test.html"));
    await page.evaluate(install);
    assert.equal((await load(page, "mine.bin")).info?.files[0]?.sha256, host.sha256);
    const text = await page.evaluate(() => models.loadFiles({ "notes.txt": "no model" }));
    assert.equal(text.error?.code, "ModelRejected");
    const folder = await page.evaluate(() =>
      models.loadFiles({ "config.json": "{}", "vocab.json": "{}" }, "f"),
    );
    assert.match(folder.error?.message ?? "", /lacks tokenizer\.json, model\.safetensors/);
  });

  test("a folder of files is one model, and may lack what is optional", async () => {
    const page = await open(bench, new ModelHost(SIZE));
    const header = Buffer.from([2, 0, 0, 0, 0, 0, 0, 0, 0x7b, 0x7d]);
    const files = { "config.json": "{}", "tokenizer.json": "{}", "model.safetensors": header };
    for (const [name, data] of Object.entries(files)) {
      bench.server.serve(`/folder/${name}`, new ModelHost(Buffer.from(data)).answer);
    }
    const { info, error, progress } = await load(page, "/folder/");
    assert.equal(error, undefined);
    assert.deepEqual(
      info?.files.map(({ name }) => name),
      Object.keys(files).sort((a, b) => order(a) - order(b)),
    );
    assert.deepEqual(progress.at(-1), { name: bench.server.url("/folder/"), loaded: 14, total: 14 });
    function order(name: string): number {
      return ["config.json", "tokenizer.json", "model.safetensors"].indexOf(name);
    }
  });
});

eachEngine(
  "models in a private file system",
  (bench) => {
    test("a download that the page did not survive is taken up after it", async () => {
      for (const share of [0.1, 0.5, 0.99]) {
        const host = new ModelHost(SIZE);
        const page = await open(bench, host);
        host.holdAt(Math.round(share * SIZE));
        await begin(page, FILE, Math.round(share * SIZE) - 1);
        await page.goto(bench.server.url("/test.html"));
        host.release();
        await page.evaluate(install);
        isWhole(await load(page, FILE), host);
        assert.equal(host.gets[1]?.range, `bytes=${Math.round(share * SIZE)}-`, `${share}`);
      }
    });

    test("a part of what has changed since is thrown away", async () => {
      const host = new ModelHost(SIZE);
      const page = await open(bench, host);
      host.holdAt(SIZE / 2);
      await begin(page, FILE, SIZE / 4);
      await page.goto(bench.server.url("/test.html"));
      host.release();
      host.data = ModelHost.model(SIZE + 5000, 3);
      host.etag = '"3"';
      await page.evaluate(install);
      isWhole(await load(page, FILE), host);
    });

    test("another origin is asked for parts without what it would have to allow", async () => {
      const other = await TestServer.start();
      try {
        const host = new ModelHost(SIZE);
        host.open = true;
        const page = await open(bench, host, catalogue(host, 1, other.url(FILE)));
        other.serve(FILE, host.answer);
        isWhole(await loadBroken(page, host, "m", [SIZE / 2]), host);
        assert.deepEqual(
          host.gets.map(({ ifRange }) => ifRange),
          [undefined, undefined],
        );
        assert.match(host.gets[1]?.range ?? "", /^bytes=[1-9]/);
      } finally {
        await other.close();
      }
    });

    test("two tabs share one download", async () => {
      const host = new ModelHost(SIZE);
      const page = await open(bench, host);
      const second = await bench.browser.newPage();
      await second.goto(bench.server.url("/test.html"));
      await second.evaluate(install);
      host.holdAt(SIZE / 2);
      await begin(page, FILE, SIZE / 4);
      const waits = begin(second, FILE, SIZE / 2 + 1);
      await second.evaluate(() => models.isWaiting());
      host.release();
      await waits;
      isWhole(await ended(page), host);
      isWhole(await ended(second), host);
      assert.equal(host.gets.length, 1);
      await second.close();
    });
  },
  { engines: ["chromium", "firefox"] },
);
