/** Cancelling a transcription at work, with models of the sizes that are published. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { randomModel } from "./harness/ggml.ts";
import { eachEngine } from "./harness/index.ts";
import { openKit } from "./kit.ts";
import { manifest, recording, type Transcript } from "./speech-kit.ts";

eachEngine(
  "whisper, cancelled",
  (bench) => {
    for (const size of ["tiny", "base"] as const) {
      test(`${size}: in the encoder and between two tokens`, async () => {
        const page = await openKit(bench);
        bench.server.fault(`/random/${size}.bin`, { body: randomModel(size) });
        bench.server.fault("/sound/speech.wav", { body: recording("date-time.wav") });
        const model = bench.server.url(`/random/${size}.bin`);
        const { ends, text, beside } = await page.evaluate(
          async ({ random, demo, model }) => {
            const runtime = await rm.Runtime.start({ computeWorkers: 2 });
            const file = await (await fetch("/sound/speech.wav")).blob();
            await runtime.models.load(model);
            const ends: unknown[] = [];
            // Nothing that runs beside is touched.
            const beside = runtime.run(demo, { inputs: [file, file, file, file] });
            for (const stage of ["encode", "decode"]) {
              const ear = kit.ear();
              const run = runtime.run(random, { inputs: [file], onEvent: ear.onEvent });
              const ended = kit.outcome(run);
              await ear.heard(
                stage === "encode"
                  ? (event) => event.type === "progress" && event.node === "speech"
                  : (event) => event.type === "partial",
              );
              await run.cancel("enough");
              const late = ear.events.length;
              ends.push({ ...(await ended).error, late: ear.events.length - late });
            }
            const { outputs } = await runtime.run(demo, { inputs: [file] });
            const others = (await beside).outputs as unknown as Transcript[];
            await runtime.models.remove(model);
            await runtime.close();
            return {
              ends: ends as { code: string; cause: string; late: number }[],
              text: (outputs[0] as unknown as Transcript).text,
              beside: others.map(({ text }) => text),
            };
          },
          {
            random: manifest({ model, language: "en", temperature: [0], vad: false }),
            demo: manifest({ language: "en" }),
            model,
          },
        );
        for (const { code, cause, late } of ends)
          assert.deepEqual([code, cause, late], ["Cancelled", "enough", 0]);
        assert.equal(ends.length, 2);
        assert.notEqual(text, "");
        assert.deepEqual(beside, [text, text, text, text]);
      });
    }
  },
  { engines: ["chromium"] },
);
