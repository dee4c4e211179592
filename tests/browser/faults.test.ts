/** Workers that die, do not come, or come from another build: each ends in an error of its own, and the next run works. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { eachEngine, type Fault, type Page } from "./harness/index.ts";
import { chain, type Facts, openKit } from "./kit.ts";

const light = chain("PassThrough");
const heavy = chain("VoiceActivity");
const python = chain("TextProcessorNode");

/** A run that needs one kind of worker, and its input; `audio` is made in the page. */
const NEEDS = {
  runtime: { manifest: light, node: "passthrough", inputs: ["a"] },
  compute: { manifest: heavy, node: "voiceactivity", inputs: ["audio"] },
  python: { manifest: python, node: "textprocessornode", inputs: ["a"] },
} as const;
type Role = keyof typeof NEEDS;

type Patience = { runtime?: number; python?: number };
/** For workers that never answer, in milliseconds: nobody has to wait for these long. */
const IMPATIENT: { [role in Role]: Patience } = {
  runtime: { runtime: 1_000 },
  compute: { runtime: 5_000 },
  python: { python: 2_000 },
};

const dist = (file: string) => readFileSync(new URL(`../../dist/remotemedia/${file}`, import.meta.url));

/** Starts the page's runtime; how that ended. */
function start(page: Page, startTimeoutMs?: Patience): Promise<Facts | undefined> {
  return page.evaluate(async (startTimeoutMs) => {
    const { value, error } = await kit.outcome(rm.Runtime.start(startTimeoutMs ? { startTimeoutMs } : {}));
    if (value) kit.runtime = value;
    return error;
  }, startTimeoutMs);
}

/** Runs what needs `role` in the page's runtime; its error, or nothing. */
function run(page: Page, role: Role): Promise<Facts | undefined> {
  return page.evaluate(async ({ manifest, inputs }) => {
    const samples = new Float32Array(1600);
    const audio = { type: "audio" as const, sampleRate: 16_000, channels: 1, samples };
    const values = inputs.map((it) => (it === "audio" ? audio : it));
    const { error } = await kit.outcome(kit.runtime.run(manifest, { inputs: values }));
    return error;
  }, NEEDS[role]);
}

/** `bytes` of this build as another build would have them: its frames have another fingerprint. */
function stale(file: string, fingerprint: Uint8Array): Uint8Array {
  const bytes = Uint8Array.from(dist(file));
  const places: number[] = [];
  for (let at = bytes.indexOf(fingerprint[0]!); at >= 0; at = bytes.indexOf(fingerprint[0]!, at + 1)) {
    if (fingerprint.every((it, i) => bytes[at + i] === it)) places.push(at);
  }
  assert.ok(places.length > 0, `${file} has its fingerprint in it`);
  // Wasm holds it as a LEB128 constant; flipping low bits leaves that well-formed.
  for (const at of places) bytes[at + 1]! ^= 1;
  return bytes;
}

/** A u64 as wasm code holds it: signed LEB128. */
function leb128(value: bigint): Uint8Array {
  const bytes: number[] = [];
  for (let rest = BigInt.asIntN(64, value); ; rest >>= 7n) {
    const low = Number(rest & 127n);
    const last = (rest >> 7n === 0n && low < 64) || (rest >> 7n === -1n && low >= 64);
    bytes.push(last ? low : low | 128);
    if (last) return Uint8Array.from(bytes);
  }
}

/** The fingerprint of this build, as its runtime worker says it. */
async function fingerprint(page: Page): Promise<bigint> {
  const header = await page.evaluate(async () => {
    let said: number[] = [];
    const runtime = await rm.Runtime.start({
      workerUrls: {
        runtime: () => {
          const worker = kit.workerUrls.runtime();
          worker.addEventListener("message", ({ data }) => {
            if (Array.isArray(data)) said = Array.from(data[0] as Uint8Array);
          });
          return worker;
        },
      },
    });
    await runtime.close();
    return said.slice(0, 10);
  });
  return Buffer.from(header).readBigUInt64LE(2);
}

