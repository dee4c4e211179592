/** What can be wrong, what it is called, and where it says it is. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { defects } from "./defects.ts";
import { eachEngine } from "./harness/index.ts";
import { chain, type Facts, openKit } from "./kit.ts";

const light = chain("PassThrough");
const sum = chain(["AddNode", { addend: 3 }], ["MultiplyNode", { factor: 2 }]);

eachEngine("errors", (bench) => {
  const everything = bench.engine === "chromium";

  test("every defect of a manifest is named with its place, by run and validate, from objects and from text", async () => {
    const page = await openKit(bench);
    const answers = await page.evaluate(async (defects) => {
      const runtime = await rm.Runtime.start();
      const answers = [];
      for (const { manifest } of defects) {
        const text = typeof manifest === "string" ? manifest : JSON.stringify(manifest);
        const object = manifest as object;
        answers.push({
          object: (await kit.outcome(runtime.run(object))).error,
          text: (await kit.outcome(runtime.run(text))).error,
          problems: await runtime.validate(object),
        });
      }
      const { outputs } = await runtime.run(
        { version: "v1", metadata: {}, nodes: [{ id: "a", node_type: "Echo" }], connections: [] },
        { inputs: [1] },
      );
      await runtime.close();
      return { answers, outputs };
    }, defects);
    assert.equal(answers.outputs.length, 1);
    defects.forEach(({ what, code = "InvalidManifest", found }, at) => {
      const { object, text, problems } = answers.answers[at]!;
      assert.deepEqual(
        [object?.own, object?.code, object?.stage, object?.node],
        [true, code, "plan", found[0]![0]],
        what,
      );
      assert.deepEqual(
        object!.problems!.map(({ node, path }) => [node, path]),
        found,
        what,
      );
      assert.ok(
        object!.problems!.every((it) => it.severity === "error" && it.message.length > 0),
        what,
      );
      assert.deepEqual(problems, object!.problems, what);
      assert.deepEqual(text, object, what);
    });
  });

  test("a manifest of 100 000 nodes, or of 100 000 nested lists, is refused and harms nothing", async () => {
    const page = await openKit(bench);
    const answers = await page.evaluate(async (light) => {
      const runtime = await rm.Runtime.start();
      const many = Array.from({ length: 100_000 }, (_, i) => ({ id: `n${i}`, node_type: "PassThrough" }));
      let nested: unknown = [];
      for (let i = 0; i < 100_000; i++) nested = [nested];
      const text = `{"version":"v1","nodes":[{"id":"a","node_type":"Echo","params":{"x":${"[".repeat(100_000)}${"]".repeat(100_000)}}}]}`;
      const manifests: (object | string)[] = [
        { ...light, nodes: many, connections: [] },
        text,
        { ...light, nodes: nested },
      ];
      const errors: (Facts | undefined)[] = [];
      for (const manifest of manifests) {
        errors.push((await kit.outcome(runtime.run(manifest))).error);
        const [problem] = await runtime.validate(manifest);
        errors.push({ ...problem, own: true, name: "" } as unknown as Facts);
      }
      const { outputs } = await runtime.run(light, { inputs: [1] });
      await runtime.close();
      return { errors: errors.map((it) => it && [it.code, it.problems?.[0]?.path]), outputs };
    }, light);
    assert.deepEqual(answers.errors, [
      ["LimitExceeded", "/nodes"],
      ["LimitExceeded", null],
      ["InvalidManifest", ""],
      ["InvalidManifest", null],
      ["InvalidManifest", ""],
      ["InvalidManifest", null],
    ]);
    assert.deepEqual(answers.outputs, [1]);
  });

  test("an input that cannot travel is InvalidInput with its place; what can, does", async () => {
    const page = await openKit(bench);
    const answers = await page.evaluate(async (light) => {
      const runtime = await rm.Runtime.start();
      const nest = (depth: number) => {
        let value: unknown = 1;
        for (let i = 0; i < depth; i++) value = [value];
        return value;
      };
      const cycle: { a: unknown[] } = { a: [] };
      cycle.a.push(cycle);
      const shared = { x: 1 };
      const refused: [string, unknown[]][] = [
        ["/0", [undefined]],
        ["/2", [1, 2, () => 3]],
        ["/0", [Symbol("s")]],
        ["/1/a~1b/0/~0", [0, { "a/b": [{ "~": undefined }] }]],
        ["/0/a/0", [cycle]],
        ["/0/0/0/0/0/0/0/0", [nest(101)]],
        ["/0/0/0/0/0/0/0/0", [nest(100_000)]],
        ["/0", [2n ** 64n]],
        ["/0/m", [{ m: new Map() }]],
        ["/0", [Promise.resolve(1)]],
        ["/0", ["\ud800"]],
      ];
      const errors = [];
      for (const [path, inputs] of refused) {
        const { error } = await kit.outcome(runtime.run(light, { inputs: inputs as number[] }));
        errors.push({ path, error });
      }
      const taken = await runtime.run(light, {
        inputs: [
          NaN,
          Infinity,
          [-Infinity, 1],
          1.0,
          -0,
          2 ** 53,
          2n ** 60n,
          [shared, shared],
          nest(100) as number,
        ],
      });
      const broken = new Error("broken");
      function* failing(): Generator<number> {
        yield 1;
        throw broken;
      }
      const failed = await runtime.run(light, { inputs: failing() }).catch((error: unknown) => error);
      const { code, cause } = failed as InstanceType<typeof rm.PipelineError>;
      const unreadable = [];
      for (const inputs of [7, {}, "text"])
        unreadable.push((await kit.outcome(runtime.run(light, { inputs: inputs as never }))).error?.code);
      const empty = [
        (await runtime.run(light, { inputs: [] })).outputs,
        (await runtime.run(light)).outputs,
        (await runtime.run(light, { inputs: null })).outputs,
        (await runtime.run(light, { inputs: [null] })).outputs,
      ];
      await runtime.close();
      return {
        errors,
        taken: taken.outputs.slice(0, 8),
        failed: [code, cause === broken],
        unreadable,
        empty,
      };
    }, light);
    for (const { path, error } of answers.errors) {
      assert.deepEqual(
        [error?.own, error?.code, error?.stage, (error?.details as { path: string })?.path],
        [true, "InvalidInput", "input", path],
        error?.message,
      );
      assert.ok(error!.message.includes(path));
    }
    assert.deepEqual(answers.taken, [null, null, [null, 1], 1, 0, 2 ** 53, 2 ** 60, [{ x: 1 }, { x: 1 }]]);
    assert.deepEqual(answers.failed, ["InvalidInput", true]);
    assert.deepEqual(answers.unreadable, ["InvalidInput", "InvalidInput", "InvalidInput"]);
    assert.deepEqual(answers.empty, [[], [null], [null], [null]]);
  });

  test("run() never throws, whatever it is given", async () => {
    const page = await openKit(bench);
    const answers = await page.evaluate(async (light) => {
      const runtime = await rm.Runtime.start();
      const throwing = {
        get nodes(): never {
          throw new TypeError("no nodes for you");
        },
      };
      const calls: [unknown, unknown?][] = [
        [undefined],
        [() => light],
        [Symbol("manifest")],
        [10n],
        [throwing],
        [light, { inputs: 7 }],
        [light, { inputs: [1], timeoutMs: -1 }],
        [light, { inputs: [1], timeoutMs: "soon" }],
        [light, { inputs: [1], params: 7 }],
        [light, { inputs: [1], params: { nobody: {} } }],
        [light, { inputs: [1], limits: { queueItems: "many" } }],
        [light, null],
      ];
      const answers: (string | undefined)[] = [];
      for (const [manifest, options] of calls) {
        try {
          const run = runtime.run(manifest as object, options as object);
          answers.push((await kit.outcome(run)).error?.code ?? "finished");
        } catch (error) {
          answers.push(`threw ${String(error)}`);
        }
      }
      const codes = (await Promise.all(["a", "b"].map(() => runtime.run(light, { inputs: [1] })))).map(
        ({ status }) => status,
      );
      await runtime.close();
      return { answers, codes };
    }, light);
    assert.deepEqual(answers.answers, [
      ...Array<string>(5).fill("InvalidManifest"),
      ...Array<string>(3).fill("InvalidInput"),
      ...Array<string>(2).fill("InvalidManifest"),
      "InvalidInput",
      "finished",
    ]);
    assert.deepEqual(answers.codes, ["success", "success"]);
  });

  test("params are merged over the manifest's and validated", async () => {
    const page = await openKit(bench);
    const answer = await page.evaluate(async (sum) => {
      const runtime = await rm.Runtime.start();
      const run = (params: { [node: string]: { [param: string]: unknown } }) =>
        kit.outcome(runtime.run(sum, { inputs: [5], params }));
      const merged = await run({ multiplynode: { factor: 10 } });
      const wrong = await run({ multiplynode: { factor: "ten" } });
      const nobody = await run({ "no/body": {} });
      const valid = await runtime.validate(sum, { params: { addnode: { addend: {} } } });
      await runtime.close();
      return { outputs: merged.value?.outputs, wrong: wrong.error, nobody: nobody.error, valid };
    }, sum);
    assert.deepEqual(answer.outputs, [80]);
    assert.deepEqual(
      [answer.wrong, answer.nobody].map((it) => [it?.code, it?.node ?? null, it?.problems?.[0]?.path]),
      [
        ["InvalidManifest", "multiplynode", "/nodes/1/params/factor"],
        ["InvalidManifest", null, "/params/no~1body"],
      ],
    );
    assert.deepEqual(
      answer.valid.map(({ node, path }) => [node, path]),
      [["addnode", "/nodes/0/params/addend"]],
    );
  });

  test("limits and timeouts end a run with their own codes, and name the node", async () => {
    const page = await openKit(bench);
    const answers = await page.evaluate(async (light) => {
      const runtime = await rm.Runtime.start();
      const errors = [];
      const inputs = ["a long text, and then some", "another one"];
      for (const limits of [{ outputBytes: 10 }, { nodes: 0 }])
        errors.push((await kit.outcome(runtime.run(light, { inputs, limits }))).error);
      errors.push((await kit.outcome(runtime.run(light, { inputs: "stream", timeoutMs: 100 }))).error);
      const after = await runtime.run(light, { inputs });
      const strict = await rm.Runtime.start({ limits: { outputBytes: 10 } });
      errors.push((await kit.outcome(strict.run(light, { inputs }))).error);
      const loose = await strict.run(light, { inputs, limits: { outputBytes: 10_000 } });
      await Promise.all([runtime.close(), strict.close()]);
      return { errors, outputs: [after.outputs, loose.outputs] };
    }, light);
    assert.deepEqual(
      answers.errors.map((it) => [it?.own, it?.code, it?.node ?? it?.problems?.[0]?.path ?? null]),
      [
        [true, "LimitExceeded", "passthrough"],
        [true, "LimitExceeded", "/nodes"],
        [true, "TimedOut", null],
        [true, "LimitExceeded", "passthrough"],
      ],
    );
    assert.match(answers.errors[0]!.message, /limits\.outputBytes/);
    assert.deepEqual(answers.outputs[0], answers.outputs[1]);
  });

  test("a node that refuses its input names itself", async () => {
    const page = await openKit(bench);
    const errors = await page.evaluate(
      async ({ mix, decode }) => {
        const runtime = await rm.Runtime.start();
        const errors = [
          (await kit.outcome(runtime.run(mix, { inputs: ["no sound"] }))).error,
          (await kit.outcome(runtime.run(decode, { inputs: [new Uint8Array(64)] }))).error,
        ];
        await runtime.close();
        return errors;
      },
      { mix: chain("AudioMix"), decode: chain("AudioDecode") },
    );
    assert.deepEqual(
      errors.map((it) => [it?.own, it?.code, it?.node, it?.stage]),
      [
        [true, "NodeFailed", "audiomix", "process"],
        // No format that this build decodes.
        [true, "NotSupported", "audiodecode", "process"],
      ],
    );
  });

  test("a closed runtime is Closed", async () => {
    const page = await openKit(bench);
    const answers = await page.evaluate(async (light) => {
      const runtime = await rm.Runtime.start();
      const codes = async (...asked: PromiseLike<unknown>[]) =>
        (await Promise.all(asked.map((it) => kit.outcome(it)))).map(({ error }) => error?.own && error.code);
      const open = runtime.run(light, { inputs: "stream" });
      await open.push(1);
      await runtime.close();
      const closed = await codes(
        open,
        runtime.run(light),
        runtime.validate(light),
        runtime.registerPython(""),
        open.push(2),
        runtime.models.list(),
        runtime.models.info("x"),
        runtime.models.load("x"),
        runtime.models.remove("x"),
        runtime.models.storage(),
        runtime.loadPackage("x.rmpkg"),
        runtime.pack({ manifest: light }),
      );
      await runtime.close();
      return closed;
    }, light);
    assert.deepEqual(answers, Array(12).fill("Closed"));
  });

  if (everything)
    test("what Python raises is NodeFailed with node, stage and traceback; what runs too long is TimedOut", async () => {
      const page = await openKit(bench);
      const source = `
from remotemedia import Node

def deeper(data):
    raise ValueError(f"cannot use {data}")

class Picky(Node):
    def __init__(self, name, config):
        super().__init__(name, config)
        self.when = config.get("when")
        if self.when == "made":
            deeper("this")
    def initialize(self):
        if self.when == "initialized":
            deeper("this")
    def process(self, data):
        if self.when == "processing":
            deeper(data)
        if self.when == "looping":
            while True:
                pass
        return data
    def flush(self):
        if self.when == "flushed":
            deeper("this")
`;
      const answers = await page.evaluate(
        async ({ source, picky }) => {
          const runtime = await rm.Runtime.start();
          await runtime.registerPython(source);
          const run = (when: string, timeoutMs = Infinity) =>
            kit.outcome(runtime.run(picky, { inputs: [7], timeoutMs, params: { picky: { when } } }));
          const errors = [];
          for (const when of ["made", "initialized", "processing", "flushed"])
            errors.push((await run(when)).error);
          const late = (await run("looping", 300)).error;
          const syntax = (await kit.outcome(runtime.registerPython("def broken(:\n    pass"))).error;
          const raised = (await kit.outcome(runtime.registerPython("1 / 0"))).error;
          const { value } = await run("never");
          await runtime.close();
          return { errors, late, syntax, raised, outputs: value?.outputs };
        },
        { source, picky: chain("PassThrough", "Picky") },
      );
      assert.deepEqual(
        answers.errors.map((it) => [it?.own, it?.code, it?.node, it?.stage]),
        ["open", "open", "process", "flush"].map((stage) => [true, "NodeFailed", "picky", stage]),
      );
      for (const error of answers.errors) {
        assert.match(error!.message, /ValueError: cannot use (this|7)/);
        assert.match(error!.traceback!, /Traceback[^]*in deeper[^]*ValueError: cannot use/);
        assert.doesNotMatch(error!.message, /Traceback/);
      }
      assert.deepEqual(
        [answers.late?.code, answers.late?.node, answers.late?.stage],
        ["TimedOut", "picky", "process"],
      );
      assert.deepEqual([answers.syntax?.code, answers.raised?.code], ["InvalidInput", "InvalidInput"]);
      assert.match(answers.syntax!.traceback!, /SyntaxError/);
      assert.match(answers.raised!.traceback!, /ZeroDivisionError/);
      assert.deepEqual(answers.outputs, [7]);
    });
});
