/** Transcription in a page, held against what openai/whisper makes of the same sound, and what happens on the way. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { type Bench, eachEngine, type Page } from "./harness/index.ts";
import { openKit } from "./kit.ts";
import {
  goldens,
  manifest,
  params,
  recording,
  signal,
  type Transcript,
  wav,
  wordErrors,
  words,
} from "./speech-kit.ts";

/** One step between timestamps, in seconds. */
const TIME_BOUND = 0.02 + 1e-6;

/** A page that can fetch `files` from `/sound/`. */
async function open(bench: Bench, files: Record<string, Buffer>): Promise<Page> {
  const page = await openKit(bench);
  for (const [name, body] of Object.entries(files)) bench.server.fault(`/sound/${name}`, { body });
  await page.evaluate(async () => {
    kit.runtime = await rm.Runtime.start();
  });
  return page;
}

/** The transcript of each of the files, in one run. */
function transcribe(page: Page, names: string[], whisper: object): Promise<Transcript[]> {
  return page.evaluate(
    async ({ names, manifest }) => {
      const fetched = names.map(async (name) => (await fetch(`/sound/${name}`)).blob());
      const { outputs } = await kit.runtime.run(manifest, { inputs: await Promise.all(fetched) });
      return outputs as unknown as Transcript[];
    },
    { names, manifest: manifest(whisper) },
  );
}

