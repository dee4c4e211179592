import type { Runtime } from "remotemedia";
import { h, setText } from "../dom.ts";
import { clock } from "../format.ts";
import type { Peaks } from "./peaks.ts";
import { Player } from "./player.ts";
import { drawnRate, peaksOf, type Sound } from "./sound.ts";
import { Waveform } from "./waveform.ts";

/** The chosen recording: its name, its waveform, and the player. */
export class SoundPanel {
  readonly element: HTMLElement;
  readonly waveform: Waveform;
  readonly player: Player;
  readonly #name = h(
    "p",
    { "class": "sound-title", "data-testid": "sound-title" },
    "No recording is chosen.",
  );
  readonly #said = h("p", {});
  readonly #saidPanel: HTMLElement;
  #url: string | undefined;
  #drawing = new AbortController();

  constructor(onTime: (time: number, isPlaying: boolean) => void) {
    this.player = new Player(onTime);
    this.waveform = new Waveform((time) => this.player.seek(time));
    this.#saidPanel = h(
      "details",
      { class: "said", hidden: true },
      h("summary", {}, "What is said in it"),
      this.#said,
    );
    this.element = h(
      "div",
      { class: "sound-view" },
      this.#name,
      this.waveform.element,
      this.player.element,
      this.#saidPanel,
    );
  }

  /** Length of the recording in seconds, once it is known. */
  get seconds(): number | undefined {
    return this.waveform.seconds || undefined;
  }

  /** Takes a recording to play and to draw. Without a runtime it is drawn later, by another call. */
  async load(sound: Sound, file: File, runtime: Runtime | undefined): Promise<void> {
    const { signal } = this.#stopDrawing();
    this.#title(sound.name, sound.said);
    if (this.#url !== undefined) URL.revokeObjectURL(this.#url);
    this.#url = URL.createObjectURL(file);
    this.player.load(this.#url);
    this.waveform.draw({ peaks: sound.peaks, seconds: sound.peaks?.seconds ?? 0 });
    this.waveform.note = "";
    const seconds = await this.player.measured(signal);
    if (signal.aborted) return;
    if (sound.peaks)
      return this.waveform.draw({ peaks: sound.peaks, seconds: seconds ?? sound.peaks.seconds });
    this.waveform.draw({ peaks: undefined, seconds: seconds ?? 0 });
    const rate = drawnRate(file.size, seconds);
    if (rate === undefined) this.waveform.note = "Its waveform is not drawn: it is too long for that.";
    else if (runtime) await this.#draw(sound, () => peaksOf(runtime, file, rate, signal), seconds, signal);
  }

  /** Shows a recording that is being made. */
  live(peaks: Peaks): void {
    this.#title(`Recording, ${clock(peaks.seconds)}`, undefined);
    this.waveform.draw({ peaks, seconds: peaks.seconds });
  }

  /** Nothing is played or drawn of what was there before. */
  clear(): void {
    this.#stopDrawing();
    this.waveform.note = "";
    this.waveform.draw({ peaks: undefined, seconds: 0 });
    this.player.load(undefined);
  }

  async #draw(
    sound: Sound,
    peaks: () => Promise<Peaks>,
    seconds: number | undefined,
    signal: AbortSignal,
  ): Promise<void> {
    this.waveform.note = "Drawing the waveform…";
    try {
      sound.peaks = await peaks();
      if (signal.aborted) return;
      this.waveform.draw({ peaks: sound.peaks, seconds: seconds ?? sound.peaks.seconds });
      this.waveform.note = seconds === undefined ? `${clock(sound.peaks.seconds)} long.` : "";
    } catch (error) {
      if (signal.aborted) return;
      const why = error instanceof Error ? error.message : String(error);
      this.waveform.note = `No waveform: ${why}`;
    }
  }

  #title(name: string, said: string | undefined): void {
    setText(this.#name, name);
    setText(this.#said, said ?? "");
    this.#saidPanel.hidden = said === undefined;
  }

  #stopDrawing(): AbortController {
    this.#drawing.abort();
    this.#drawing = new AbortController();
    return this.#drawing;
  }
}
