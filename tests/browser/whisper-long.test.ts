/** Long recordings: what is held in memory does not depend on the length. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { eachEngine } from "./harness/index.ts";
import { openKit } from "./kit.ts";
import {
  manifest,
  recording,
  samples,
  serveWatched,
  type Transcript,
  wasmMemory,
  WATCHED,
} from "./speech-kit.ts";

const QUEUE_BYTES = 1 << 20;

eachEngine(
  "whisper, long",
  (bench) => {
    test("ten minutes take no more memory than three, and text comes to the end", async () => {
      const page = await openKit(bench);
      bench.server.fault("/sound/long.wav", { body: recording("long.wav") });
      serveWatched(bench.server);
      await page.evaluate(async (compute) => {
        kit.runtime = await rm.Runtime.start({ computeWorkers: 1, workerUrls: { compute } });
      }, WATCHED);
      const seconds = samples("long.wav").length / 16_000;
      const transcribe = async (times: number) => {
        const found = await page.evaluate(
          async ({ times, manifest, queueBytes }) => {
            const bytes = await (await fetch("/sound/long.wav")).arrayBuffer();
            // A header that claims nothing, then the same sound again and again, none of it held twice.
            const head = bytes.slice(0, 44);
            const view = new DataView(head);
            const size = (bytes.byteLength - 44) * times;
            view.setUint32(4, 36 + size, true);
            view.setUint32(40, size, true);
            const file = new Blob([head, ...Array.from({ length: times }, () => bytes.slice(44))]);
            const { outputs, metrics } = await kit.runtime.run(manifest, {
              inputs: [file],
              limits: { queueBytes },
            });
            const { segments, audio_duration } = outputs[0] as unknown as Transcript;
            return { segments, audio_duration, peak: metrics.peakBytes };
          },
          {
            times,
            queueBytes: QUEUE_BYTES,
            manifest: manifest({ language: "en", temperature: [0], condition_on_previous_text: false }),
          },
        );
        assert.ok(Math.abs(found.audio_duration - seconds * times) < 0.1);
        assert.ok(found.segments.length >= 10 * times, `${found.segments.length} segments`);
        assert.ok(found.segments.at(-1)!.end > seconds * times - 10, "text comes to the end");
        let end = 0;
        for (const segment of found.segments) {
          assert.ok(segment.start >= end && segment.end >= segment.start, JSON.stringify(segment));
          end = segment.end;
        }
        return { peak: found.peak, worker: await page.evaluate(wasmMemory) };
      };
      const short = await transcribe(2);
      const long = await transcribe(Math.ceil(600 / seconds));
      await page.evaluate(() => kit.runtime.close());
      assert.ok(short.worker > 16 << 20, "the model is in it");
      // How full the queue was when memory grew is a matter of timing: what waits at either end of the edge, and the copy of
      // it that is being read, may be on top. Ten minutes of samples are 38 MB.
      assert.ok(
        long.worker <= short.worker * 1.05 + 4 * QUEUE_BYTES,
        `${long.worker} bytes in the worker, ${short.worker} before`,
      );
      assert.ok(long.peak <= short.peak * 1.2, `${long.peak} bytes in queues, ${short.peak} before`);
    });
  },
  { engines: ["chromium"] },
);
