/** Runs that need several kinds of workers, where there is one of each: none waits for ever, none is held up needlessly. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { eachEngine, ModelHost, type Page } from "./harness/index.ts";
import { chain, openKit } from "./kit.ts";
import { recording } from "./speech-kit.ts";

const MODEL = "/models/held.bin";
const model = () => readFileSync(new URL("../../whisper/demo-model/ggml-demo.bin", import.meta.url));

/** Says that it was there. */
const SOURCE = `
from remotemedia import node

@node()
def Seen(x):
    return "seen"
`;
const light = chain("Seen");
const heavy = chain("VoiceActivity");
const both = chain("VoiceActivity", "Seen");

/** A runtime with one worker of each kind in the page, and a second of silence. */
async function start(page: Page): Promise<void> {
  await page.evaluate(async (source) => {
    kit.runtime = await rm.Runtime.start({ computeWorkers: 1, python: { workers: 1 } });
    await kit.runtime.registerPython(source);
    const silence = { type: "audio", sampleRate: 16_000, channels: 1, samples: new Float32Array(16_000) };
    Object.assign(globalThis, { silence });
  }, SOURCE);
}

declare global {
  /** In pages that were started here. */
  var silence: { type: "audio"; sampleRate: number; channels: number; samples: Float32Array<ArrayBuffer> };
}

eachEngine("leases", (bench) => {
  test("a run whose model still loads and one that works at once do not wait for each other", async () => {
    const page = await openKit(bench);
    const host = new ModelHost(model());
    host.holdAt(1_000);
    bench.server.serve(MODEL, host.answer);
    bench.server.fault("/sound/speech.wav", { body: recording("date-time.wav") });
    await start(page);
    await page.evaluate(
      async ({ manifest }) => {
        const file = await (await fetch("/sound/speech.wav")).blob();
        const { onEvent, heard } = kit.ear();
        const slow = kit.runtime.run(manifest, { inputs: [file], onEvent });
        await heard((event) => event.type === "load" && event.what === "model");
        Object.assign(globalThis, { slow });
      },
      {
        manifest: chain(
          "AudioDecode",
          ["Whisper", { model: bench.server.url(MODEL), language: "en" }],
          "Seen",
        ),
      },
    );
    const quick = await page.evaluate(
      async (both) => (await kit.runtime.run(both, { inputs: [silence, silence] })).outputs,
      both,
    );
    assert.deepEqual(quick, ["seen", "seen"]);
    const { outputs, behind } = await page.evaluate(
      async ({ both, url }) => {
        const { slow } = globalThis as unknown as { slow: ReturnType<typeof kit.runtime.run> };
        const behind = kit.runtime.run(both, { inputs: [silence] });
        await fetch(url);
        return { outputs: (await slow).outputs, behind: (await behind).outputs };
      },
      { both, url: released(bench.server, host) },
    );
    assert.deepEqual([outputs, behind], [["seen"], ["seen"]]);
    await page.evaluate(async (name) => {
      await kit.runtime.models.remove(name);
      await kit.runtime.close();
    }, bench.server.url(MODEL));
  });

  test("a run that waits for one worker keeps no other idle, and leaves the line when it is cancelled", async () => {
    const page = await openKit(bench);
    await start(page);
    const shown = await page.evaluate(
      async ({ light, heavy, both }) => {
        const { runtime, ear, outcome } = kit;
        const first = ear();
        const live = runtime.run(light, { inputs: "stream", onEvent: first.onEvent });
        await live.push(1);
        await first.heard((event) => event.type === "output");
        // These two need what the live one has until it ends.
        const [given, kept] = [0, 1].map(() => runtime.run(both, { inputs: [silence] }));
        const passed = (await runtime.run(heavy, { inputs: [silence] })).outputs.length;
        await given!.cancel();
        const { error } = await outcome(given!);
        await live.end();
        const outputs = [(await live).outputs, (await kept!).outputs];
        await runtime.close();
        return { passed, code: error?.code, outputs };
      },
      { light, heavy, both },
    );
    assert.deepEqual(shown, { passed: 1, code: "Cancelled", outputs: [["seen"], ["seen"]] });
  });
});

/** A path that lets `host` go on when it is asked for. */
function released(
  server: { serve: (path: string, handler: ModelHost["answer"]) => void },
  host: ModelHost,
): string {
  const path = "/release";
  server.serve(path, async (_request, response) => {
    host.release();
    response.end();
  });
  return path;
}
