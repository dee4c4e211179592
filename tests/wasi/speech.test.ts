/** Files to text under WASI hosts: the model and the recordings lie in folders that the host opens. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { test } from "node:test";
import { HOSTS, type Job } from "./hosts.ts";

const DEMO = fileURLToPath(new URL("../../whisper/demo-model", import.meta.url));
const folders = { "/models/demo": `${DEMO}/hf`, "/more": DEMO, "/recordings": `${DEMO}/recordings` };

function transcribe(model: string, names: string[]): Job {
  const manifest = {
    version: "v1",
    nodes: [
      { id: "decode", node_type: "AudioDecode" },
      { id: "speech", node_type: "Whisper", params: { model } },
    ],
    connections: [{ from: "decode", to: "speech" }],
  };
  const input_data = names.map((name) => ({ __file__: `/recordings/${name}` }));
  return { stdin: JSON.stringify({ manifest, input_data }), folders };
}

const words = (text: string) => text.toLowerCase().match(/[\p{L}\p{N}']+/gu) ?? [];

for (const [name, host] of Object.entries(HOSTS)) {
  test(`recordings become text under ${name}, by a model in a folder or a file`, async () => {
    const known = ["command.wav", "numbers.wav"];
    const jobs = [transcribe("demo", known), transcribe("/more/ggml-demo.bin", known.slice(0, 1))];
    for (const [at, { code, stdout, stderr }] of (await host(jobs)).entries()) {
      assert.equal(code, 0, stderr);
      const { outputs } = JSON.parse(stdout) as { outputs: { text: string }[] };
      assert.equal(outputs.length, known.length - at);
      for (const [which, { text }] of outputs.entries()) {
        const said = JSON.parse(
          readFileSync(`${folders["/recordings"]}/${known[which]!.split(".")[0]}.json`, "utf8"),
        );
        assert.deepEqual(words(text), words((said as { text: string }).text), known[which]);
      }
    }
  });
}
