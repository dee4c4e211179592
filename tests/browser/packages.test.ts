/** Packages: made, loaded from files and URLs, checked, described, run with what they bring. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { eachEngine } from "./harness/index.ts";
import { type Facts, openKit } from "./kit.ts";
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

  test("what a page signs is trusted by who knows the key, and refused once a byte is changed", async () => {
    const key = newKey();
    const secret = Buffer.from(key.privateKey.export({ format: "jwk" }).d ?? "", "base64url");
    const page = await openKit(bench);
    const shown = await page.evaluate(
      async ({ manifest, text, bytes, key }) => {
        const runtime = await rm.Runtime.start();
        const state = async (it: Blob) => (await runtime.loadPackage(it, { keys: [key] })).info().signature;
        const files = { "media/a.txt": "as it was" };
        const signed = await runtime.pack({ manifest, files, sign: text });
        const again = await runtime.pack({ manifest, files, sign: new Uint8Array(bytes) });
        const archive = new Uint8Array(await signed.arrayBuffer());
        const same = new Uint8Array(await again.arrayBuffer());
        // The last byte before the directory is the file's.
        const changed = archive.slice();
        changed[String.fromCharCode(...archive).lastIndexOf("as it was")]! ^= 1;
        const wrong = [text.slice(1), "", new Uint8Array(31), `${text}${text}`];
        const refused = wrong.map(
          async (sign) => (await kit.outcome(runtime.pack({ manifest, sign }))).error,
        );
        return {
          state: await state(signed),
          same: archive.length === same.length && archive.every((byte, at) => byte === same[at]),
          changed: (await kit.outcome(state(new Blob([changed])))).error?.code,
          refused: (await Promise.all(refused)).map((it) => [it?.code, it?.message.includes(text)]),
        };
      },
      {
        manifest: doubling(),
        text: `# A key.\n${secret.toString("base64")}\n`,
        bytes: [...secret],
        key: textOf(key.publicKey),
      },
    );
    assert.deepEqual(shown.state, { state: "trusted", keys: [idOf(key.publicKey)] });
    assert.deepEqual([shown.same, shown.changed], [true, "PackageRejected"]);
    assert.deepEqual(shown.refused, Array(4).fill(["InvalidInput", false]));
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
