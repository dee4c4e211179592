/** The parts of the speech view that need no page. */
import assert from "node:assert/strict";
import { test } from "node:test";
import type { Result, RunEvent, Value } from "remotemedia";
import { clock, clockInWords } from "../src/format.ts";
import { Feed } from "../src/common/feed.ts";
import { languageName, languagesOf } from "../src/speech/languages.ts";
import { type Download, isHere, languagesInWords, type Model, placeInWords } from "../src/models/models.ts";
import { Peaks } from "../src/speech/peaks.ts";
import { transcription } from "../src/speech/pipelines.ts";
import { drawnRate } from "../src/speech/sound.ts";
import { SpeechModel } from "../src/speech/speech-model.ts";
import { indexAt, segmentOf, transcriptOf } from "../src/speech/transcript.ts";
import { Utterances } from "../src/common/utterances.ts";
import { pcm16, wavFile } from "../src/common/wav.ts";

function started(): SpeechModel {
  const it = new SpeechModel();
  it.start(1000);
  it.happened({ type: "load", what: "model", name: "demo", loaded: 1, total: 2, run: 1 }, 1100);
  it.happened({ type: "load", what: "model", name: "demo", loaded: 2, total: 2, run: 1 }, 1500);
  it.happened({ type: "started", order: ["decode", "whisper"], run: 1 }, 2000);
  return it;
}

function partial(id: number, start: number, text: string, final = false): RunEvent {
  const value = { id, start, end: start + 2, text, final };
  return { type: "partial", node: "whisper", value, run: 1 };
}

function progress(done: number, total: number | null, node = "whisper"): RunEvent {
  const fraction = total === null ? null : done / total;
  return { type: "progress", node, done, total, unit: "seconds", fraction, etaMs: 1500, run: 1 };
}

function segments(it: SpeechModel): string {
  return it.segments.map(({ start, text }) => `${start}${text}`).join(" |");
}

const TRANSCRIPT = {
  text: " One. Two.",
  language: "en",
  segments: [
    {
      id: 0,
      start: 0,
      end: 2,
      text: " One.",
      words: [{ word: " One.", start: 0.1, end: 1, probability: 1 }],
    },
    { id: 1, start: 2, end: 4, text: " Two.", avg_logprob: -0.1 },
  ],
  audio_duration: 4,
} satisfies Value;

const METRICS = { totalMs: 800, loadMs: { wasm: 0, python: 0, models: 300 } };
const RESULT = { outputs: [TRANSCRIPT], metrics: METRICS } as unknown as Result;

test("text is open while it is written, and decided once", () => {
  const it = started();
  it.happened(partial(0, 0, " On"), 2100);
  it.happened(partial(0, 0, " One"), 2200);
  assert.deepEqual([[...it.open.values()].map((open) => open.text), segments(it)], [[" One"], ""]);
  it.happened(partial(0, 0, " One.", true), 2300);
  it.happened(partial(1, 2, " T"), 2400);
  assert.deepEqual([[...it.open.keys()], segments(it)], [[1], "0 One."]);
  assert.deepEqual(
    it.takeFresh().map((fresh) => fresh.id),
    [0],
  );
  assert.deepEqual(it.takeFresh(), []);
});

test("what was written is taken back when it turns out not to be said", () => {
  const it = started();
  it.happened(partial(0, 0, " On"), 2100);
  it.happened(partial(1, 2, " Two"), 2100);
  it.happened(partial(1, 2, ""), 2200);
  assert.deepEqual([...it.open.keys()], [0]);
});

test("segments are kept by their start, also when they are decided out of turn", () => {
  const it = started();
  for (const start of [0, 30, 4, 34, 8]) it.happened(partial(start, start, ` s${start}`, true), 2100);
  assert.equal(segments(it), "0 s0 |4 s4 |8 s8 |30 s30 |34 s34");
});

test("what other nodes tell is not the transcription's", () => {
  const it = started();
  it.happened(progress(9, 10, "decode"), 2500);
  it.happened({ type: "partial", node: "other", value: { id: 0, text: "x", final: true }, run: 1 }, 2500);
  it.happened({ type: "partial", node: "whisper", value: "no segment", run: 1 }, 2500);
  assert.deepEqual([it.pace.done, segments(it), it.open.size], [0, "", 0]);
});