eachEngine("faults", (bench) => {
  const everything = bench.engine === "chromium";

  /** Breaks `path`, sees `code` where it matters, heals it and sees that things work. */
  async function check(role: Role, path: string, fault: Fault, code: string, patience?: Patience) {
    const what = `${path} ${Object.keys(fault).join()}`;
    const page = await openKit(bench);
    bench.server.fault(path, fault);
    let error = await start(page, patience);
    if (role !== "runtime") {
      assert.equal(error, undefined, what);
      error = await run(page, role);
    }
    assert.deepEqual(
      [error?.own, error?.code, error?.stage],
      [true, code, "start"],
      `${what}: ${error?.message}`,
    );
    if (role !== "runtime") assert.equal(error?.node, NEEDS[role].node, what);
    bench.server.heal();
    if (role === "runtime" || patience) {
      // A healthy worker gets all the time it needs.
      if (role !== "runtime") await page.evaluate(() => kit.runtime.close());
      assert.equal(await start(page), undefined, what);
    }
    assert.equal(await run(page, role), undefined, `${what}, healed`);
    await page.evaluate(() => kit.runtime.close());
  }

  const scripts: [Role, string][] = [
    ["runtime", "/remotemedia/runtime-worker.js"],
    ["compute", "/remotemedia/compute-worker.js"],
    ["python", "/remotemedia/python-worker.js"],
  ];
  const wasms: [Role, string][] = [
    ["runtime", "/remotemedia/runtime.wasm"],
    ["compute", "/remotemedia/media.wasm"],
    ["python", "/remotemedia/python.wasm"],
  ];
  const core = <T extends [Role, string]>(all: T[]) => (everything ? all : all.slice(0, 2));

  test("a script or a wasm file that is missing is LoadFailed", async () => {
    for (const [role, path] of core([
      ...scripts.slice(0, 1),
      ...wasms.slice(0, 1),
      ...scripts.slice(1),
      ...wasms.slice(1),
    ]))
      await check(role, path, { status: 404 }, "LoadFailed");
  });

  test("a script that never answers is StartFailed once the watchdog has waited", async () => {
    for (const [role, path] of core(scripts))
      await check(role, path, { body: "" }, "StartFailed", IMPATIENT[role]);
  });

  test("wasm that is garbage is StartFailed", async () => {
    for (const [role, path] of core(wasms)) await check(role, path, { body: "\0asm garbage" }, "StartFailed");
  });

  test("a worker of another build is ProtocolMismatch", async () => {
    const page = await openKit(bench);
    const constant = leb128(await fingerprint(page));
    for (const [role, path] of core(wasms)) {
      const body = stale(path.split("/").at(-1)!, constant);
      await check(role, path, { body }, "ProtocolMismatch");
    }
  });

  test("a worker that is killed in mid-run is WorkerCrashed, and the next run gets another", async () => {
    const roles: Role[] = everything ? ["runtime", "compute", "python"] : ["runtime", "compute"];
    for (const role of roles) {
      const page = await openKit(bench);
      const { node } = NEEDS[role];
      const answer = await page.evaluate(
        async ({ role, manifest, inputs }) => {
          const { workerUrls, made, outcome, ear } = kit;
          kit.runtime = await rm.Runtime.start({ workerUrls });
          const samples = new Float32Array(1600);
          const audio = { type: "audio" as const, sampleRate: 16_000, channels: 1, samples };
          const { onEvent, heard } = ear();
          const run = kit.runtime.run(manifest, { inputs: "stream", onEvent });
          const ended = outcome(run);
          await run.push(inputs[0] === "audio" ? audio : "a", { last: true });
          await heard((event) => event.type === "output");
          // The first: a later one of Python's is a spare, which nobody would miss.
          made.find((it) => it.role === role)?.worker.terminate();
          const { error } = await ended;
          const last = await heard((event) => event.type === "failed");
          return { error, last: last.type };
        },
        { role, ...NEEDS[role] },
      );
      const { error } = answer;
      assert.deepEqual([error?.own, error?.code, error?.stage], [true, "WorkerCrashed", "process"], role);
      if (role !== "runtime") assert.equal(error?.node, node);
      assert.equal(await run(page, role), undefined, `${role}, after the crash`);
      await page.evaluate(() => kit.runtime.close());
    }
  });

  if (everything)
    test("Python that destroys its own interpreter fails its run only", async () => {
      const page = await openKit(bench);
      const source = `
from remotemedia import Node
import os

class Kill(Node):
    def process(self, data):
        if data == "exit":
            os._exit(3)
        if data == "abort":
            os.abort()
        return data
`;
      const answers = await page.evaluate(
        async ({ source, manifest }) => {
          const runtime = await rm.Runtime.start();
          await runtime.registerPython(source);
          const answers = [];
          // Overwriting its own memory is no case of this: what then runs may as well run for ever.
          for (const how of ["exit", "abort"]) {
            const { error } = await kit.outcome(runtime.run(manifest, { inputs: [how] }));
            const { outputs } = await runtime.run(manifest, { inputs: ["alive"] });
            answers.push({ how, error, outputs });
          }
          await runtime.close();
          return answers;
        },
        { source, manifest: chain("Kill") },
      );
      for (const { how, error, outputs } of answers) {
        assert.deepEqual([error?.code, error?.node, error?.stage], ["WorkerCrashed", "kill", "process"], how);
        assert.deepEqual(outputs, ["alive"], how);
      }
    });
});
