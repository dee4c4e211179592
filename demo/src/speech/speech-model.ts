import type { Metrics, Result, RunEvent, Value } from "remotemedia";
import { fieldOf, isActive, type Loads, type LogLine, note, type RunState } from "../common/facts.ts";
import {
  indexAt,
  joined,
  later,
  type Segment,
  segmentOf,
  type Transcript,
  transcriptOf,
} from "./transcript.ts";

/** Id of the node that transcribes, in the pipelines of this view. */
export const WHISPER = "whisper";

/** Lines of log that the page keeps. */
const KEPT_LINES = 500;

/** How far the transcription is, in seconds of the recording. */
export interface Pace {
  done: number;
  total: number | null;
  etaMs: number | null;
}

/** All that the page shows of a transcription, made from its run's events and nothing else. */
export class SpeechModel {
  /** Name of the model that transcribes; empty before anything does. */
  readonly name: string;
  state: RunState = "idle";
  /** What is decided, by start. */
  readonly segments: Segment[] = [];
  /** What may still change: the current state of segments that are being written, by id. */
  readonly open = new Map<number, Segment>();
  readonly loads: Loads = new Map();
  readonly logs: LogLine[] = [];
  logsLeftOut = 0;
  pace: Pace = { done: 0, total: null, etaMs: null };
  /** Milliseconds of `performance.now()`. */
  startedAt = 0;
  endedAt: number | undefined;
  transcript: Transcript | undefined;
  /** The same as the runtime gave it, for other nodes. */
  value: Value | undefined;
  metrics: Metrics | undefined;
  error: unknown;
  /** When the transcription itself began, which is told first: the model is loaded, sound has come. */
  #workingSince: number | undefined;
  #pacedAt = 0;
  #fresh: Segment[] = [];
  /** Where the recording begins that is being transcribed, and the id of its first segment: live, it is an utterance. */
  #before = 0;
  #firstId = 0;

  constructor(name = "") {
    this.name = name;
  }

  get isActive(): boolean {
    return isActive(this.state);
  }

  /** Seconds of the recording per second of waiting, the loading of models left out; undefined before there is any. */
  get speed(): number | undefined {
    const took = (this.#pacedAt - (this.#workingSince ?? this.#pacedAt)) / 1000;
    return took > 0 && this.pace.done > 0 ? this.pace.done / took : undefined;
  }

  /** Milliseconds of work left of `total` seconds: as the runtime estimates, or else at the speed so far. */
  left(total: number | undefined): number | undefined {
    const { done, etaMs } = this.pace;
    if (etaMs !== null) return etaMs;
    return total === undefined || this.speed === undefined
      ? undefined
      : (1000 * Math.max(0, total - done)) / this.speed;
  }

  start(now: number): void {
    this.state = "starting";
    this.startedAt = now;
  }

  cancelling(): void {
    this.state = "cancelling";
  }

  /** Segments decided since they were last taken. */
  takeFresh(): Segment[] {
    const fresh = this.#fresh;
    this.#fresh = [];
    return fresh;
  }

  happened(event: RunEvent, now: number): void {
    switch (event.type) {
      case "started":
        if (this.state === "starting") this.state = "running";
        return;
      case "load":
        return note(this.loads, event, now);
      case "progress":
        if (event.node === WHISPER) this.#progress(event, now);
        return;
      case "partial":
        if (event.node === WHISPER) this.#partial(event.value);
        return;
      case "log":
        return this.#log(event);
      case "finished":
        return this.#finish(event.result, now);
      case "failed":
        return this.fail(event.error, now);
      case "output":
        if (event.node === WHISPER) this.#next(event.value);
        return;
      case "edge":
        return;
    }
  }

  /** The run ended badly; the first to say so is believed. What was decided before stays. */
  fail(error: unknown, now: number): void {
    if (!this.isActive) return;
    this.error = error;
    this.endedAt = now;
    this.open.clear();
    this.state = fieldOf(error, "code") === "Cancelled" ? "cancelled" : "failed";
  }

  /** What can be exported: the transcript, or what was decided before the run ended badly. */
  exportable(): Value | undefined {
    if (this.value !== undefined) return this.value;
    if (this.segments.length === 0) return undefined;
    const segments = this.segments.map(({ id, start, end, text }) => ({ id, start, end, text }));
    const text = segments.map((it) => it.text.trim()).join(" ");
    return { text, language: "", segments, audio_duration: this.pace.done };
  }

  #progress(event: Extract<RunEvent, { type: "progress" }>, now: number): void {
    if (event.unit !== "seconds") return;
    const { done, total, etaMs } = event;
    this.pace = { done, total, etaMs };
    this.#workingSince ??= now;
    if (done > 0) this.#pacedAt = now;
  }

  /** A recording is transcribed; what comes now belongs to the one after it. */
  #next(value: Value): void {
    this.open.clear();
    this.#before += transcriptOf(value)?.duration ?? 0;
    this.#firstId = this.segments.length;
  }

  #partial(value: Value): void {
    const told = segmentOf(value);
    if (!told) return;
    const segment = later(told, this.#before, this.#firstId + told.id);
    if (Reflect.get(value as object, "final") !== true) {
      // What turns out not to be said is taken back: it is empty.
      if (segment.text.trim() === "") this.open.delete(segment.id);
      else this.open.set(segment.id, segment);
      return;
    }
    this.open.delete(segment.id);
    // Nearly always the last: only parts that are transcribed side by side may come out of turn.
    this.segments.splice(indexAt(this.segments, segment.start) + 1, 0, segment);
    this.#fresh.push(segment);
  }

  #log({ node, level, message }: LogLine): void {
    if (this.logs.length >= KEPT_LINES) this.logsLeftOut += 1;
    else this.logs.push({ level, message, ...(node === undefined ? {} : { node }) });
  }

  #finish(result: Result, now: number): void {
    this.state = "done";
    this.endedAt = now;
    this.open.clear();
    this.metrics = result.metrics;
    this.value = joined(result.outputs.filter((it) => transcriptOf(it) !== undefined));
    this.transcript = transcriptOf(this.value);
  }
}