test("speed is seconds of sound per second of work, the loading of models left out", () => {
  const it = started();
  assert.equal(it.speed, undefined);
  it.happened(progress(0, null), 3000);
  it.happened(progress(0, 20), 4000);
  assert.equal(it.speed, undefined);
  it.happened(progress(10, 20), 5000);
  assert.deepEqual([it.speed, it.pace], [5, { done: 10, total: 20, etaMs: 1500 }]);
  assert.equal(it.left(20), 1500);
  it.happened({ ...progress(12, 22), etaMs: null } as RunEvent, 8000);
  assert.deepEqual([it.speed, it.left(22), it.left(undefined)], [2.4, (1000 * 10) / 2.4, undefined]);
});

test("a transcription ends with its transcript", () => {
  const it = started();
  it.happened(partial(0, 0, " One.", true), 2300);
  it.happened(partial(1, 2, " Tw"), 2300);
  it.happened({ type: "finished", result: RESULT, run: 1 }, 2800);
  assert.deepEqual([it.state, it.isActive, it.endedAt, it.open.size], ["done", false, 2800, 0]);
  assert.equal(it.transcript?.segments[0]?.words[0]?.word, " One.");
  assert.equal(it.exportable(), TRANSCRIPT);
});

test("recordings that follow each other become one transcript", () => {
  const it = started();
  it.happened(partial(0, 0, " One.", true), 2300);
  it.happened(partial(1, 2, " Two.", true), 2300);
  it.happened({ type: "output", node: "whisper", value: TRANSCRIPT, run: 1 }, 2400);
  it.happened(partial(0, 0, " On"), 2500);
  assert.deepEqual(
    [...it.open.values()].map(({ id, start }) => [id, start]),
    [[2, 4]],
  );
  it.happened(partial(0, 0, " One.", true), 2600);
  assert.equal(segments(it), "0 One. |2 Two. |4 One.");
  const result = { ...RESULT, outputs: [TRANSCRIPT, TRANSCRIPT] } as unknown as Result;
  it.happened({ type: "finished", result, run: 1 }, 2800);
  const { text, duration, segments: all } = it.transcript!;
  assert.deepEqual(
    [text, duration, all.map(({ id, start }) => `${id} ${start}`).join()],
    [" One. Two. One. Two.", 8, "0 0,1 2,2 4,3 6"],
  );
  assert.deepEqual(all[2]?.words, [{ word: " One.", start: 4.1, end: 5, probability: 1 }]);
  assert.equal((it.value as typeof TRANSCRIPT).segments[3]?.avg_logprob, -0.1);
});

test("what was decided before a bad end can still be exported", () => {
  const cancelled = started();
  assert.equal(cancelled.exportable(), undefined);
  cancelled.happened(partial(0, 0, " One.", true), 2300);
  cancelled.happened(partial(1, 2, " Tw"), 2300);
  cancelled.happened(progress(2, 4), 2300);
  cancelled.cancelling();
  assert.ok(cancelled.isActive);
  cancelled.fail(Object.assign(new Error("user"), { code: "Cancelled" }), 2400);
  assert.deepEqual([cancelled.state, cancelled.open.size], ["cancelled", 0]);
  const segment = { id: 0, start: 0, end: 2, text: " One." };
  const expected = { text: "One.", language: "", segments: [segment], audio_duration: 2 };
  assert.deepEqual(cancelled.exportable(), expected);

  const failed = started();
  failed.fail(Object.assign(new Error("no"), { code: "NodeFailed" }), 2400);
  failed.fail(new Error("later"), 2500);
  assert.deepEqual([failed.state, failed.endedAt], ["failed", 2400]);
  assert.match(String(failed.error), /no/);
});

test("only what has the shape of a transcript is one", () => {
  assert.equal(transcriptOf(TRANSCRIPT)?.segments.length, 2);
  for (const value of [null, 5, "text", [], {}, { text: "x" }, { segments: [] }]) {
    assert.equal(transcriptOf(value), undefined, JSON.stringify(value));
  }
  assert.deepEqual(segmentOf({ id: 3, text: "x", words: [{ word: "x" }, 5] }), {
    id: 3,
    start: 0,
    end: 0,
    text: "x",
    words: [],
  });
});

