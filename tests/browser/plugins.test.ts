/** Plugin nodes in a page: among other nodes, misbehaving, and ended by force. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { eachEngine } from "./harness/index.ts";
import { chain, type Facts } from "./kit.ts";
import { openPackaged, PACKAGE, parts } from "./packages-kit.ts";
import { hostile, LOOP, V1 } from "./plugins-kit.ts";

const SHOUT =
  "from remotemedia import node, Text\n\n@node()\ndef Shout(x: Text) -> Text:\n    return x.upper()\n";

/** The manifest of a package of format 2. */
function packaged(...nodes: Parameters<typeof chain>): object {
  return { ...chain(...nodes), package: { format: 2 } };
}

eachEngine("plugin nodes", (bench) => {
  test("work among built-in and Python nodes, tell how far they are, and begin anew in every run", async () => {
    const nodes = ["PassThrough", "WordCount", "Echo"].map((type) => ({
      id: type,
      node_type: type,
      params: {},
    }));
    const manifest = {
      version: "v1",
      metadata: { name: "words" },
      nodes: [...nodes, { id: "Shout", node_type: "Shout", params: {} }],
      connections: [
        { from: "PassThrough", to: "Shout" },
        { from: "Shout", to: "WordCount" },
        { from: "WordCount", to: "Echo" },
      ],
      package: { format: 2 },
    };
    const files = { "plugins/words.wasm": V1, "python/shout.py": SHOUT };
    const page = await openPackaged(bench, parts(manifest, files));
    const shown = await page.evaluate(async (path) => {
      const pkg = await kit.runtime.loadPackage(path, { trust: "page" });
      const ear = kit.ear();
      const problems = await kit.runtime.validate(pkg);
      const runs = [];
      for (let i = 0; i < 2; i += 1) {
        const { outputs } = await kit.runtime.run(pkg, {
          inputs: ["to be or", "not to be"],
          onEvent: ear.onEvent,
        });
        runs.push(outputs.map((it) => (it as { input: unknown }).input));
      }
      // Its kinds are its own: no other run knows them.
      const { error } = await kit.outcome(kit.runtime.run(pkg.manifest, { inputs: ["x"] }));
      const known = (await kit.runtime.nodes()).map(({ type }) => type);
      await kit.runtime.close();
      const events = ear.events.map((event) => {
        if (event.type === "partial") return `partial ${event.node} ${String(event.value)}`;
        return event.type === "log" ? `log ${event.node} ${event.message}` : event.type;
      });
      return { runs, problems, error, known, events };
    }, PACKAGE);
    const words = ["TO", "BE", "OR", "NOT", "TO", "BE", { be: 2, not: 1, or: 1, to: 2 }];
    assert.deepEqual(shown.runs, [words, words]);
    assert.deepEqual(shown.problems, []);
    assert.equal(shown.error?.code, "UnknownNode");
    assert.ok(!shown.known.includes("WordCount") && !shown.known.includes("Shout"));
    for (const event of ["partial WordCount TO", "log WordCount 4 different words"])
      assert.ok(shown.events.includes(event), `${event} is not among ${shown.events.join(", ")}`);
  });

  test("take a recording part by part", async () => {
    const page = await openPackaged(
      bench,
      parts(packaged(["Gain", { factor: 0.5 }], "PassThrough"), { "plugins/gain.wasm": V1 }),
    );
    const shown = await page.evaluate(async (path) => {
      const pkg = await kit.runtime.loadPackage(path, { trust: "page" });
      const ear = kit.ear();
      const samples = Float32Array.from({ length: 480_000 }, (_, i) => Math.sin(i / 7));
      const run = kit.runtime.run(pkg, { inputs: "stream", onEvent: ear.onEvent });
      const size = 48_000;
      for (let at = 0; at < samples.length; at += size) {
        const piece = { type: "audio", sampleRate: 48_000, channels: 1 } as const;
        const last = at + size === samples.length;
        await run.push({ ...piece, samples: samples.slice(at, at + size) }, { last });
      }
      run.end();
      const [audio] = (await run).outputs as unknown as [{ samples: Float32Array; sampleRate: number }];
      const right = audio.samples.every((it, i) => it === samples[i]! * 0.5);
      const seconds = ear.events.flatMap((it) =>
        it.type === "progress" && it.node === "gain" ? [it.done] : [],
      );
      const error = await kit.outcome(kit.runtime.run(pkg, { inputs: ["no sound"] }));
      await kit.runtime.close();
      return { right, length: audio.samples.length, seconds: seconds.at(-1), error: error.error };
    }, PACKAGE);
    assert.deepEqual([shown.right, shown.length, shown.seconds], [true, 480_000, 10]);
    assert.deepEqual([shown.error?.code, shown.error?.node], ["InvalidInput", "gain"]);
  });

  test("that misbehave end their own run by name, and no other", async () => {
    const CASES: [what: string, turn: string, code: string, says: RegExp][] = [
      ["divides by zero", "(drop (i32.div_u (i32.const 1) (i32.const 0))) WORKED", "NodeFailed", /trapped/],
      ["recurses for ever", "(drop (call $deep (i32.const 0))) WORKED", "NodeFailed", /./],
      [
        "wants all memory",
        "(loop $on (br_if $on (i32.ne (memory.grow (i32.const 1)) (i32.const -1)))) (unreachable)",
        "OutOfMemory",
        /ran out of memory, at 2097152 bytes/,
      ],
      ["answers from elsewhere", "(i64.const -1)", "NodeFailed", /not in its memory/],
      ["answers nothing", "(i64.const 0)", "NodeFailed", /empty frame/],
      [
        "says what is elsewhere",
        "(call $say (i32.const 0) (i32.const -1)) WORKED",
        "NodeFailed",
        /not in its memory/,
      ],
      [
        "never comes back",
        LOOP,
        "TimedOut",
        /`bad.wasm` did not come back within 300 ms \(limits.pluginTurnMs\)/,
      ],
      [
        "talks for ever",
        "(loop $on (call $say (i32.const 0) (i32.const 65536)) (br $on)) (unreachable)",
        "TimedOut",
        /did not come back/,
      ],
    ];
    for (const [what, turn, code, says] of CASES) {
      const archive = parts(packaged("PassThrough", "Hostile"), { "plugins/bad.wasm": hostile(turn) });
      const page = await openPackaged(bench, archive);
      const { error, other } = await page.evaluate(async (path) => {
        const pkg = await kit.runtime.loadPackage(path, { trust: "page" });
        const light = {
          version: "v1",
          metadata: { name: "l" },
          nodes: [{ id: "p", node_type: "PassThrough" }],
        };
        const beside = kit.runtime.run({ ...light, connections: [] }, { inputs: "stream" });
        await beside.push(1);
        const run = kit.runtime.run(pkg, { inputs: ["x"], limits: { pluginTurnMs: 300 } });
        const { error } = await kit.outcome(run);
        await beside.push(2);
        beside.end();
        const { outputs } = await beside;
        await kit.runtime.close();
        return { error, other: outputs };
      }, PACKAGE);
      const facts = error as Facts;
      assert.deepEqual([facts.code, facts.node], [code, "hostile"], `${what}: ${JSON.stringify(facts)}`);
      assert.match(facts.message, says, what);
      assert.deepEqual(other, [1, 2], what);
    }
  });

  test("are ended with their run, and every run has workers of its own", async () => {
    const manifest = packaged("WordCount", "Hostile");
    const files = { "plugins/a.wasm": V1, "plugins/b.wasm": hostile(LOOP) };
    const page = await openPackaged(bench, parts(manifest, files));
    const shown = await page.evaluate(async (path) => {
      await kit.runtime.close();
      const runtime = await rm.Runtime.start({ workerUrls: kit.workerUrls });
      const pkg = await runtime.loadPackage(path, { trust: "page" });
      const made = () => kit.made.filter(({ role }) => role === "plugin").length;
      const installed = made();
      const ear = kit.ear();
      const run = runtime.run(pkg, { inputs: ["x"], onEvent: ear.onEvent });
      // The first node has given something: the second is at work, and stays so.
      await ear.heard((event) => event.type === "partial");
      await run.cancel();
      const { error } = await kit.outcome(run);
      const after = made();
      await runtime.close();
      return { installed, error, after };
    }, PACKAGE);
    assert.equal(shown.installed, 2);
    assert.equal(shown.error?.code, "Cancelled");
    assert.equal(shown.after, 4);
  });

  test("are refused where they want what they may not have, and do not run untrusted", async () => {
    const CASES: [what: string, plugin: Buffer, says: RegExp][] = [
      ["a built-in name", hostile("WORKED", { name: "Echo" }), /Echo is the name of a built-in node/],
      ["an import of its own", hostile("WORKED", { imports: '(import "env" "fetch" (func))' }), /env/],
      ["too much memory", hostile("WORKED", { memory: "1 65536" }), /memory/],
      ["a trap at once", hostile("WORKED", { greeting: "(unreachable)" }), /trapped/],
    ];
    for (const [what, plugin, says] of CASES) {
      const page = await openPackaged(bench, parts(packaged("Hostile"), { "plugins/bad.wasm": plugin }));
      const [trusted, untrusted] = await page.evaluate(async (path) => {
        const trusted = await kit.outcome(kit.runtime.loadPackage(path, { trust: "page" }));
        const pkg = await kit.outcome(kit.runtime.loadPackage(path));
        const run = pkg.value && (await kit.outcome(kit.runtime.run(pkg.value, { inputs: [1] })));
        await kit.runtime.close();
        return [trusted.error, (run ?? pkg).error];
      }, PACKAGE);
      assert.match(trusted?.message ?? "accepted", says, what);
      assert.ok(["PackageRejected", "NotSupported"].includes(untrusted?.code ?? "it ran"), what);
    }
  });
});
