import type { Value } from "remotemedia";

/** One word; times in seconds from the start of the recording. */
export interface Word {
  word: string;
  start: number;
  end: number;
  probability: number | undefined;
}

/** A piece of a transcript, about a sentence; times in seconds from the start of the recording. */
export interface Segment {
  id: number;
  start: number;
  end: number;
  text: string;
  words: Word[];
}

/** What `Whisper` gives for a recording. */
export interface Transcript {
  text: string;
  language: string;
  segments: Segment[];
  /** Length of the recording in seconds. */
  duration: number;
}

/** The transcript that a value is; undefined if it is something else. */
export function transcriptOf(value: Value | undefined): Transcript | undefined {
  const { text, language, segments, audio_duration: duration } = fieldsOf(value);
  if (typeof text !== "string" || !Array.isArray(segments)) return undefined;
  return {
    text,
    language: typeof language === "string" ? language : "",
    segments: segments.flatMap((it) => segmentOf(it) ?? []),
    duration: typeof duration === "number" ? duration : 0,
  };
}

/** The segment that a value is, the current state of one included. */
export function segmentOf(value: Value | undefined): Segment | undefined {
  const { id, start, end, text, words } = fieldsOf(value);
  if (typeof id !== "number" || typeof text !== "string") return undefined;
  const from = typeof start === "number" ? start : 0;
  const to = typeof end === "number" ? end : from;
  return { id, start: from, end: to, text, words: Array.isArray(words) ? words.flatMap(wordOf) : [] };
}

/** A segment of a recording that begins `seconds` later, as segment `id`. */
export function later(segment: Segment, seconds: number, id: number): Segment {
  const { start, end, text, words } = segment;
  const moved = words.map((it) => ({ ...it, start: it.start + seconds, end: it.end + seconds }));
  return { id, start: start + seconds, end: end + seconds, text, words: moved };
}

/** One transcript of recordings that follow each other, with all that `Whisper` says of each segment. */
export function joined(transcripts: readonly Value[]): Value | undefined {
  if (transcripts.length < 2) return transcripts[0];
  let [before, text, language]: [number, string, Value] = [0, "", null];
  const segments: Value[] = [];
  for (const transcript of transcripts) {
    const fields = fieldsOf(transcript);
    const list = Array.isArray(fields["segments"]) ? fields["segments"] : [];
    for (const segment of list) segments.push({ ...moved(segment, before), id: segments.length });
    text += typeof fields["text"] === "string" ? fields["text"] : "";
    language ??= fields["language"] ?? null;
    before += typeof fields["audio_duration"] === "number" ? fields["audio_duration"] : 0;
  }
  return { text, language, segments, audio_duration: before };
}

/** A segment or a word that begins `seconds` later, with the words in it. */
function moved(value: Value, seconds: number): { [name: string]: Value } {
  const { start, end, words, ...others } = fieldsOf(value) as { [name: string]: Value };
  const at = (time: Value | undefined): Value => (typeof time === "number" ? time + seconds : 0);
  const inside = Array.isArray(words) ? { words: words.map((it) => moved(it, seconds)) } : {};
  return { ...others, start: at(start), end: at(end), ...inside };
}

/** Where `time` belongs in what is sorted by `start`: the last that has begun, or -1. */
export function indexAt(items: readonly { start: number }[], time: number): number {
  let [low, high] = [0, items.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((items[middle]?.start ?? Infinity) <= time) low = middle + 1;
    else high = middle;
  }
  return low - 1;
}

function wordOf(value: Value): Word[] {
  const { word, start, end, probability } = fieldsOf(value);
  if (typeof word !== "string" || typeof start !== "number" || typeof end !== "number") return [];
  return [{ word, start, end, probability: typeof probability === "number" ? probability : undefined }];
}

/** The fields of a value; none if it has none. */
function fieldsOf(value: Value | undefined): { [name: string]: Value | undefined } {
  return typeof value === "object" && value !== null && !Array.isArray(value)
    ? (value as { [name: string]: Value })
    : {};
}