function checkIndex(time: number, expected: number): void {
  assert.equal(indexAt([{ start: 1 }, { start: 2 }, { start: 2 }, { start: 5 }], time), expected, `${time}`);
}

test("a time belongs to what began last before it", () => {
  checkIndex(0.9, -1);
  checkIndex(1, 0);
  checkIndex(2, 2);
  checkIndex(4.9, 2);
  checkIndex(100, 3);
  assert.equal(indexAt([], 1), -1);
});

test("a waveform has the loudest of each part, whatever the sign", () => {
  const peaks = new Peaks(100);
  peaks.add(Float32Array.of(0.125, -0.5, 0.25));
  peaks.add(Float32Array.of(0, 0.75));
  assert.deepEqual([...peaks.columns(2, 0.04)], [0.5, 0.25]);
  assert.deepEqual([...peaks.columns(5, 0.05)], [0.125, 0.5, 0.25, 0, 0.75]);
  assert.equal(peaks.seconds, 0.05);
});

test("a waveform that becomes long keeps its peaks, in no more room", () => {
  const peaks = new Peaks(1000);
  const second = new Float32Array(1000);
  for (let at = 0; at < 600; at++) {
    second.fill(at === 599 ? 1 : (at % 10) / 20);
    peaks.add(second);
  }
  assert.ok(peaks.count <= 4096, String(peaks.count));
  assert.equal(peaks.seconds, 600);
  const columns = peaks.columns(60, 600);
  assert.ok(
    columns.subarray(0, 59).every((it) => Math.abs(it - 0.45) < 1e-6),
    columns.join(),
  );
  assert.equal(columns[59], 1);
  assert.deepEqual([...peaks.columns(3, 1200)].slice(2), [0]);
});

function checkRate(seconds: number | undefined, expected: number | undefined, bytes = 1e9): void {
  assert.equal(drawnRate(bytes, seconds), expected, `${seconds} s`);
}

test("the longer a recording is, the fewer samples its waveform is drawn from", () => {
  checkRate(10, 8000);
  checkRate(20 * 60, 8000);
  checkRate(3 * 3600, 888);
  checkRate(6 * 3600, undefined);
  checkRate(undefined, undefined);
  checkRate(undefined, 8000, 1e6);
});

test("a recording becomes a file that says how long it is", async () => {
  const samples = pcm16(Float32Array.of(0, 0.5, -1, 3));
  assert.deepEqual([...samples], [0, 16_384, -32_767, 32_767]);
  const file = wavFile("a.wav", 48_000, [new Blob([samples]), new Blob([samples])]);
  const view = new DataView(await file.arrayBuffer());
  assert.deepEqual([file.size, view.getUint32(4, true), view.getUint32(40, true)], [60, 52, 16]);
  assert.deepEqual([view.getUint32(24, true), view.getInt16(46, true)], [48_000, 16_384]);
});

test("sound flows into a run in order; what piles up goes at once, utterance by utterance", async () => {
  const feed = new Feed(10);
  const pushed: string[] = [];
  let take: () => void = () => undefined;
  const run = {
    push: (value: unknown, { last = false } = {}) => {
      pushed.push(`${(value as { samples: Float32Array }).samples.join()}${last ? " last" : ""}`);
      return new Promise<void>((resolve) => (take = resolve));
    },
    end: () => void pushed.push("end"),
  };
  feed.add(Float32Array.of(1), false);
  const over = feed.into(run);
  feed.add(Float32Array.of(2, 3), false);
  feed.add(Float32Array.of(4), true);
  feed.add(Float32Array.of(5), false);
  take();
  await new Promise(setImmediate);
  assert.deepEqual(pushed, ["1", "2,3,4 last"]);
  feed.end();
  take();
  await new Promise(setImmediate);
  take();
  await over;
  assert.deepEqual(pushed, ["1", "2,3,4 last", "5", "end"]);
});

test("a run that takes no more ends the flow", async () => {
  const feed = new Feed(10);
  feed.add(Float32Array.of(1), false);
  const run = { push: () => Promise.reject(new Error("over")), end: () => assert.fail("it is over already") };
  await assert.rejects(feed.into(run), /over/);
});

