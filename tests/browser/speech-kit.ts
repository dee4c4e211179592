/** What tests of transcription share: the reference's transcripts, signals, and how pages run them. */
import { readFileSync } from "node:fs";
import type { TestServer } from "./harness/index.ts";

const ROOT = new URL("../../", import.meta.url);
const RECORDINGS = new URL("whisper/demo-model/recordings/", ROOT);

/** What the reference makes of a signal; written by `whisper/tests/reference/make_golden.py`. */
export interface Golden {
  name: string;
  signal: Part[];
  options: Record<string, unknown>;
  language: string;
  segments: {
    text: string;
    start: number;
    end: number;
    words: { word: string; start: number; end: number }[] | null;
  }[];
}

type Part =
  { recording: string; from?: number; to?: number; gain?: number } | { silence: number } | { noise: number };

/** The reference's transcripts of signals that are made of recordings as they are and silence. */
export function goldens(): Golden[] {
  const file = new URL("whisper/tests/golden/data/transcripts.json", ROOT);
  const all = JSON.parse(readFileSync(file, "utf8")) as Golden[];
  return all.filter(({ signal }) => signal.every((part) => !("noise" in part || "gain" in part)));
}

/** The bytes of a recording. */
export function recording(name: string): Buffer {
  return readFileSync(new URL(name, RECORDINGS));
}

/** Samples of a WAV file of 16 bits, one channel; all of ours begin with a header of 44 bytes. */
export function samples(name: string): Int16Array {
  const bytes = recording(name);
  return new Int16Array(bytes.buffer.slice(bytes.byteOffset + 44, bytes.byteOffset + bytes.length));
}

/** The parts of a signal, one after the other. */
export function signal(parts: Part[]): Int16Array {
  const made = parts.map((part) => {
    if ("silence" in part) return new Int16Array(part.silence);
    if ("noise" in part) throw new Error("noise is for native tests");
    return samples(part.recording).subarray(part.from ?? 0, part.to);
  });
  const whole = new Int16Array(made.reduce((sum, it) => sum + it.length, 0));
  made.reduce((at, it) => (whole.set(it, at), at + it.length), 0);
  return whole;
}

/** A WAV file of 16 bits; `data` is interleaved. */
export function wav(data: Int16Array, rate = 16_000, channels = 1): Buffer {
  const head = Buffer.alloc(44);
  head.write("RIFF", 0, "latin1");
  head.writeUInt32LE(36 + data.byteLength, 4);
  head.write("WAVEfmt ", 8, "latin1");
  head.writeUInt32LE(16, 16);
  head.writeUInt16LE(1, 20);
  head.writeUInt16LE(channels, 22);
  head.writeUInt32LE(rate, 24);
  head.writeUInt32LE(rate * channels * 2, 28);
  head.writeUInt16LE(channels * 2, 32);
  head.writeUInt16LE(16, 34);
  head.write("data", 36, "latin1");
  head.writeUInt32LE(data.byteLength, 40);
  return Buffer.concat([head, Buffer.from(data.buffer, data.byteOffset, data.byteLength)]);
}

/** Parameters of the node for options of the reference, which hears silence and draws no text. */
export function params({ options }: Golden): Record<string, unknown> {
  const { word_timestamps, without_timestamps, language, ...others } = options;
  const timestamps = word_timestamps ? "word" : without_timestamps ? "none" : "segment";
  const told = language === undefined ? "en" : (language ?? "auto");
  return { ...others, language: told, timestamps, temperature: [0], vad: false };
}

/** A transcript as the node gives it. */
export interface Transcript {
  text: string;
  language: string;
  segments: {
    id: number;
    text: string;
    start: number;
    end: number;
    words?: { word: string; start: number; end: number }[];
  }[];
  audio_duration: number;
}

/** A file that a page decodes and transcribes, each parameter of `Whisper` as given. */
export function manifest(whisper: object): object {
  return {
    version: "v1",
    metadata: { name: "speech" },
    nodes: [
      { id: "file", node_type: "AudioDecode", params: {} },
      { id: "speech", node_type: "Whisper", params: whisper },
    ],
    connections: [{ from: "file", to: "speech" }],
  };
}

/** Words without case and punctuation. */
export function words(text: string): string[] {
  return text
    .toLowerCase()
    .replace(/[^a-z' ]/g, "")
    .split(" ")
    .filter(Boolean);
}

/** Words that were taken out, put in or changed. */
export function wordErrors(expected: string[], found: string[]): number {
  let row = found.map((_, at) => at + 1);
  expected.forEach((word, i) => {
    let corner = i;
    let left = i + 1;
    row = row.map((above, j) => {
      left = Math.min(above + 1, left + 1, corner + (word === found[j] ? 0 : 1));
      corner = above;
      return left;
    });
  });
  return row.at(-1) ?? expected.length;
}

/** Tells, when asked over a channel, how many bytes the memories of the worker's wasm have. */
const WATCH = `
  const memories = new Set();
  for (const name of ["instantiate", "instantiateStreaming"]) {
    const original = WebAssembly[name];
    WebAssembly[name] = async (source, imports = {}) => {
      const made = await original.call(WebAssembly, source, imports);
      for (const it of Object.values((made.instance ?? made).exports)) {
        if (it instanceof WebAssembly.Memory) memories.add(it);
      }
      return made;
    };
  }
  const channel = new BroadcastChannel("memory");
  channel.onmessage = ({ data }) => {
    if (data !== "tell" || memories.size === 0) return;
    let bytes = 0;
    for (const { buffer } of memories) bytes += buffer.byteLength;
    channel.postMessage(bytes);
  };`;

/** Script of a compute worker whose memory {@link wasmMemory} tells, once {@link serveWatched} was called. */
export const WATCHED = "/watched/compute.js";

export function serveWatched(server: TestServer): void {
  server.fault("/watched/watch.js", { body: WATCH });
  server.fault(WATCHED, { body: 'import "/watched/watch.js"; import "/remotemedia/compute-worker.js";' });
}

/** In a page: bytes of the wasm memory of its only compute worker, which never shrinks. */
export function wasmMemory(): Promise<number> {
  const channel = new BroadcastChannel("memory");
  return new Promise((resolve) => {
    channel.onmessage = ({ data }: MessageEvent<unknown>) => {
      if (typeof data !== "number") return;
      channel.close();
      resolve(data);
    };
    channel.postMessage("tell");
  });
}
