/** Packages: made, loaded from files and URLs, checked, described, run with what they bring. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { eachEngine, ModelHost } from "./harness/index.ts";
import { type Facts, install, openKit } from "./kit.ts";
import {
  doubling,
  hashOf,
  idOf,
  newKey,
  noise,
  openPackaged,
  PACKAGE,
  parts,
  serve,
  textOf,
  zip,
} from "./packages-kit.ts";

type Runtime = Awaited<ReturnType<typeof rm.Runtime.start>>;

const DEMO = new URL("../../whisper/demo-model/", import.meta.url);
const MODULE = "from remotemedia import node\n\n@node()\ndef Thrice(x):\n    return 3 * x\n";

eachEngine("packages", (bench) => {
  const everything = bench.engine === "chromium";

  test("a package is made, loaded, described and run", async () => {
    const page = await openKit(bench);
    const inputs = [5, { media: "media/a.txt" }];
    const manifest = doubling({ metadata: { name: "double" }, package: { format: 2, example: { inputs } } });
    const shown = await page.evaluate(async (manifest) => {
      const runtime = await rm.Runtime.start();
      const files = { "media/a.txt": "sound", "models/m.bin": new Uint8Array(1000) };
      const [first, second] = await Promise.all([1, 2].map(() => runtime.pack({ manifest, files })));
      const bytes = await first!.arrayBuffer();
      const same = new Uint8Array(await second!.arrayBuffer()).every(
        (it, at) => it === new Uint8Array(bytes)[at],
      );
      const progress: object[] = [];
      const pkg = await runtime.loadPackage(new File([bytes], "double.rmpkg"), {
        onProgress: (it) => progress.push(it),
      });
      const { size, sha256, ...info } = pkg.info();
      const [number, file] = (await pkg.exampleInputs()) as [number, File];
      const text = await (await pkg.read("media/a.txt")).text();
      const { outputs } = await runtime.run(pkg, {
        inputs: [number],
        params: { multiplynode: { factor: 4 } },
      });
      const problems = await runtime.validate(pkg);
      const last = progress.at(-1);
      const running = runtime.run(pkg, { inputs: "stream" });
      await running.push(1);
      await pkg.close();
      const closed = await Promise.all([
        kit.outcome(running),
        kit.outcome(runtime.run(pkg, { inputs: [1] })),
        kit.outcome(pkg.read("media/a.txt")),
      ]);
      await runtime.close();
      return {
        same,
        info,
        right: size === bytes.byteLength && sha256.length === 64,
        entries: pkg.entries().map(({ name }) => name),
        example: [number, file.name, await file.text().catch(() => "gone")],
        text,
        outputs,
        problems,
        warnings: pkg.warnings,
        trust: pkg.trust,
        progress: last,
        size,
        closed: closed.map(({ error }) => error?.code),
      };
    }, manifest);
    const { info, size, ...rest } = shown;
    assert.deepEqual(
      { name: info.name, format: info.format, nodeTypes: info.nodeTypes, permissions: info.permissions },
      { name: "double", format: 2, nodeTypes: ["MultiplyNode"], permissions: [] },
    );
    assert.deepEqual(
      [info.signature.state, info.executor, info.media, info.models],
      ["unsigned", null, ["media/a.txt"], ["models/m.bin"]],
    );
    assert.match(info.text, /double/);
    assert.deepEqual(rest.entries.sort(), [
      "manifest.json",
      "media/a.txt",
      "metadata.json",
      "models/m.bin",
      "package.lock.json",
    ]);
    assert.deepEqual(
      { ...rest, entries: [], info: {} },
      {
        same: true,
        info: {},
        right: true,
        entries: [],
        example: [5, "a.txt", "sound"],
        text: "sound",
        outputs: [20],
        problems: [],
        warnings: [],
        trust: "none",
        progress: { name: "double.rmpkg", loaded: size, total: size },
        closed: ["Cancelled", "Closed", "Closed"],
      },
    );
  });

  test("what is changed, cut off or too much is refused by name", async () => {
    const files = { "media/a.bin": noise(3000), "python/m.py": MODULE, "models/x/w.bin": noise(500) };
    const made = parts(doubling(), files);
    const page = await openPackaged(bench, made);
    const load = (options: object = {}) =>
      page.evaluate(
        async ({ path, options }) => {
          const blob = await (await fetch(path)).blob();
          return (await kit.outcome(kit.runtime.loadPackage(blob, options))).error;
        },
        { path: PACKAGE, options },
      );
    assert.equal(await load(), undefined);
    for (const [at, { name, data }] of made.entries()) {
      if (name === "package.lock.json") continue;
      const changed = Buffer.from(data);
      // Within a text, so that it is still a manifest.
      changed[name === "manifest.json" ? data.indexOf('"test"') + 2 : data.length >> 1]! ^= 1;
      serve(bench, made.with(at, { ...made[at]!, data: changed }));
      const error = await load();
      assert.equal(error?.code, "PackageRejected", name);
      assert.ok(error?.message.includes(name), `${name}: ${error?.message}`);
      assert.ok((error?.problems?.length ?? 0) > 0, name);
    }
    const whole = zip(made);
    const cut = everything
      ? Array.from({ length: 40 }, (_, at) => Math.floor((at * whole.length) / 40))
      : [100];
    for (const length of cut) {
      serve(bench, whole.subarray(0, length));
      assert.equal((await load())?.code, "PackageRejected", `${length} bytes`);
    }
    serve(bench, parts(doubling(), { "python/zeros.py": Buffer.alloc(8 << 20) }));
    assert.equal((await load())?.code, "PackageRejected");
    serve(bench, made);
    assert.equal((await load({ limits: { entries: 3 } }))?.code, "PackageRejected");
    assert.equal((await load({ limits: { entry: 2999 } }))?.code, "PackageRejected");
  });

  test("a manifest that cannot run is refused with every defect; unknown nodes are told of by validate and run", async () => {
    const nodes = [
      { id: "a", node_type: "MultiplyNode", params: { factor: "x" } },
      { id: "a", node_type: "Nobody", params: {} },
    ];
    const page = await openPackaged(bench, parts({ ...doubling(), nodes, connections: [] }));
    const found = await page.evaluate(
      async ({ path, unknown }) => {
        const load = async () => kit.runtime.loadPackage(await (await fetch(path)).blob());
        const bad = await kit.outcome(load());
        const pkg = await kit.runtime.loadPackage(await kit.runtime.pack({ manifest: unknown }));
        const problems = (await kit.runtime.validate(pkg)).map(({ code }) => code);
        return {
          bad: bad.error,
          problems,
          ran: (await kit.outcome(kit.runtime.run(pkg, { inputs: [1] }))).error,
        };
      },
      { path: PACKAGE, unknown: { ...doubling(), nodes: [nodes[1]!] } },
    );
    assert.equal(found.bad?.code, "PackageRejected");
    assert.match(found.bad?.message ?? "", /Duplicate node ID: a/);
    assert.ok(found.bad?.problems?.every(({ code }) => code !== "UnknownNode"));
    assert.deepEqual([found.problems, found.ran?.code], [["UnknownNode"], "UnknownNode"]);
  });

  test("a package is unsigned, signed by somebody, by whom the page trusts, wrongly, or no longer", async () => {
    const key = newKey();
    const signed = parts(doubling(), {}, key);
    const page = await openPackaged(bench, signed);
    const state = (keys: string[] = []) =>
      page.evaluate(
        async ({ path, keys }) => {
          const loading = kit.runtime.loadPackage(path, { keys });
          const { value, error } = await kit.outcome(loading.then((it) => it.info().signature));
          return value ?? error!.code;
        },
        { path: PACKAGE, keys },
      );
    const id = idOf(key.publicKey);
    assert.deepEqual(await state(), { state: "unknown", keys: [id] });
    assert.deepEqual(await state([textOf(newKey().publicKey)]), { state: "unknown", keys: [id] });
    assert.deepEqual(await state([textOf(key.publicKey)]), { state: "trusted", keys: [id] });
    serve(bench, parts(doubling()));
    assert.deepEqual(await state([textOf(key.publicKey)]), { state: "unsigned", keys: [] });
    const other = parts(doubling(), {}, newKey())[2]!;
    serve(bench, signed.with(2, other));
    assert.equal(await state(), "PackageRejected");
    serve(bench, signed.toSpliced(2, 1));
    assert.equal(await state(), "PackageRejected");
  });

  test("a package named by its hash is trusted; another one in its place is refused", async () => {
    const archive = zip(parts(doubling()));
    const page = await openPackaged(bench, archive);
    const load = (sha256: string) =>
      page.evaluate(
        async ({ path, sha256 }) => {
          const blob = await (await fetch(path)).blob();
          const ways = [path, blob].map((it) => kit.runtime.loadPackage(it, { sha256 }));
          const ended = await Promise.all(ways.map((it) => kit.outcome(it.then(({ trust }) => trust))));
          return ended.map(({ value, error }) => value ?? error?.code);
        },
        { path: PACKAGE, sha256 },
      );
    assert.deepEqual(await load(hashOf(archive).toUpperCase()), ["page", "page"]);
    assert.deepEqual(await load(hashOf(Buffer.of())), ["PackageRejected", "PackageRejected"]);
    assert.deepEqual(await load("1234"), ["InvalidInput", "InvalidInput"]);
  });

  test("code of a package that nobody trusts does not run, and the error says why", async () => {
    const page = await openPackaged(bench, parts(doubling(), { "python/m.py": MODULE }));
    const { info, error } = await page.evaluate(async (path) => {
      const pkg = await kit.runtime.loadPackage(path);
      const { error } = await kit.outcome(kit.runtime.run(pkg, { inputs: [1] }));
      return { info: pkg.info().permissions, error };
    }, PACKAGE);
    assert.deepEqual(info, ["python"]);
    assert.deepEqual([error?.code, error?.details], ["NotSupported", { permissions: ["python"] }]);
    assert.match(error?.message ?? "", /Python modules.*trust: "page"/);
  });

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

  test("a package's model is used where it lies, and its media are inputs", async () => {
    const files: Record<string, Buffer> = {
      "media/command.wav": readFileSync(new URL("recordings/command.wav", DEMO)),
    };
    for (const name of [
      "config.json",
      "generation_config.json",
      "preprocessor_config.json",
      "tokenizer.json",
      "model.safetensors",
    ])
      files[`models/demo/${name}`] = readFileSync(new URL(`hf/${name}`, DEMO));
    const manifest = {
      version: "v1",
      package: { format: 2, example: { inputs: [{ media: "media/command.wav" }] } },
      nodes: [
        { id: "decode", node_type: "AudioDecode", params: {} },
        { id: "speech", node_type: "Whisper", params: { model: "models/demo" } },
      ],
      connections: [{ from: "decode", to: "speech" }],
    };
    const page = await openPackaged(bench, parts(manifest, files));
    const ran = await page.evaluate(async (path) => {
      const pkg = await kit.runtime.loadPackage(path);
      const inputs = (await pkg.exampleInputs())!;
      const { outputs } = await kit.runtime.run(pkg, { inputs });
      const missing = { speech: { model: "models/other" } };
      const wrong = await kit.outcome(kit.runtime.run(pkg, { inputs, params: missing }));
      const far = { speech: { model: `${location.origin}/m.bin` } };
      const fetched = await kit.outcome(kit.runtime.run(pkg, { inputs, params: far }));
      return { text: (outputs[0] as { text: string }).text, errors: [wrong.error, fetched.error] };
    }, PACKAGE);
    assert.equal(ran.text.trim(), "Set the timer for six hundred and forty three minutes.");
    const [wrong, fetched] = ran.errors as [Facts, Facts];
    assert.deepEqual([wrong.code, fetched.code], ["ModelRejected", "NotSupported"]);
    assert.match(wrong.message, /has no models\/other/);
    assert.ok(!bench.server.requests.includes("/m.bin"));
  });
});