/** Tenths of seconds after which an utterance ended; `levels`: amplitude and seconds of what is heard. */
function ends(levels: [amplitude: number, seconds: number][], hurry = true): number[] {
  const utterances = new Utterances(1000);
  const blocks = levels.flatMap(([amplitude, seconds]) =>
    Array.from({ length: seconds * 10 }, () => new Float32Array(100).fill(amplitude)),
  );
  return blocks.flatMap((block, index) => (utterances.endsWith(block, hurry) ? [index + 1] : []));
}

test("an utterance ends with a pause after a voice", () => {
  assert.deepEqual(
    ends([
      [0.001, 2],
      [0.2, 3],
      [0.001, 2],
      [0.2, 1],
      [0.001, 3],
    ]),
    [56, 86],
  );
  assert.deepEqual(
    ends([
      [0.02, 2],
      [0.3, 3],
      [0.02, 2],
    ]),
    [56],
  );
});

test("neither silence nor a short sound nor the gap between two words ends an utterance", () => {
  assert.deepEqual(ends([[0, 19]]), []);
  assert.deepEqual(
    ends([
      [0, 1],
      [0.3, 0.2],
      [0, 3],
    ]),
    [],
  );
  assert.deepEqual(
    ends([
      [0, 1],
      [0.3, 1],
      [0, 0.5],
      [0.3, 1],
      [0, 0.5],
      [0.3, 1],
    ]),
    [],
  );
});

test("a long utterance ends with the next gap, or without one before a model's half minute is full", () => {
  assert.deepEqual(
    ends([
      [0, 1],
      [0.3, 20],
      [0, 0.3],
      [0.3, 2],
    ]),
    [212],
  );
  assert.deepEqual(
    ends([
      [0, 1],
      [0.3, 40],
    ]),
    [280],
  );
  assert.deepEqual(
    ends(
      [
        [0, 1],
        [0.3, 3],
        [0, 1],
        [0.3, 20],
        [0, 1],
      ],
      false,
    ),
    [252],
  );
});

test("languages have names, those with old codes too", () => {
  assert.equal(languagesOf().length, 100);
  assert.ok(languagesOf().every(({ code, name }) => name !== code));
  assert.deepEqual(languagesOf(["fr", "en"]), [
    { code: "en", name: "English" },
    { code: "fr", name: "French" },
  ]);
  assert.equal(languageName("jw"), "Javanese");
  assert.equal(languageName("no such code"), "no such code");
});

const MODEL: Model = {
  name: "tiny",
  title: "Tiny",
  bytes: 77e6,
  kept: 0,
  memory: undefined,
  languages: undefined,
  licence: "MIT",
  from: "models.example",
  note: undefined,
  place: "absent",
};

function checkPlace(place: Model["place"], download: Download | undefined, expected: string): void {
  assert.equal(placeInWords({ ...MODEL, place }, download), expected);
}

test("a model is said to be where it is", () => {
  checkPlace("bundled", undefined, "in this site");
  checkPlace("partial", undefined, "partly here");
  checkPlace("partial", { state: "loading", loaded: 1, total: 2 }, "downloading");
  checkPlace("absent", { state: "failed", error: new Error("no") }, "failed");
  assert.deepEqual(
    (["bundled", "stored", "partial", "absent"] as const).map((place) => isHere({ ...MODEL, place })),
    [true, true, false, false],
  );
  assert.equal(languagesInWords(MODEL), "multilingual");
  assert.equal(languagesInWords({ ...MODEL, languages: ["en"] }), "English");
});

test("the pipeline of a transcription has what the user chose", () => {
  const choice = { model: "demo", language: "en", task: "transcribe", timestamps: "word" } as const;
  const manifest = transcription(choice) as { nodes: { params: object }[]; connections: object[] };
  assert.deepEqual(manifest.nodes.at(-1)?.params, choice);
  assert.deepEqual(manifest.connections, [
    { from: "decode", to: "resample" },
    { from: "resample", to: "whisper" },
  ]);
});

test("places in a recording are told as clocks do, and in words", () => {
  const cases: [number, string, string][] = [
    [0, "0:00.0", "0 seconds"],
    [7.26, "0:07.3", "7 seconds"],
    [59.97, "1:00.0", "1 minute"],
    [3723.45, "1:02:03.5", "1 hour 2 minutes 3 seconds"],
  ];
  for (const [seconds, figures, words] of cases) {
    assert.deepEqual([clock(seconds), clockInWords(seconds)], [figures, words]);
  }
});
