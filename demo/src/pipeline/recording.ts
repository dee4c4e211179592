/** The built-in recording: stereo, 16 bits, made here and now, the same each time. */

import { wavFile } from "../common/wav.ts";

const RATE = 44_100;
const CHANNELS = 2;
const SECONDS = 20;

/** Notes of the melody, in semitones from 220 Hz; one every half second. */
const MELODY = [0, 3, 7, 10, 12, 10, 7, 3, 5, 8, 12, 15, 12, 8, 7, 2];

/** Makes a WAV file. Works in slices of a second of sound and lets the page breathe in between. */
export async function builtInRecording(): Promise<File> {
  const samples = new Int16Array(SECONDS * RATE * CHANNELS);
  const noise = noiseFrom(1);
  for (let second = 0; second < SECONDS; second++) {
    for (let frame = second * RATE; frame < (second + 1) * RATE; frame++) {
      const [left, right] = sound(frame / RATE, noise);
      samples[frame * CHANNELS] = left * 32_767;
      samples[frame * CHANNELS + 1] = right * 32_767;
    }
    await new Promise((resolve) => setTimeout(resolve));
  }
  return wavFile("built-in.wav", RATE, [new Blob([samples])], CHANNELS);
}

/** Left and right, in [-1, 1], at `time` seconds: a melody that swells, a pause, bursts of noise, the melody again. */
function sound(time: number, noise: () => number): [number, number] {
  if (time < 9) return melody(time, 0.04 + 0.07 * time);
  if (time < 11) return [0, 0];
  if (time < 15) {
    const burst = 0.6 * Math.exp(-4 * (time % 1)) * ((16 - time) / 5);
    return [burst * noise(), burst * noise()];
  }
  return melody(time, 0.7 * ((SECONDS - time) / 5) ** 2);
}

function melody(time: number, level: number): [number, number] {
  const step = Math.floor(time * 2);
  const since = time - step / 2;
  const pitch = 220 * 2 ** ((MELODY[step % MELODY.length] ?? 0) / 12);
  const phase = 2 * Math.PI * pitch * since;
  const pluck = Math.exp(-5 * since) * Math.min(since * 200, 1) * level;
  const tone = Math.sin(phase) + 0.4 * Math.sin(2 * phase) + 0.15 * Math.sin(3 * phase);
  const pan = 0.5 + 0.3 * Math.sin(time);
  return [(pluck * tone * (1 - pan)) / 0.9, (pluck * tone * pan) / 0.9];
}

/** White noise in [-1, 1) by a linear congruential generator. */
function noiseFrom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) | 0;
    return state / 2 ** 31;
  };
}
