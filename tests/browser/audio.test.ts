/** Recordings in a page: as long as they like, whole or broken. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { heaps } from "./harness/heap.ts";
import { eachEngine, type Page } from "./harness/index.ts";

const source = `
import math
from remotemedia import Audio, Json, Node

class Levels(Node):
    """Root mean square of each second, in decibels of full scale."""

    streaming = True

    def __init__(self, name, config=None):
        super().__init__(name, config)
        self.begin()

    def begin(self):
        self.rest, self.levels, self.parts, self.largest = [], [], 0, 0

    def process(self, data: Audio) -> Json:
        assert data.channels == 1
        self.parts += 1
        self.largest = max(self.largest, data.frames)
        if self.parts < 60:
            # Slower than its sender for a while, so that the queues before it fill up.
            sum(range(300_000))
        self.rest += data.samples
        second = data.sample_rate
        while len(self.rest) >= second:
            samples, self.rest = self.rest[:second], self.rest[second:]
            power = math.sumprod(samples, samples) / second
            self.levels.append(round(10 * math.log10(max(power, 1e-12)), 2))
        if self.part.last:
            told = {"levels": self.levels, "rest": len(self.rest), "parts": self.parts, "largest": self.largest}
            self.begin()
            return told
`;

interface Told {
  levels: number[];
  rest: number;
  parts: number;
  largest: number;
}

/** What a run over a long recording comes to. */
interface Ran {
  told: Told;
  peak: number;
  reads: { largest: number; total: number };
  memories: Record<string, number>;
}

function chain(...types: [string, object?][]): object {
  const nodes = types.map(([node_type, params = {}], at) => ({ id: `n${at}`, node_type, params }));
  const connections = types.slice(1).map((_, at) => ({ from: `n${at}`, to: `n${at + 1}` }));
  return { version: "v1", nodes, connections };
}

const levels = chain(["AudioDecode"], ["AudioResample", { sample_rate: 16000, channels: 1 }], ["Levels"]);

/** Of a sine wave of amplitude 1. */
const SINE = 20 * Math.log10(Math.SQRT1_2);

/** Puts `recording(seconds)` into the page: 44.1 kHz stereo, ten seconds loud, ten seconds quiet, and so on. */
function offerRecordings(page: Page): Promise<void> {
  return page.evaluate(() => {
    const RATE = 44_100;
    const header = (claimed: number, rate = RATE): Uint8Array<ArrayBuffer> => {
      const view = new DataView(new ArrayBuffer(44));
      const word = (at: number, text: string) =>
        [...text].forEach((it, i) => view.setUint8(at + i, it.charCodeAt(0)));
      word(0, "RIFF");
      view.setUint32(4, Math.min(claimed + 36, 0xffff_ffff), true);
      word(8, "WAVEfmt ");
      view.setUint32(16, 16, true);
      view.setUint16(20, 1, true);
      view.setUint16(22, 2, true);
      view.setUint32(24, rate, true);
      view.setUint32(28, rate * 4, true);
      view.setUint16(32, 4, true);
      view.setUint16(34, 16, true);
      word(36, "data");
      view.setUint32(40, claimed, true);
      return new Uint8Array(view.buffer);
    };
    // 441 Hz: whole waves in every second, so that seconds can follow each other.
    const second = (left: number, right: number): Blob => {
      const samples = new Int16Array(RATE * 2);
      for (let i = 0; i < RATE; i++) {
        const wave = 32_767 * Math.sin((2 * Math.PI * 441 * i) / RATE);
        samples.set([Math.round(left * wave), Math.round(right * wave)], 2 * i);
      }
      return new Blob([samples]);
    };
    const [loud, quiet] = [second(0.6, 0.4), second(0.06, 0.04)];
    // One second of either is all there is in memory.
    const recording = (seconds: number): Blob =>
      new Blob([
        header(seconds * RATE * 4),
        ...Array.from({ length: seconds }, (_, i) => (Math.floor(i / 10) % 2 ? quiet : loud)),
      ]);
    Object.assign(globalThis, { recording, header, second: loud });
  });
}

declare global {
  var recording: (seconds: number) => Blob;
  var header: (claimed: number, rate?: number) => Uint8Array<ArrayBuffer>;
  var second: Blob;
}

/** Mixed to one channel it has amplitude 0.5 or 0.05; seconds beside a change belong to both. */
function checkLevels(told: Told, seconds: number): void {
  assert.equal(told.levels.length, seconds);
  assert.equal(told.rest, 0);
  told.levels.forEach((level, i) => {
    const beside = (i % 10 === 0 && i > 0) || i % 10 === 9;
    const expected = SINE + 20 * Math.log10(Math.floor(i / 10) % 2 ? 0.05 : 0.5);
    assert.ok(
      Math.abs(level - expected) < (beside ? 1 : 0.05),
      `second ${i}: ${level} dBFS, not ${expected}`,
    );
  });
}

