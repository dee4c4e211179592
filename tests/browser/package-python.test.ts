/** Python in packages: modules, helpers and wheels of their own, and interpreters that serve nobody else. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { eachEngine } from "./harness/index.ts";
import { chain } from "./kit.ts";
import { openPackaged, PACKAGE, parts, serve, wheel } from "./packages-kit.ts";
import { V1 } from "./plugins-kit.ts";

/** A package whose node `Tell` says which package it is of, by way of a helper and a wheel, and counts its calls. */
function telling(name: string): Record<string, Buffer | string> {
  return {
    "python/nodes.py": `
from remotemedia import node
from helpers.count import counted
import tiny

@node()
def Tell(x):
    return [tiny.NAME, counted(x)]

@node()
def Forever(x):
    while True:
        pass
`,
    "python/helpers/count.py": "CALLS = []\n\ndef counted(x):\n    CALLS.append(x)\n    return len(CALLS)\n",
    "wheels/tiny-1.0-py3-none-any.whl": wheel("tiny", `NAME = ${JSON.stringify(name)}\n`),
  };
}

/** Asks an interpreter what it knows of packages. */
const PLAIN = `
from remotemedia import node
import importlib.util, os, sys

@node()
def Look(x):
    found = [importlib.util.find_spec(name) is not None for name in ("nodes", "helpers", "tiny")]
    return [*found, os.path.exists("/package"), any("/package" in it for it in sys.path)]
`;

function packaged(...nodes: Parameters<typeof chain>): object {
  return { ...chain(...nodes), package: { format: 2 } };
}

