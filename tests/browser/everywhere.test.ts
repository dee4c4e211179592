/** One package, everywhere: packed and inspected by the command, run in the page, by the command, and by WASI hosts. */
import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { createHash } from "node:crypto";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { after, before, test } from "node:test";
import { fileURLToPath } from "node:url";
import { zipSync } from "fflate";
import { inspect, type Inspected, remotemedia } from "../command.ts";
import { COMMAND, HOSTS } from "../wasi/hosts.ts";
import { id } from "./demo-page.ts";
import { type Bench, eachEngine } from "./harness/index.ts";
import { openKit } from "./kit.ts";
import { eachVisitor, fetchEverything, type Visits } from "./offline-kit.ts";
import { PACKAGE, serve } from "./packages-kit.ts";
import { PackagesPage } from "./packages-page.ts";

const file = (place: string): string => fileURLToPath(new URL(`../../${place}`, import.meta.url));

/** The pipelines that every host runs alike. */
const PIPELINES: Record<
  string,
  { nodes: [string, string, object][]; inputs: unknown[]; outputs: unknown[] }
> = {
  calculator: {
    nodes: [
      ["multiply", "MultiplyNode", { factor: 2 }],
      ["add", "AddNode", { addend: 10 }],
    ],
    inputs: [5, 7, 3],
    outputs: [20, 24, 16],
  },
  text: {
    nodes: [["text", "TextProcessorNode", {}]],
    inputs: [{ text: "Straße 1", operations: ["uppercase", "char_count"] }, "a b"],
    outputs: [
      {
        original_text: "Straße 1",
        results: { uppercase: "STRASSE 1", char_count: 8 },
        processed_by: "TextProcessorNode[text]",
      },
      { original_text: "a b", results: { uppercase: "A B" }, processed_by: "TextProcessorNode[text]" },
    ],
  },
  mixed: {
    nodes: [
      ["multiply", "MultiplyNode", { factor: 3 }],
      ["text", "TextProcessorNode", { operations: ["uppercase", "word_count", "char_count"] }],
    ],
    inputs: [5, 7, 10],
    outputs: ["15", "21", "30"].map((text) => ({
      original_text: text,
      results: { uppercase: text, word_count: 1, char_count: 2 },
      processed_by: "TextProcessorNode[text]",
    })),
  },
};

function manifest(name: string, nodes: [string, string, object][], inputs: unknown[]): object {
  return {
    version: "v1",
    metadata: { name },
    package: { format: 2, example: { inputs } },
    nodes: nodes.map(([id, node_type, params]) => ({ id, node_type, params })),
    connections: nodes.slice(1).map(([to], at) => ({ from: nodes[at]![0], to })),
  };
}

let folder = "";
before(() => void (folder = mkdtempSync(join(tmpdir(), "rm-everywhere-"))));
after(() => rmSync(folder, { recursive: true }));

/** Writes a folder laid out as a package, packs it with the command, and gives the package and what is said of it. */
async function packed(
  name: string,
  files: Record<string, string | Uint8Array>,
): Promise<{ path: string; bytes: Buffer; inspected: Inspected }> {
  for (const [place, content] of Object.entries(files)) {
    const path = join(folder, name, place);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, content);
  }
  const path = join(folder, `${name}.rmpkg`);
  await remotemedia("pack", join(folder, name), "-o", path);
  const bytes = readFileSync(path);
  const inspected = await inspect(path);
  assert.equal(inspected.sha256, createHash("sha256").update(bytes).digest("hex"));
  return { path, bytes, inspected };
}

/** The results of a run of the command. */
async function byCommand(...words: string[]): Promise<unknown[]> {
  const lines = (await remotemedia("run", ...words)).split("\n").filter(Boolean);
  return lines.map((it) => JSON.parse(it) as unknown);
}

