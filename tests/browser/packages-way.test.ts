/** Packages on their way: fetched however often the way breaks, given up, kept aside, and workers that fail. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { type Held, heaps } from "./harness/heap.ts";
import { eachEngine, ModelHost } from "./harness/index.ts";
import { install } from "./kit.ts";
import { doubling, noise, openPackaged, PACKAGE, parts, zip } from "./packages-kit.ts";

type Runtime = Awaited<ReturnType<typeof rm.Runtime.start>>;

/** Bytes of a file that would be seen in what a page or a worker holds. */
const LARGE = 24 << 20;

eachEngine("packages on their way", (bench) => {
  test("a download goes on where it broke; what is not there is LoadFailed", async () => {
    const host = new ModelHost(zip(parts(doubling(), { "media/a.bin": noise(600_000) })));
    const page = await openPackaged(bench, Buffer.of());
    bench.server.serve("/served.rmpkg", host.answer);
    const size = host.data.length;
    host.holdAt(size >> 1);
    // Resolves once most of what is sent before the break was told of.
    await page.evaluate(
      (most) =>
        new Promise<void>((resolve, reject) => {
          const told: number[] = [];
          const onProgress = ({ name, loaded }: { name: string; loaded: number }): void => {
            if (name.startsWith("http")) told.push(loaded);
            if (loaded > most) resolve();
          };
          const loading = kit.runtime.loadPackage("/served.rmpkg", { onProgress });
          loading.catch(reject);
          Object.assign(globalThis, { loading, told });
        }),
      size >> 2,
    );
    host.drop();
    const { told, outputs, read } = await page.evaluate(async () => {
      const { loading, told } = globalThis as unknown as {
        loading: ReturnType<Runtime["loadPackage"]>;
        told: number[];
      };
      const pkg = await loading;
      const { outputs } = await kit.runtime.run(pkg, { inputs: [1] });
      return { told, outputs, read: (await pkg.read("media/a.bin")).size };
    });
    assert.deepEqual([told.at(-1), outputs, read], [size, [2], 600_000]);
    assert.deepEqual(
      told,
      [...told].sort((a, b) => a - b),
    );
    const [first, ...others] = host.gets;
    assert.deepEqual([first?.range, others.length > 0], [undefined, true]);
    assert.ok(others.every(({ range, ifRange }) => range !== undefined && ifRange === host.etag));
    const failed = async () =>
      page.evaluate(async () => {
        const { error } = await kit.outcome(kit.runtime.loadPackage("/served.rmpkg"));
        return [error?.code, error?.details];
      });
    for (const status of [404, 500]) {
      host.status = status;
      assert.deepEqual(await failed(), ["LoadFailed", { url: bench.server.url("/served.rmpkg"), status }]);
    }
  });

  test("an aborted load rejects with the reason, and the next one works", async () => {
    const host = new ModelHost(zip(parts(doubling(), { "media/a.bin": noise(600_000) })));
    const page = await openPackaged(bench, Buffer.of());
    bench.server.serve("/served.rmpkg", host.answer);
    host.holdAt(300_000);
    const aborted = page.evaluate(async () => {
      const abort = new AbortController();
      const loading = kit.runtime.loadPackage("/served.rmpkg", {
        signal: abort.signal,
        onProgress: ({ loaded }) => loaded > 200_000 && abort.abort(),
      });
      return (await kit.outcome(loading)).error?.name;
    });
    assert.equal(await aborted, "AbortError");
    await host.gets[0]!.gone;
    host.release();
    const sizes = await page.evaluate(async () => {
      const pkg = await kit.runtime.loadPackage("/served.rmpkg");
      const before = await kit.outcome(
        kit.runtime.loadPackage("/served.rmpkg", { signal: AbortSignal.abort() }),
      );
      return [pkg.info().size, before.error?.name];
    });
    assert.deepEqual(sizes, [host.data.length, "AbortError"]);
  });

  test("what has to lie aside is gone when the package is closed, or its page", async () => {
    const page = await openPackaged(
      bench,
      parts(doubling(), { "python/large.py": `# ${noise(300_000).toString("hex")}` }),
    );
    const folders = (): Promise<number> =>
      page.evaluate(async () => {
        const root = await navigator.storage?.getDirectory?.().catch(() => undefined);
        const folder = await root?.getDirectoryHandle("remotemedia-packages").catch(() => undefined);
        let count = 0;
        for await (const _ of folder?.keys() ?? []) count += 1;
        return count;
      });
    const load = () =>
      page.evaluate(async (path) => {
        kit.runtime = await rm.Runtime.start();
        const pkg = await kit.runtime.loadPackage(await (await fetch(path)).blob());
        const text = await (await pkg.read("python/large.py")).text();
        Object.assign(globalThis, { pkg });
        return text.length;
      }, PACKAGE);
    assert.equal(await load(), 600_002);
    const kept = bench.engine === "webkit" ? 0 : 1;
    assert.equal(await folders(), kept);
    await page.evaluate(() => (globalThis as unknown as { pkg: { close(): Promise<void> } }).pkg.close());
    assert.equal(await folders(), 0);
    await load();
    await page.goto(bench.server.url("/test.html"));
    await page.evaluate(install);
    // What the page that is gone had is cleared away; what this one has stays.
    await load();
    await load();
    assert.equal(await folders(), 2 * kept);
  });

  test("a worker that does not load or breaks is a typed error, and the next load has another", async () => {
    const page = await openPackaged(bench, parts(doubling()));
    const load = () =>
      page.evaluate(async (path) => {
        const { value, error } = await kit.outcome(kit.runtime.loadPackage(path));
        return value ? "loaded" : error!.code;
      }, PACKAGE);
    bench.server.fault("/remotemedia/package-worker.js", { status: 404 });
    assert.equal(await load(), "LoadFailed");
    bench.server.fault("/remotemedia/package-worker.js", {
      body: "onmessage = () => { throw Error('oops'); };",
    });
    assert.equal(await load(), "WorkerCrashed");
    bench.server.heal("/remotemedia/package-worker.js");
    bench.server.fault("/remotemedia/package.wasm", { status: 404 });
    assert.equal(await load(), "LoadFailed");
    bench.server.heal("/remotemedia/package.wasm");
    assert.equal(await load(), "loaded");
  });

  test("a load that is given up while it is read ends at once, and the next one works", async () => {
    const page = await openPackaged(bench, parts(doubling(), { "media/a.bin": noise(LARGE) }));
    const ended = await page.evaluate(async (path) => {
      const blob = await (await fetch(path)).blob();
      const abort = new AbortController();
      const loading = kit.runtime.loadPackage(blob, {
        signal: abort.signal,
        onProgress: () => abort.abort(),
      });
      const { error } = await kit.outcome(loading);
      return [error?.name, (await kit.runtime.loadPackage(blob)).info().media];
    }, PACKAGE);
    assert.deepEqual(ended, ["AbortError", ["media/a.bin"]]);
  });

  if (bench.engine === "chromium")
    test("what is large is in nobody's memory, stored or compressed", async () => {
      const text = noise(LARGE / 2).toString("hex");
      const page = await openPackaged(
        bench,
        parts(doubling(), { "media/a.bin": noise(LARGE), "python/large.py": text }),
      );
      const before = await heaps(page);
      await page.evaluate(async (path) => {
        const pkg = await kit.runtime.loadPackage(path);
        Object.assign(globalThis, { pkg });
      }, PACKAGE);
      const after = await heaps(page);
      const held = (all: Held[], part: RegExp): number =>
        all.filter(({ url }) => part.test(url)).reduce((sum, { bytes }) => sum + bytes, 0);
      const worker = held(after, /package-worker/);
      const grown = held(after, /test\.html/) - held(before, /test\.html/);
      assert.ok(worker > 0 && worker < LARGE / 2, `the worker holds ${worker} bytes`);
      assert.ok(grown < LARGE / 8, `the page holds ${grown} bytes more`);
    });
});