eachEngine("Python in packages", (bench) => {
  test("nodes of one name in two packages are two, each run begins anew, and plain runs see nothing", async () => {
    const page = await openPackaged(bench, parts(packaged("Tell"), telling("first")));
    serve(bench, parts(packaged("Tell", "PassThrough"), telling("second")), "/second.rmpkg");
    const shown = await page.evaluate(
      async ({ paths, source, look }) => {
        await kit.runtime.registerPython(source);
        const loaded = [];
        for (const path of paths) loaded.push(await kit.runtime.loadPackage(path, { trust: "page" }));
        const plain = () => kit.runtime.run(look, { inputs: [0] });
        const runs = [
          plain(),
          ...[...loaded, ...loaded].map((pkg) => kit.runtime.run(pkg, { inputs: [1, 2] })),
        ];
        const outputs = (await Promise.all([...runs, plain()])).map((it) => it.outputs);
        await loaded[0]!.close();
        outputs.push((await kit.runtime.run(loaded[1]!, { inputs: [5] })).outputs, (await plain()).outputs);
        const { error } = await kit.outcome(kit.runtime.run(loaded[0]!, { inputs: [1] }));
        await kit.runtime.close();
        return { outputs, closed: error?.code };
      },
      { paths: [PACKAGE, "/second.rmpkg"], source: PLAIN, look: chain("Look") },
    );
    const told = (name: string) => [
      [name, 1],
      [name, 2],
    ];
    const nothing = [[false, false, false, false, false]];
    assert.deepEqual(shown.outputs, [
      nothing,
      ...[told("first"), told("second"), told("first"), told("second")],
      nothing,
      [["second", 1]],
      nothing,
    ]);
    assert.equal(shown.closed, "Closed");
  });

  test("a node that never comes back is ended by a cancel, and the package goes on", async () => {
    const manifest = { ...chain("Forever"), package: { format: 2 } };
    const page = await openPackaged(bench, parts(manifest, telling("one")));
    serve(bench, parts(packaged("Tell"), telling("two")), "/two.rmpkg");
    const shown = await page.evaluate(async (path) => {
      const pkg = await kit.runtime.loadPackage(path, { trust: "page" });
      const two = await kit.runtime.loadPackage("/two.rmpkg", { trust: "page" });
      const run = kit.runtime.run(pkg, { inputs: "stream" });
      await run.push(1);
      await run.cancel();
      const first = await kit.outcome(run);
      const timed = await kit.outcome(kit.runtime.run(pkg, { inputs: [1], timeoutMs: 300 }));
      const { outputs } = await kit.runtime.run(two, { inputs: [1] });
      await kit.runtime.close();
      return { codes: [first.error?.code, timed.error?.code], outputs };
    }, PACKAGE);
    assert.deepEqual(shown, { codes: ["Cancelled", "TimedOut"], outputs: [["two", 1]] });
  });

  test("what cannot be used is refused by name when the package is loaded", async () => {
    const CASES: [what: string, files: Record<string, Buffer | string>, says: RegExp][] = [
      [
        "a wheel for another system",
        { "wheels/a-1.0-cp314-cp314-win_amd64.whl": wheel("a", "") },
        /another platform/,
      ],
      [
        "a wheel for another Python",
        { "wheels/a-1.0-py2-none-any.whl": wheel("a", "") },
        /a-1.0-py2-none-any.whl/,
      ],
      ["a wheel that is no archive", { "wheels/a-1.0-py3-none-any.whl": "no" }, /zip/i],
      ["a missing module", { "python/m.py": "import nowhere_at_all" }, /nowhere_at_all/],
      ["a syntax error", { "python/m.py": "def" }, /syntax/],
      ["the name of the library", { "python/json.py": "" }, /python\/json.py/],
      [
        "a built-in name",
        { "python/m.py": "from remotemedia import node\n@node('Echo')\ndef f(x):\n    return x\n" },
        /Echo/,
      ],
    ];
    const page = await openPackaged(bench, parts(packaged("PassThrough")));
    for (const [what, files, says] of CASES) {
      serve(bench, parts(packaged("PassThrough"), files), "/bad.rmpkg");
      const { error } = await page.evaluate(async () =>
        kit.outcome(kit.runtime.loadPackage("/bad.rmpkg", { trust: "page" })),
      );
      assert.equal(error?.code, "PackageRejected", `${what}: ${JSON.stringify(error)}`);
      assert.match(error?.message ?? "", says, what);
    }
    await page.evaluate(async () => kit.runtime.close());
  });

  test("a package with a module, a wheel and a plugin asks the network for nothing once it is loaded", async () => {
    const files = { ...telling("all"), "plugins/words.wasm": V1 };
    const page = await openPackaged(bench, parts(packaged("Tell", "Echo"), files));
    const { own, others } = await page.evaluate(async (path) => {
      const untrusted = await kit.runtime.loadPackage(path);
      const pkg = await kit.runtime.loadPackage(path, { trust: "page" });
      await kit.runtime.run(pkg, { inputs: [1] });
      Object.assign(globalThis, { pkg });
      const own = pkg.nodes().map(({ type, language }) => `${type} ${language}`);
      const known = (await kit.runtime.nodes()).map(({ type }) => type);
      return { own, others: [...untrusted.nodes(), ...known.filter((it) => it === "Tell")] };
    }, PACKAGE);
    assert.ok(own.includes("Tell python") && own.some((it) => it.endsWith(" rust")), own.join());
    assert.deepEqual(others, []);
    const asked = bench.server.requests.length;
    const outputs = await page.evaluate(async () => {
      const { pkg } = globalThis as unknown as { pkg: Parameters<typeof kit.runtime.run>[0] };
      const { outputs } = await kit.runtime.run(pkg, { inputs: [1] });
      await kit.runtime.close();
      return outputs.map((it) => (it as { input: unknown }).input);
    });
    assert.deepEqual(outputs, [["all", 1]]);
    // A spare interpreter may be fetched meanwhile, from the bundle.
    const foreign = bench.server.requests.slice(asked).filter((path) => !path.startsWith("/remotemedia/"));
    assert.deepEqual(foreign, []);
  });
});