/** Presses Run in the page, and lets the package's code run if it is asked for. */
async function inPage(view: PackagesPage, asks: boolean): Promise<unknown> {
  await view.tab.locator(id("run")).click();
  if (asks) await view.tab.locator(id("confirm")).click();
  assert.equal(await view.demo.over(), "done", await view.text("error"));
  return view.demo.results();
}

eachEngine("everywhere", suite, { engines: ["chromium"] });
eachVisitor("everything in one package", offline, ["chromium"]);

function suite(bench: Bench): void {
  test("packed, inspected, and run by the page, the command and WASI hosts with the same results", async () => {
    const view = await PackagesPage.open(bench);
    const requests: { stdin: string }[] = [];
    for (const [name, { nodes, inputs, outputs }] of Object.entries(PIPELINES)) {
      const files = { "manifest.json": JSON.stringify(manifest(name, nodes, inputs)) };
      // One brings the command itself: large, and the same for all.
      const brings = name === "mixed" ? { "runtime.wasm": readFileSync(COMMAND) } : {};
      const { path, bytes, inspected } = await packed(name, { ...files, ...brings });
      assert.deepEqual(await byCommand(path, "--example"), outputs, `${name}: the command`);
      await view.give(name, bytes);
      assert.ok((await view.text("package-card")).includes(inspected.sha256), "the page has another file");
      assert.deepEqual(await inPage(view, false), outputs, `${name}: the page`);
      const unpacked = join(folder, `${name}-unpacked`);
      await remotemedia("unpack", path, "-o", unpacked);
      const read = (it: string): string => readFileSync(join(unpacked, it), "utf8");
      requests.push({
        stdin: `{ "manifest": ${read("manifest.json")}, "input_data": ${JSON.stringify(inputs)} }`,
      });
    }
    await view.demo.choose("runs-package");
    assert.deepEqual(await inPage(view, true), PIPELINES["mixed"]!.outputs, "its own executor in the page");
    const command = join(folder, "mixed-unpacked/runtime.wasm");
    for (const [host, run] of Object.entries(HOSTS)) {
      const answers = await run(requests, command);
      const outputs = answers.map(({ code, stdout, stderr }) => {
        assert.equal(code, 0, `${host}: ${stderr}`);
        return (JSON.parse(stdout) as { outputs: unknown }).outputs;
      });
      assert.deepEqual(
        outputs,
        Object.values(PIPELINES).map((it) => it.outputs),
        host,
      );
    }
  });

  test("signed by the page or by the command a package is the same, and both know who signed it", async () => {
    const secret = join(folder, "who.key");
    await remotemedia("keygen", secret);
    const [text, key] = [secret, `${secret}.pub`].map((it) => readFileSync(it, "utf8"));
    const { nodes, inputs } = PIPELINES["calculator"]!;
    const written = JSON.stringify(manifest("signed", nodes, inputs));
    const { path } = await packed("signed", { "manifest.json": written });
    await remotemedia("sign", path, "--key", secret);
    const page = await openKit(bench);
    serve(bench, readFileSync(path));
    const { bytes, states } = await page.evaluate(
      async ({ path, manifest, text, key }) => {
        const runtime = await rm.Runtime.start();
        const blob = await runtime.pack({ manifest, sign: text });
        const states = [];
        for (const source of [blob, path]) {
          states.push((await runtime.loadPackage(source, { keys: [key] })).info().signature.state);
        }
        return { bytes: [...new Uint8Array(await blob.arrayBuffer())], states };
      },
      { path: PACKAGE, manifest: written, text: text!, key: key!.trim() },
    );
    assert.deepEqual(states, ["trusted", "trusted"]);
    const signed = Buffer.from(bytes);
    assert.ok(signed.equals(readFileSync(path)), "they are not the same");
    writeFileSync(path, signed);
    const verify = ["verify", path, "--key", `${secret}.pub`];
    assert.match(await remotemedia(...verify), /whom you trust/);
    // A byte of the manifest, which its list of hashes knows.
    signed[signed.indexOf("manifest.json") + 20]! ^= 1;
    writeFileSync(path, signed);
    await assert.rejects(remotemedia(...verify), /signed\.rmpkg: 1 error/);
  });
}

