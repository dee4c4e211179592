import type { Runtime } from "remotemedia";
import { outline } from "./pipelines.ts";
import { Peaks } from "./peaks.ts";

/** A recording that can be transcribed. */
export interface Sound {
  name: string;
  /** One line about it: its length, its size. */
  detail: string;
  /** What is said in it, where that is known. */
  said?: string;
  /** Its waveform, where it is known already. */
  peaks?: Peaks;
  /** The file, fetched when it is first needed. */
  file: () => Promise<File>;
}

/** Samples that a waveform is drawn from, at most: they are one value, of 38 MB. */
const DRAWN = 9.6e6;
/** Samples per second of what is drawn: all that speech has; with fewer than the least there is no voice left. */
const [LEAST, MOST] = [500, 8000];
/** Bytes of a file, at most, whose length this browser cannot tell. */
const UNKNOWN = 64e6;
/** Samples looked at at once: a few milliseconds of work. */
const SLICE = 1 << 20;

/**
 * Samples per second that the waveform of a recording is drawn from: the longer it is, the fewer, so that memory stays
 * small. Undefined if it is too long for that.
 */
export function drawnRate(bytes: number, seconds: number | undefined): number | undefined {
  if (seconds === undefined) return bytes <= UNKNOWN ? MOST : undefined;
  const rate = Math.min(MOST, Math.floor(DRAWN / seconds));
  return rate < LEAST ? undefined : rate;
}

/** The waveform of a recording, decoded by the runtime itself with `rate` samples a second. */
export async function peaksOf(
  runtime: Runtime,
  file: File,
  rate: number,
  signal: AbortSignal,
): Promise<Peaks> {
  const { outputs } = await runtime.run(outline(rate), { inputs: [file], signal });
  const peaks = new Peaks(rate);
  const [sound] = outputs;
  if (typeof sound !== "object" || sound === null || !("samples" in sound)) return peaks;
  const samples = sound.samples;
  if (!(samples instanceof Float32Array)) return peaks;
  for (let at = 0; at < samples.length; at += SLICE) {
    peaks.add(samples.subarray(at, at + SLICE));
    await new Promise((resolve) => setTimeout(resolve));
    signal.throwIfAborted();
  }
  return peaks;
}
