import type { Run, Runtime } from "remotemedia";
import { panel } from "../common/controls.ts";
import { CancelledByUser } from "../common/facts.ts";
import { h } from "../dom.ts";
import { bytes, clock } from "../format.ts";
import { isHere } from "../models/models.ts";
import type { ModelShelf } from "../models/shelf.ts";
import type { View } from "../view.ts";
import { Feed } from "../common/feed.ts";
import { Microphone } from "../common/microphone.ts";
import { ModelsPanel } from "./models-panel.ts";
import { Peaks } from "./peaks.ts";
import { transcription } from "./pipelines.ts";
import { SettingsPanel } from "./settings-panel.ts";
import type { Sound } from "./sound.ts";
import { SourcePanel } from "./source-panel.ts";
import { SpeechModel } from "./speech-model.ts";
import { PATIENCE, Stage } from "./stage.ts";
import { Utterances } from "../common/utterances.ts";

/** Milliseconds between two looks at a transcription that works. */
const GLANCE = 100;

/** A recording that is being made. */
interface Live {
  microphone: Microphone;
  feed: Feed;
  peaks: Peaks;
}

/** The view that transcribes recordings and the microphone. */
export class SpeechView implements View {
  readonly element: HTMLElement;
  readonly #stage: Stage;
  readonly #source = new SourcePanel((sound) => void this.#choose(sound));
  readonly #settings = new SettingsPanel(() => this.#changed());
  readonly #models: ModelsPanel;
  #runtime: Runtime | undefined;
  #model = new SpeechModel();
  #sound: Sound | undefined;
  #file: File | undefined;
  #live: Live | undefined;
  #stop = new AbortController();
  #stopped: Promise<void> | undefined;
  #glancing: ReturnType<typeof setTimeout> | undefined;