eachEngine("audio", (bench) => {
  test("three recordings give three results, each its own, whatever their lengths", async () => {
    const page = await bench.open();
    await offerRecordings(page);
    const outputs = await page.evaluate(
      async ({ source, levels }) => {
        const runtime = await rm.Runtime.start();
        await runtime.registerPython(source);
        const inputs = [recording(3), recording(12), await recording(1).arrayBuffer()];
        const { outputs } = await runtime.run(levels, { inputs });
        await runtime.close();
        return outputs as unknown as Told[];
      },
      { source, levels },
    );
    assert.equal(outputs.length, 3);
    [3, 12, 1].forEach((seconds, at) => checkLevels(outputs[at]!, seconds));
  });

  test("what is broken is refused with the reason, or gives what is there", async () => {
    const page = await bench.open();
    await offerRecordings(page);
    const answers = await page.evaluate(
      async (manifest) => {
        const runtime = await rm.Runtime.start();
        const decode = async (input: Blob) => {
          const warnings: string[] = [];
          const onEvent = (event: { type: string; message?: string }) =>
            void (event.type === "log" && warnings.push(event.message ?? ""));
          return runtime.run(manifest, { inputs: [input], onEvent }).then(
            ({ outputs }) => ({
              frames: (outputs[0] as { samples: Float32Array }).samples.length / 2,
              warnings,
            }),
            (error: unknown) => {
              const { code, node, message } = error as { code: string; node: string; message: string };
              return { code, node, message };
            },
          );
        };
        const answers = {
          empty: await decode(new Blob([])),
          text: await decode(new Blob(["hello ".repeat(1000)])),
          zero: await decode(new Blob([header(176_400, 0), second])),
          huge: await decode(new Blob([header(0xffff_ffff), second])),
          truncated: await decode(recording(4).slice(0, 44 + 2 * 176_400 + 1000)),
          cut: await decode(recording(4).slice(0, 20)),
        };
        // After all that the same runtime still works.
        const fine = await decode(recording(2));
        await runtime.close();
        return { ...answers, fine };
      },
      chain(["AudioDecode"]),
    );
    const refused = (answer: object, code: string, reason: RegExp) => {
      const { message, ...facts } = answer as { code: string; node: string; message: string };
      assert.deepEqual(facts, { code, node: "n0" });
      assert.match(message, reason);
    };
    refused(answers.empty, "NodeFailed", /empty/);
    refused(answers.text, "NotSupported", /not audio/);
    refused(answers.zero, "NodeFailed", /0 Hz/);
    refused(answers.cut, "NotSupported", /not audio/);
    const there = (answer: object, frames: number, warns: boolean) => {
      const { frames: found, warnings } = answer as { frames: number; warnings: string[] };
      assert.ok(Math.abs(found - frames) <= 1152, `${found} frames, not ${frames}`);
      assert.equal(warnings.length > 0, warns, warnings.join("\n"));
    };
    // The largest claim there is says that the length was not known when it was written: no reason to warn.
    there(answers.huge, 44_100, true);
    there(answers.truncated, 2 * 44_100 + 250, true);
    there(answers.fine, 2 * 44_100, false);
  });

  test("speech is found, and channels are mixed", async () => {
    const page = await bench.open();
    const answer = await page.evaluate(
      async ({ annotate, filter, mix }) => {
        const runtime = await rm.Runtime.start();
        const rate = 16_000;
        const samples = Float32Array.from({ length: 6 * rate }, (_, i) => {
          const frame = Math.floor(i / 2);
          const speaks = frame >= rate && frame < 2 * rate;
          return (speaks ? 0.5 : 0.0005) * Math.sin((2 * Math.PI * 220 * frame) / rate) * (i % 2 ? 1 : 0.5);
        });
        const audio = { type: "audio", sampleRate: rate, channels: 2, samples } as const;
        const one = async (manifest: object) => (await runtime.run(manifest, { inputs: [audio] })).outputs;
        const [told] = await one(annotate);
        const [kept] = (await one(filter)) as unknown as (typeof audio)[];
        const [mixed] = (await one(mix)) as unknown as (typeof audio)[];
        await runtime.close();
        const far = mixed!.samples.reduce((most, it, i) => {
          const mean = (samples[2 * i]! + samples[2 * i + 1]!) / 2;
          return Math.max(most, Math.abs(it - mean));
        }, 0);
        return {
          told,
          seconds: kept!.samples.length / kept!.channels / rate,
          mixed: [mixed!.channels, mixed!.sampleRate, mixed!.samples.length],
          far,
        };
      },
      {
        annotate: chain(["VoiceActivity", { pad_ms: 0 }]),
        filter: chain(["RustVADNode", { pad_ms: 0, mode: "filter" }]),
        mix: chain(["AudioMix", { channels: 1 }]),
      },
    );
    const { segments, speech_ratio } = answer.told as unknown as {
      segments: { start: number; end: number }[];
      speech_ratio: number;
    };
    assert.equal(segments.length, 1);
    // Frames of 30 ms are judged.
    assert.ok(Math.abs(segments[0]!.start - 1) <= 0.03 && Math.abs(segments[0]!.end - 2) <= 0.03);
    assert.ok(Math.abs(speech_ratio - 1 / 3) <= 0.02);
    assert.ok(Math.abs(answer.seconds - 1) <= 0.06, `${answer.seconds} s of speech`);
    assert.deepEqual(answer.mixed, [1, 16_000, 48_000]);
    assert.ok(answer.far < 1e-6);
  });
});

