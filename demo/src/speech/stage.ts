import type { Runtime } from "remotemedia";
import { Loads, Logs } from "../common/activity.ts";
import { Announcer } from "../common/announcer.ts";
import { control, enable, key, panel } from "../common/controls.ts";
import { ErrorPanel } from "../common/error-panel.ts";
import type { Loads as Loading, RunState } from "../common/facts.ts";
import { h, setText } from "../dom.ts";
import { bytes, counted, milliseconds } from "../format.ts";
import { Exports } from "./exports.ts";
import { isHere, type Model } from "../models/models.ts";
import { Progress } from "./progress.ts";
import { SegmentList } from "./segment-list.ts";
import { SoundPanel } from "./sound-panel.ts";
import type { SpeechModel } from "./speech-model.ts";
import { summaryElement } from "./summary.ts";

const WORDS: Record<RunState, string> = {
  idle: "ready",
  starting: "starting",
  running: "transcribing",
  cancelling: "cancelling",
  done: "done",
  failed: "failed",
  cancelled: "cancelled",
};

/** What stands where the transcript will be. */
const NOTHING: Record<RunState, string> = {
  idle: "Nothing yet: press Transcribe, or record something.",
  starting: "No text yet.",
  running: "No text yet.",
  cancelling: "No text yet.",
  done: "No speech was found in this recording.",
  failed: "No text: the transcription failed.",
  cancelled: "No text: the transcription was cancelled.",
};

/** What is loaded while nothing is; how long it took is among the figures. */
const NO_LOADS: Loading = new Map();

/** What the button says that starts a transcription. */
const LABELS: Partial<Record<RunState, string>> = {
  done: "Transcribe again",
  failed: "Try again",
  cancelled: "Try again",
};

/** Seconds that the transcription of somebody who speaks may lag behind before that is too much. */
export const PATIENCE = 12;

/** Milliseconds between two announcements of progress: seldom enough to be listened to. */
const TELL = 10_000;

/** What the stage asks for. */
export interface Commands {
  transcribe: () => void;
  record: () => void;
  cancel: () => void;
  download: () => void;
}

/** What is the case beside the transcription itself. */
export interface Situation {
  hasRuntime: boolean;
  hasSound: boolean;
  model: Model | undefined;
  isRecording: boolean;
  /** Length of the recording in seconds, as far as it is known. */
  seconds: number | undefined;
}

/** The side of the page that transcribes: controls, the recording, the transcript, figures, errors. */
export class Stage {
  readonly element: HTMLElement;
  readonly sound: SoundPanel;
  readonly segments: SegmentList;
  readonly #commands: Commands;
  readonly #transcribe = control("transcribe", "Transcribe", "Control+Enter Meta+Enter");
  readonly #record = control("record", "Record");
  readonly #cancel = control("cancel", "Cancel", "Escape");
  readonly #state = h("span", { "class": "run-state", "data-testid": "speech-state" });
  readonly #time = h("span", { class: "run-time" });
  readonly #missing = h("div", { "class": "missing", "data-testid": "missing", "hidden": true });
  readonly #error = new ErrorPanel();
  readonly #loads = new Loads();
  readonly #progress = new Progress();
  readonly #empty = h("p", { "class": "empty", "data-testid": "empty" });
  readonly #exports = new Exports((error) => this.#error.show(error));
  readonly #logs = new Logs();
  readonly #summary = h("div", {});
  readonly #announcer = new Announcer();
  #missingName = "";
  #isBroken = false;
  #toldAt = 0;