eachEngine("whisper", (bench) => {
  const everything = bench.engine === "chromium";
  const chosen = goldens().filter(({ name }) => everything || ["beams", "language detected"].includes(name));

  test("segments, words and times are the reference's", async () => {
    const files = Object.fromEntries(chosen.map((it, at) => [`${at}.wav`, wav(signal(it.signal))]));
    const page = await open(bench, files);
    let compared = 0;
    for (const [at, golden] of chosen.entries()) {
      const [found] = await transcribe(page, [`${at}.wav`], params(golden));
      // The engine leaves out segments that say nothing.
      const expected = golden.segments.filter(({ text, start, end }) => text.trim() !== "" && end > start);
      assert.deepEqual(
        found!.segments.map(({ text }) => text),
        expected.map(({ text }) => text),
        golden.name,
      );
      if (expected.length > 0) assert.equal(found!.language, golden.language, golden.name);
      const duration = found!.audio_duration;
      for (const [at, segment] of found!.segments.entries()) {
        // The reference lets segments end behind the recording.
        const { start, end } = expected[at]!;
        const inside = { start: Math.min(start, duration), end: Math.min(end, duration) };
        near(segment, inside, golden.name);
        for (const [n, word] of (segment.words ?? []).entries()) {
          assert.equal(word.word, expected[at]!.words?.[n]?.word, golden.name);
          near(word, expected[at]!.words![n]!, golden.name);
        }
        compared += 1;
      }
    }
    assert.ok(compared > 0);
  });

  test("partial text grows, becomes final once, and progress ends at 1", async () => {
    const page = await open(bench, { "speech.wav": recording("date-time.wav") });
    const events = await page.evaluate(
      async (manifest) => {
        const ear = kit.ear();
        const file = await (await fetch("/sound/speech.wav")).blob();
        await kit.runtime.run(manifest, { inputs: [file], onEvent: ear.onEvent });
        return ear.events;
      },
      manifest({ language: "en" }),
    );

    const partials = events
      .filter((event) => event.type === "partial")
      .map(
        ({ value }) =>
          value as unknown as { id: number; start: number; end: number; text: string; final: boolean },
      );
    const finals = partials.filter(({ final }) => final);
    assert.deepEqual(
      finals.map(({ id }) => id),
      [...finals.keys()],
    );
    // Text of one turn comes at once, and the demo model says a sentence in one.
    assert.ok(partials.length > finals.length, "text comes before it is final");
    const output = events.find((event) => event.type === "output")!.value as unknown as Transcript;
    assert.deepEqual(
      finals.map(({ text }) => text),
      output.segments.map(({ text }) => text),
    );

    const progress = events.filter((event) => event.type === "progress" && event.node === "speech") as {
      done: number;
      total: number | null;
      unit: string;
      fraction: number | null;
    }[];
    const fractions = progress.map(({ fraction }) => fraction ?? 0);
    assert.deepEqual(
      fractions,
      fractions.toSorted((a, b) => a - b),
      "the fraction never falls",
    );
    assert.equal(fractions.at(-1), 1);
    assert.equal(progress.at(-1)!.unit, "seconds");
    const loads = events.filter((event) => event.type === "load" && event.what === "model");
    assert.ok(loads.length > 0, "the model's loading is told");
  });

  test("a recording of two channels at another rate is heard as well", async () => {
    const text = JSON.parse(recording("stereo.json").toString()) as { segments: { text: string }[] };
    const page = await open(bench, { "stereo.flac": recording("stereo.flac") });
    const [found] = await transcribe(page, ["stereo.flac"], { language: "en" });
    const expected = words(text.segments.map(({ text }) => text).join(" "));
    const errors = wordErrors(expected, words(found!.text));
    assert.ok(errors <= expected.length / 5, `${errors} of ${expected.length} words wrong: ${found!.text}`);
  });

  if (!everything) return;

  test("three files give three transcripts, and runs side by side do not mix", async () => {
    const names = ["command.wav", "date-time.wav", "numbers.wav"];
    const page = await open(bench, Object.fromEntries(names.map((name) => [name, recording(name)])));
    const alone: string[] = [];
    for (const name of names) alone.push((await transcribe(page, [name], { language: "en" }))[0]!.text);
    assert.equal(new Set(alone).size, names.length);
    const together = await transcribe(page, names, { language: "en" });
    assert.deepEqual(
      together.map(({ text }) => text),
      alone,
    );
    const beside = await page.evaluate(
      async ({ names, manifest }) => {
        const runtime = await rm.Runtime.start({ computeWorkers: 2 });
        const runs = names.map(async (name) => {
          const file = await (await fetch(`/sound/${name}`)).blob();
          return (await runtime.run(manifest, { inputs: [file] })).outputs[0] as unknown as Transcript;
        });
        const found = await Promise.all(runs);
        await runtime.close();
        return found.map(({ text }) => text);
      },
      { names, manifest: manifest({ language: "en" }) },
    );
    assert.deepEqual(beside, alone);
  });

  test("both formats of the model say the same", async () => {
    const page = await open(bench, { "speech.wav": recording("date-time.wav") });
    const [folder] = await transcribe(page, ["speech.wav"], { language: "en", model: "demo" });
    const [ggml] = await transcribe(page, ["speech.wav"], { language: "en", model: "demo-ggml" });
    assert.deepEqual(
      ggml!.segments.map(({ text, start, end }) => ({ text, start, end })),
      folder!.segments.map(({ text, start, end }) => ({ text, start, end })),
    );
  });

  test("sound that is pushed as it comes is transcribed as it comes", async () => {
    const page = await open(bench, { "speech.wav": recording("long.wav") });
    const { early, whole, finals } = await page.evaluate(
      async (manifest) => {
        const bytes = await (await fetch("/sound/speech.wav")).arrayBuffer();
        const pcm = Float32Array.from(new Int16Array(bytes.slice(44)), (x) => x / 32768);
        const ear = kit.ear();
        const run = kit.runtime.run(manifest, { inputs: "stream", onEvent: ear.onEvent });
        const push = (from: number, to: number) =>
          run.push({ type: "audio", sampleRate: 16000, channels: 1, samples: pcm.slice(from, to) });
        const half = 16000 * 60;
        for (let at = 0; at < half; at += 4000) await push(at, at + 4000);
        // Before the recording has ended.
        const early = await ear.heard(
          (event) => event.type === "partial" && (event.value as unknown as { final: boolean }).final,
        );
        await push(half, pcm.length);
        run.end();
        const { outputs } = await run;
        const finals = ear.events.filter(
          (event) => event.type === "partial" && (event.value as unknown as { final: boolean }).final,
        ).length;
        return { early, whole: outputs[0] as unknown as Transcript, finals };
      },
      {
        ...manifest({ language: "en" }),
        nodes: [{ id: "speech", node_type: "Whisper", params: { language: "en" } }],
        connections: [],
      },
    );
    assert.equal(early.type, "partial");
    assert.equal(finals, whole.segments.length);
    assert.ok(whole.segments.length > 5 && whole.audio_duration > 80);
  });

  test("segments follow each other inside the recording, whatever it holds", async () => {
    const long = signal([{ recording: "long.wav" }]);
    const cut = (seconds: number) => wav(long.slice(0, Math.round(seconds * 16_000)));
    const files = {
      "none.wav": cut(0),
      "click.wav": cut(0.1),
      "short.wav": cut(29.9),
      "border.wav": cut(30.1),
    };
    const page = await open(bench, files);
    for (const { segments, audio_duration } of await transcribe(page, Object.keys(files), {
      language: "en",
    })) {
      let end = 0;
      for (const segment of segments) {
        assert.ok(segment.start >= end && segment.end >= segment.start, JSON.stringify(segment));
        end = segment.end;
      }
      assert.ok(end <= audio_duration + 1e-6);
    }
  });
});

function near(
  found: { start: number; end: number },
  expected: { start: number; end: number },
  name: string,
): void {
  const far = Math.max(Math.abs(found.start - expected.start), Math.abs(found.end - expected.end));
  assert.ok(
    far <= TIME_BOUND,
    `${name}: [${found.start}, ${found.end}] for [${expected.start}, ${expected.end}]`,
  );
}