const MODULE = `
from remotemedia import Json, Node, Text
from tidying import tidy


class Tidy(Node):
    """What was said, in plain words."""

    def process(self, transcript: Json) -> Text:
        return tidy(transcript["text"])
`;

/** A wheel of one module, as build tools write them. */
function wheel(name: string, module: string): Uint8Array {
  const info = `${name}-1.0.dist-info`;
  const files: Record<string, string> = {
    [`${name}.py`]: module,
    [`${info}/METADATA`]: `Metadata-Version: 2.1\nName: ${name}\nVersion: 1.0\n`,
    [`${info}/WHEEL`]: "Wheel-Version: 1.0\nGenerator: tests\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
  };
  const line = ([path, text]: [string, string]): string => {
    const hash = createHash("sha256").update(text).digest("base64url");
    return `${path},sha256=${hash},${Buffer.byteLength(text)}\n`;
  };
  files[`${info}/RECORD`] = `${Object.entries(files).map(line).join("")}${info}/RECORD,,\n`;
  const entries = Object.entries(files).map(([path, text]) => [path, Buffer.from(text)] as const);
  return zipSync(Object.fromEntries(entries));
}

/** A Python module, a wheel that it needs, a model, a recording, and a plugin node. */
function everything(): Record<string, string | Uint8Array> {
  const nodes: [string, string, object][] = [
    ["decode", "AudioDecode", {}],
    ["resample", "AudioResample", { sample_rate: 16_000, channels: 1 }],
    ["whisper", "Whisper", { model: "models/ggml-demo.bin", language: "en" }],
    ["tidy", "Tidy", {}],
    ["words", "WordCount", {}],
  ];
  const tidying =
    'import re\n\n\ndef tidy(text):\n    return " ".join(re.findall(r"[a-z\']+", text.lower()))\n';
  return {
    "manifest.json": JSON.stringify(manifest("everything", nodes, [{ media: "media/command.wav" }])),
    "python/tidy.py": MODULE,
    "wheels/tidying-1.0-py3-none-any.whl": wheel("tidying", tidying),
    "models/ggml-demo.bin": readFileSync(file("whisper/demo-model/ggml-demo.bin")),
    "media/command.wav": readFileSync(file("whisper/demo-model/recordings/command.wav")),
    "plugins/v1.wasm": readFileSync(file("tests/plugins/v1.wasm")),
  };
}

/** What the plugin makes of what is said in the recording: each word, and at the end how often each came. */
function expected(): unknown[] {
  const { text } = JSON.parse(readFileSync(file("whisper/demo-model/recordings/command.json"), "utf8")) as {
    text: string;
  };
  const words = text.toLowerCase().match(/[a-z']+/g) ?? [];
  const counts: Record<string, number> = {};
  for (const word of words) counts[word] = (counts[word] ?? 0) + 1;
  return [...words, counts];
}

function offline(visits: Visits): void {
  test("a module, a wheel, a model and a plugin run in the page without the server, and by the command", async () => {
    const { path, bytes, inspected } = await packed("everything", everything());
    assert.deepEqual(inspected.permissions, ["python", "wheels", "plugins"]);
    const visit = await visits.visit();
    const page = await visit.open();
    await fetchEverything(page);
    await visit.server.close();
    await page.evaluate(() => void (location.hash = "#/packages"));
    const view = await PackagesPage.on(page);
    await view.drop("everything.rmpkg", bytes);
    await view.opened("everything");
    assert.deepEqual(await inPage(view, true), expected(), "the page");
    await page.close();
    assert.deepEqual(await byCommand(path, "--example", "--trust"), expected(), "the command");
  });
}