  constructor(shelf: ModelShelf) {
    this.#stage = new Stage({
      transcribe: () => void this.transcribe(),
      record: () => void this.#toggleRecording(),
      cancel: () => this.cancel(),
      download: () => this.#models.download(this.#settings.choice.model),
    });
    this.#models = new ModelsPanel(shelf, {
      onModels: (models) => this.#settings.offer(models),
      onUse: (name) => this.#settings.choose(name),
      say: (text) => this.#stage.say(text),
      onError: (error) => this.#stage.fail(error),
    });
    this.element = h("div", { class: "view" }, this.#setup(), this.#stage.element);
    this.#glance();
  }

  connect(runtime: Runtime): void {
    this.#runtime = runtime;
    this.#stage.connect(runtime);
    this.#models.connect(runtime).catch((error: unknown) => this.#stage.fail(error));
    this.#showSound();
    this.#glance();
  }

  broken(error: unknown): void {
    this.#stage.broken(error);
    this.#glance();
  }

  enter(signal: AbortSignal): void {
    const onKey = (event: KeyboardEvent): void => {
      if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
        event.preventDefault();
        void this.transcribe();
      } else if (event.key === "Escape" && !event.defaultPrevented) this.cancel();
    };
    document.addEventListener("keydown", onKey, { signal });
    this.#source.enter(signal);
    // What cannot be seen any more is not to be heard, and does not listen either.
    signal.addEventListener("abort", () => {
      this.#stage.sound.player.pause();
      void this.#stopRecording();
    });
  }

  /** Transcribes the chosen recording. */
  async transcribe(): Promise<void> {
    if (!this.#runtime || !this.#file || !this.#canStart) return;
    const { model, signal } = this.#begin();
    const manifest = transcription(this.#settings.choice);
    await this.#follow(model, this.#runtime.run(manifest, { inputs: [this.#file], signal }));
  }

  cancel(): void {
    if (!this.#model.isActive || this.#model.state === "cancelling") return;
    this.#model.cancelling();
    this.#stop.abort(new CancelledByUser("cancelled"));
    void this.#stopRecording();
    this.#glance();
  }

  get #canStart(): boolean {
    const model = this.#settings.model;
    return !this.#model.isActive && model !== undefined && isHere(model);
  }

  #begin(): { model: SpeechModel; signal: AbortSignal } {
    this.#stop = new AbortController();
    this.#model = new SpeechModel(this.#settings.choice.model);
    this.#model.start(performance.now());
    this.#source.isLocked = true;
    this.#stage.clear();
    this.#stage.say("Transcribing");
    this.#glance();
    this.#stage.comeIntoView();
    return { model: this.#model, signal: this.#stop.signal };
  }

  /** Follows a run to its end. */
  async #follow(model: SpeechModel, run: Run): Promise<void> {
    try {
      for await (const event of run) model.happened(event, performance.now());
    } catch (error) {
      model.fail(error, performance.now());
    }
    await this.#over(model);
  }

  async #over(model: SpeechModel): Promise<void> {
    await this.#stopRecording();
    this.#source.isLocked = false;
    const loadMs = model.metrics?.loadMs.models ?? 0;
    if (loadMs > 0) this.#models.measured(model.name, loadMs);
    this.#glance();
    this.#stage.over(model, this.#sound?.name ?? "");
  }

  async #toggleRecording(): Promise<void> {
    if (this.#live) return this.#stopRecording();
    if (!this.#runtime || !this.#canStart) return;
    const { model, signal } = this.#begin();
    this.#stage.sound.clear();
    try {
      this.#live = await listen(
        signal,
        // Each utterance costs as much as half a minute: who lags behind takes several at once.
        ({ seconds }) => seconds - model.pace.done < PATIENCE,
        () => void this.#stopRecording(),
      );
    } catch (error) {
      model.fail(error, performance.now());
      this.#showSound();
      return this.#over(model);
    }
    const { feed } = this.#live;
    const run = this.#runtime.run(transcription(this.#settings.choice), { inputs: "stream", signal });
    // Why the run takes nothing more, the run itself tells.
    void feed.into(run).catch(() => undefined);
    await this.#follow(model, run);
  }

  /** Ends the recording, if there is one; what was heard is transcribed to its end, and can be transcribed again. */
  async #stopRecording(): Promise<void> {
    const live = this.#live;
    this.#live = undefined;
    if (live) this.#stopped = this.#keep(live);
    await this.#stopped;
  }

  async #keep({ microphone, feed, peaks }: Live): Promise<void> {
    const file = await microphone.stop();
    feed.end();
    this.#file = file;
    this.#sound = {
      name: file.name,
      detail: `${clock(peaks.seconds)}, ${bytes(file.size)}`,
      peaks,
      file: () => Promise.resolve(file),
    };
    this.#source.add(this.#sound).checked = true;
    this.#showSound();
    this.#glance();
  }

  #showSound(): void {
    if (this.#sound && this.#file) void this.#stage.sound.load(this.#sound, this.#file, this.#runtime);
  }

  /** Takes another recording. */
  async #choose(sound: Sound): Promise<void> {
    this.#sound = sound;
    this.#file = undefined;
    this.#model = new SpeechModel();
    this.#stage.clear();
    this.#glance();
    try {
      const file = await sound.file();
      if (this.#sound !== sound) return;
      this.#file = file;
      this.#glance();
      await this.#stage.sound.load(sound, file, this.#runtime);
    } catch (error) {
      this.#stage.fail(error);
    }
  }

  /** Other settings. */
  #changed(): void {
    this.#models.chosen = this.#settings.choice.model;
    this.#glance();
  }

  /** Looks at how things are, and again later while anything works. */
  #glance(): void {
    clearTimeout(this.#glancing);
    const live = this.#live;
    if (live) this.#stage.sound.live(live.peaks);
    this.#stage.show(this.#model, {
      hasRuntime: this.#runtime !== undefined,
      hasSound: this.#file !== undefined,
      model: this.#settings.model,
      isRecording: live !== undefined,
      seconds: live?.peaks.seconds ?? this.#stage.sound.seconds,
    });
    if (this.#model.isActive) this.#glancing = setTimeout(() => this.#glance(), GLANCE);
  }

  #setup(): HTMLElement {
    return h(
      "section",
      { "class": "setup", "aria-label": "Set-up" },
      panel("source", "Recordings", this.#source.element),
      panel("settings", "Settings", this.#settings.element),
      panel("models", "Models", this.#models.element),
    );
  }
}

/** Opens the microphone, unless `signal` is aborted first. `canHurry`: whether utterances can be taken one by one. */
async function listen(
  signal: AbortSignal,
  canHurry: (peaks: Peaks) => boolean,
  onLost: () => void,
): Promise<Live> {
  const microphone = await Microphone.open(signal);
  const { rate } = microphone;
  const [feed, peaks, utterances] = [new Feed(rate), new Peaks(rate), new Utterances(rate)];
  microphone.onSound((samples) => {
    peaks.add(samples);
    feed.add(samples, utterances.endsWith(samples, canHurry(peaks)));
  });
  microphone.onLost(onLost);
  return { microphone, feed, peaks };
}