  constructor(commands: Commands) {
    this.#commands = commands;
    this.segments = new SegmentList((time) => this.sound.player.play(time));
    this.sound = new SoundPanel((time, isPlaying) => {
      this.segments.follow(time, isPlaying);
      this.sound.waveform.follow(time, this.segments.at(time));
    });
    this.#transcribe.classList.add("run");
    for (const name of ["transcribe", "record", "cancel"] as const) {
      const button = { transcribe: this.#transcribe, record: this.#record, cancel: this.#cancel }[name];
      button.addEventListener("click", () => commands[name]());
    }
    this.element = this.#layOut();
  }

  connect(runtime: Runtime): void {
    this.#isBroken = false;
    this.#exports.runtime = runtime;
    this.#error.clear();
  }

  broken(error: unknown): void {
    this.#isBroken = true;
    this.fail(error);
    this.say("The runtime did not start.");
  }

  fail(error: unknown): void {
    this.#error.show(error);
  }

  say(text: string): void {
    this.#announcer.say(text);
  }

  /** Makes room for another transcription. */
  clear(): void {
    if (!this.#isBroken) this.#error.clear();
    this.#summary.replaceChildren();
    this.#exports.offer(undefined, "");
    this.segments.clear();
    this.#toldAt = performance.now();
  }

  /** Shows how things are. What is decided is added, never drawn anew. */
  show(model: SpeechModel, situation: Situation): void {
    const { state, isActive } = model;
    const segments = model.transcript?.segments ?? model.segments;
    const { hasRuntime, isRecording, seconds } = situation;
    const canStart = hasRuntime && situation.model !== undefined && isHere(situation.model);
    this.element.dataset["state"] = state;
    this.element.dataset["recording"] = String(isRecording);
    const runtime = this.#isBroken ? "no runtime" : "starting the runtime";
    setText(this.#state, hasRuntime ? this.#words(model, situation) : runtime);
    const elapsed = (model.endedAt ?? performance.now()) - model.startedAt;
    setText(this.#time, state === "idle" ? "" : milliseconds(model.metrics?.totalMs ?? elapsed));
    enable(this.#transcribe, canStart && !isActive && situation.hasSound);
    setText(this.#transcribe, LABELS[state] ?? "Transcribe");
    enable(this.#record, canStart && (!isActive || isRecording));
    setText(this.#record, isRecording ? "Stop recording" : "Record");
    enable(this.#cancel, isActive && state !== "cancelling");
    this.#showMissing(situation.model, hasRuntime);
    this.#loads.show(isActive ? model.loads : NO_LOADS);
    this.#logs.show(model);
    this.#progress.show(model, seconds, isRecording);
    const fresh = model.takeFresh();
    this.segments.add(fresh);
    this.segments.write(model.open);
    this.sound.waveform.mark(segments, fresh);
    this.sound.waveform.progress(state === "done" ? Infinity : model.pace.done);
    this.#empty.hidden = segments.length + model.open.size > 0;
    setText(this.#empty, NOTHING[state]);
    if (isActive) this.#tell(model, seconds);
  }

  /** Shows all of a transcription that is over. */
  over(model: SpeechModel, name: string): void {
    const { transcript, metrics, state } = model;
    if (transcript) this.segments.settle(transcript.segments, transcript.language);
    if (metrics) this.#summary.replaceChildren(summaryElement(model));
    this.#exports.offer(model.exportable(), name);
    if (state === "failed") this.#error.show(model.error);
    else if (state === "cancelled") this.say("Cancelled");
    else
      this.say(
        `Done in ${milliseconds(metrics?.totalMs ?? 0)}, ${counted(transcript?.segments.length ?? 0, "segment")}`,
      );
  }

  /** In one column what happens is far below what starts it. */
  comeIntoView(): void {
    if (this.element.getBoundingClientRect().top > innerHeight / 2) this.element.scrollIntoView();
  }

  #words({ state, pace }: SpeechModel, { isRecording, seconds = 0 }: Situation): string {
    if (!isRecording || state === "cancelling") return WORDS[state];
    const behind = seconds - pace.done;
    return behind >= PATIENCE ? `recording, ${milliseconds(behind * 1000)} behind` : "recording";
  }

  #showMissing(model: Model | undefined, hasRuntime: boolean): void {
    this.#missing.hidden = !hasRuntime || (model !== undefined && isHere(model));
    const name = model?.name ?? "";
    if (this.#missing.hidden || (name === this.#missingName && this.#missing.hasChildNodes())) return;
    this.#missingName = name;
    if (!model)
      return this.#missing.replaceChildren(h("p", {}, "This runtime has no model to transcribe with."));
    const size = model.bytes === undefined ? "" : ` ${bytes(model.bytes)}`;
    const download = h("button", { type: "button" }, `Download${size}`);
    download.addEventListener("click", () => this.#commands.download());
    this.#missing.replaceChildren(h("p", {}, `${model.title} is not on this device.`), download);
  }

  #tell({ pace, segments }: SpeechModel, seconds: number | undefined): void {
    const now = performance.now();
    if (now < this.#toldAt + TELL) return;
    this.#toldAt = now;
    const total = pace.total ?? seconds;
    const percent = total ? `${Math.round((100 * pace.done) / total)} percent, ` : "";
    this.say(`${percent}${counted(segments.length, "segment")}`);
  }

  #layOut(): HTMLElement {
    return h(
      "section",
      { "class": "console stage", "aria-label": "Transcription", "data-testid": "speech" },
      h(
        "div",
        { class: "controls" },
        this.#transcribe,
        this.#record,
        this.#cancel,
        h(
          "span",
          { class: "keys" },
          key("Ctrl"),
          " ",
          key("Enter"),
          " transcribes, ",
          key("Esc"),
          " cancels",
        ),
        h("span", { class: "run-readout" }, this.#state, this.#time),
      ),
      this.#missing,
      this.#error.element,
      panel("sound", "Recording", this.sound.element),
      panel(
        "transcript",
        "Transcript",
        this.#loads.element,
        this.#progress.element,
        this.#empty,
        this.segments.element,
        this.#exports.element,
        this.#logs.element,
      ),
      panel("summary", "Measured", this.#summary),
      this.#announcer.element,
    );
  }
}