/** Name, rate, channels, and by how many seconds it may be longer or shorter than one. */
const FIXTURES: [string, number, number, number][] = [
  ["tone-8k-mono.wav", 8000, 1, 0],
  ["tone-8k-mono.aiff", 8000, 1, 0],
  ["tone.flac", 8000, 2, 0],
  ["tone-flac.mka", 8000, 2, 0],
  ["tone.mp3", 44_100, 2, 0.06],
  ["tone.aac", 44_100, 2, 0.06],
  ["tone-aac.m4a", 44_100, 2, 0.06],
  ["tone-vorbis.ogg", 44_100, 2, 0.001],
  ["tone-opus.ogg", 48_000, 2, 0.001],
  ["tone-opus-live.webm", 48_000, 2, 0.03],
  ["tone-opus-speech.ogg", 48_000, 1, 0.001],
];

eachEngine(
  "long audio",
  (bench) => {
    test("every codec gives the tones it was made from", async () => {
      const page = await bench.open();
      const folder = new URL("../../nodes/tests/fixtures/", import.meta.url);
      const files = FIXTURES.map(([name]) => readFileSync(new URL(name, folder)).toString("base64"));
      const sounds = await page.evaluate(
        async ({ files, manifest }) => {
          const runtime = await rm.Runtime.start();
          const inputs = files.map(
            (text) => new Blob([Uint8Array.from(atob(text), (it) => it.charCodeAt(0))]),
          );
          const { outputs } = await runtime.run(manifest, { inputs });
          await runtime.close();
          return outputs.map((it) => {
            const { sampleRate, channels, samples } = it as {
              sampleRate: number;
              channels: number;
              samples: Float32Array;
            };
            const frames = samples.length / channels;
            // Waves of the middle eight tenths of a second: edges are where codecs differ.
            const [from, to] = [Math.round(frames * 0.1), Math.round(frames * 0.9)];
            const waves = Array.from({ length: channels }, (_, channel) => {
              let rises = 0;
              for (let i = from + 1; i < to; i++) {
                const [before = 0, now = 0] = [
                  samples[(i - 1) * channels + channel],
                  samples[i * channels + channel],
                ];
                if (before < 0 && now >= 0) rises += 1;
              }
              return (rises * sampleRate) / (to - from);
            });
            return { sampleRate, channels, seconds: frames / sampleRate, waves };
          });
        },
        { files, manifest: chain(["AudioDecode"]) },
      );
      assert.equal(sounds.length, FIXTURES.length);
      FIXTURES.forEach(([name, rate, channels, late], at) => {
        const { sampleRate, channels: found, seconds, waves } = sounds[at]!;
        assert.deepEqual([sampleRate, found], [rate, channels], name);
        assert.ok(Math.abs(seconds - 1) <= late, `${name}: ${seconds} s`);
        if (channels === 1) return;
        [440, 880].forEach((hertz, channel) => {
          assert.ok(
            Math.abs(waves[channel]! - hertz) < 0.03 * hertz,
            `${name}: ${waves[channel]} Hz, not ${hertz}`,
          );
        });
      });
    });

    test("ten minutes of stereo take no more memory than one, and come out right", async () => {
      const page = await bench.open();
      await offerRecordings(page);
      const queueBytes = 1 << 20;
      await page.evaluate(async (source) => {
        const script = (text: string) => URL.createObjectURL(new Blob([text], { type: "text/javascript" }));
        const reads = { largest: 0, total: 0 };
        new BroadcastChannel("reads").onmessage = ({ data }: MessageEvent<number>) => {
          reads.largest = Math.max(reads.largest, data);
          reads.total += data;
        };
        const workers: string[] = [];
        // Each tells what it reads of Blobs, and, when asked, how large the memories of its wasm are.
        const watched = (role: string) => () => {
          const id = workers.push(role);
          const watch = script(`
            const read = FileReaderSync.prototype.readAsArrayBuffer;
            const reads = new BroadcastChannel("reads");
            FileReaderSync.prototype.readAsArrayBuffer = function (blob) {
              reads.postMessage(blob.size);
              return read.call(this, blob);
            };
            const memories = new Set();
            for (const name of ["instantiate", "instantiateStreaming"]) {
              const original = WebAssembly[name];
              WebAssembly[name] = async (source, imports = {}) => {
                const made = await original.call(WebAssembly, source, imports);
                for (const names of [(made.instance ?? made).exports, ...Object.values(imports)])
                  for (const it of Object.values(names)) if (it instanceof WebAssembly.Memory) memories.add(it);
                return made;
              };
            }
            const memory = new BroadcastChannel("memory");
            memory.onmessage = ({ data }) => {
              if (data !== "tell") return;
              let bytes = 0;
              for (const { buffer } of memories) bytes += buffer.byteLength;
              memory.postMessage({ id: ${id}, role: "${role}", bytes });
            };
            memory.postMessage("here");`);
          const worker = new URL(`/remotemedia/${role}-worker.js`, location.href).href;
          return new Worker(script(`import "${watch}"; import "${worker}";`), { type: "module", name: role });
        };
        const memory = new BroadcastChannel("memory");
        const memories = () =>
          new Promise<Record<string, number>>((resolve) => {
            const told: Record<string, number> = {};
            const left = new Set(workers.map((_, at) => at + 1));
            memory.onmessage = ({
              data,
            }: MessageEvent<"here" | { id: number; role: string; bytes: number }>) => {
              // A worker whose script came only now did not hear the question.
              if (data === "here") return memory.postMessage("tell");
              // Of Python workers one has worked, the other is a spare.
              told[data.role] = Math.max(told[data.role] ?? 0, data.bytes);
              left.delete(data.id);
              if (left.size === 0) resolve(told);
            };
            memory.postMessage("tell");
          });
        const runtime = await rm.Runtime.start({
          workerUrls: { runtime: watched("runtime"), compute: watched("compute"), python: watched("python") },
          computeWorkers: 1,
        });
        await runtime.registerPython(source);
        const run = async (seconds: number, manifest: object, limits: object) => {
          reads.largest = reads.total = 0;
          const { outputs, metrics } = await runtime.run(manifest, { inputs: [recording(seconds)], limits });
          return { told: outputs[0], peak: metrics.peakBytes, reads, memories: await memories() };
        };
        Object.assign(globalThis, { run, close: () => runtime.close() });
      }, source);
      const measured = async (seconds: number) => {
        const answer = await page.evaluate(
          ({ seconds, levels, limits }) =>
            (
              globalThis as unknown as {
                run(seconds: number, manifest: object, limits: object): Promise<Ran>;
              }
            ).run(seconds, levels, limits),
          // Short enough that a minute fills them: what is held then cannot depend on the length any more.
          { seconds, levels, limits: { queueBytes } },
        );
        checkLevels(answer.told, seconds);
        return { ...answer, heap: Math.max(...(await heaps(page)).map(({ bytes }) => bytes)) };
      };
      const short = await measured(60);
      const long = await measured(600);
      await page.evaluate(() => (globalThis as unknown as { close(): Promise<void> }).close());

      const size = 600 * 176_400;
      assert.ok(
        long.reads.total >= size && long.reads.total < size * 1.1,
        `${long.reads.total} bytes were read`,
      );
      assert.ok(long.reads.largest <= 4 << 20, `${long.reads.largest} bytes were read at once`);
      assert.ok(long.told.parts > 600 && long.told.largest <= 16_000, "sound comes in parts");
      const flat = (what: string, one: number, ten: number, slack = 0) =>
        assert.ok(ten <= one * 1.2 + slack, `${what}: ${one} bytes for a minute, ${ten} for ten`);
      flat("queues", short.peak, long.peak);
      flat("JavaScript", short.heap, long.heap);
      for (const role of ["runtime", "compute", "python"]) {
        assert.ok(short.memories[role]! > 65_536, `${role} tells its memory`);
        // How full a queue was when its memory grew is a matter of timing: up to one of them may be on top.
        flat(role, short.memories[role]!, long.memories[role]!, queueBytes);
      }
      // Two edges, held at either end; whole it would be 212 MB.
      assert.ok(long.peak <= 5 * queueBytes, `${long.peak} bytes in queues`);
    });
  },
  { engines: ["chromium"] },
);
