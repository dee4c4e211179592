/** A package with everything a package can bring, where there is no network. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { eachVisitor } from "./offline-kit.ts";
import { open } from "./offline-foreign-kit.ts";
import { parts, wheel, zip } from "./packages-kit.ts";
import { V1 } from "./plugins-kit.ts";

const DEMO = new URL("../../whisper/demo-model/", import.meta.url);
const MODEL = "models/demo/";

/** Speech to text; the text through Python of a module and a wheel; its words, counted by a plugin. */
const MANIFEST = {
  version: "v1",
  package: { format: 2, example: { inputs: [{ media: "media/command.wav" }] } },
  nodes: [
    { id: "decode", node_type: "AudioDecode", params: {} },
    { id: "speech", node_type: "Whisper", params: { model: "models/demo" } },
    { id: "words", node_type: "Words", params: {} },
    { id: "count", node_type: "WordCount", params: {} },
  ],
  connections: [
    { from: "decode", to: "speech" },
    { from: "speech", to: "words" },
    { from: "words", to: "count" },
  ],
};

const MODULE = `from remotemedia import node
import tiny

@node()
def Words(said):
    return said["text"].strip() + tiny.MORE
`;

function archive(): Buffer {
  const files: Record<string, Buffer | string> = {
    "python/words.py": MODULE,
    "wheels/tiny-1.0-py3-none-any.whl": wheel("tiny", 'MORE = " and more"\n'),
    "plugins/words.wasm": V1,
    "media/command.wav": readFileSync(new URL("recordings/command.wav", DEMO)),
  };
  for (const name of [
    "config.json",
    "generation_config.json",
    "preprocessor_config.json",
    "tokenizer.json",
    "model.safetensors",
  ])
    files[`${MODEL}${name}`] = readFileSync(new URL(`hf/${name}`, DEMO));
  return zip(parts(MANIFEST, files));
}

eachVisitor("a whole package offline", (visits) => {
  test("a module, a wheel, a model and a plugin run without a network", async () => {
    const { page, folder } = await open(visits, { isolate: false });
    visits.server.fault(`${folder}whole.rmpkg`, { body: archive() });
    await page.evaluate(async (path) => {
      await offline.makeAvailable(["core", "media", "python"]);
      Object.assign(globalThis, { blob: await (await fetch(path)).blob() });
    }, `${folder}whole.rmpkg`);
    await visits.server.close();
    try {
      const outputs = await page.evaluate(async () => {
        const rm = (await import(
          new URL("./remotemedia/remotemedia.js", location.href).href
        )) as typeof globalThis.rm;
        const { blob } = globalThis as unknown as { blob: Blob };
        const runtime = await rm.Runtime.start();
        const pkg = await runtime.loadPackage(blob, { trust: "page" });
        const { outputs } = await runtime.run(pkg, { inputs: await pkg.exampleInputs() });
        await runtime.close();
        return outputs;
      });
      const words = "Set the timer for six hundred and forty three minutes. and more";
      assert.equal(outputs.slice(0, -1).join(" "), words);
      assert.equal((outputs.at(-1) as { [word: string]: number })["and"], 2);
    } finally {
      await visits.server.listen();
    }
    await page.close();
  });
});
