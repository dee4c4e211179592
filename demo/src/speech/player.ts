import { control, enable } from "../common/controls.ts";
import { h, setText } from "../dom.ts";
import { clock } from "../format.ts";

const SPEEDS = ["0.5", "0.75", "1", "1.25", "1.5", "2"];

const UNPLAYABLE = "This browser cannot play it; it can be transcribed all the same.";
const SILENT = "Its sound cannot be heard here: is there a loudspeaker?";

/** Plays the recording. */
export class Player {
  readonly element: HTMLElement;
  readonly #audio = new Audio();
  readonly #toggle = control("play", "Play");
  readonly #time = h("span", { "class": "player-time", "data-testid": "player-time" }, "0:00.0");
  readonly #note = h("p", { class: "hint", role: "status" });
  readonly #onTime: (time: number, isPlaying: boolean) => void;
  #frame = 0;

  /** `onTime` gets the place that is heard, in seconds, for each picture of the page while it moves. */
  constructor(onTime: (time: number, isPlaying: boolean) => void) {
    this.#onTime = onTime;
    this.#audio.preload = "metadata";
    const speeds = h(
      "select",
      { "aria-label": "Speed" },
      ...SPEEDS.map((it) => h("option", { value: it, selected: it === "1" }, `${it}×`)),
    );
    speeds.addEventListener("change", () => {
      this.#audio.defaultPlaybackRate = this.#audio.playbackRate = Number(speeds.value);
    });
    this.#toggle.addEventListener("click", () => this.toggle());
    this.element = h("div", { class: "player" }, this.#toggle, this.#time, speeds, this.#note);
    for (const name of ["play", "pause", "seeked", "ended", "loadedmetadata", "durationchange", "error"]) {
      this.#audio.addEventListener(name, () => this.#glance());
    }
  }

  /** Length of the recording in seconds, once it is known. */
  get duration(): number | undefined {
    return Number.isFinite(this.#audio.duration) ? this.#audio.duration : undefined;
  }

  /** Takes another recording, or none. */
  load(url: string | undefined): void {
    if (url === undefined) this.#audio.removeAttribute("src");
    else this.#audio.src = url;
    this.#audio.load();
    this.#glance();
  }

  /** Length of the recording just taken, in seconds; undefined if this browser cannot tell. */
  measured(signal: AbortSignal): Promise<number | undefined> {
    return new Promise((resolve) => {
      const tell = (): void => resolve(this.duration);
      if (this.#audio.readyState >= HTMLMediaElement.HAVE_METADATA || this.#audio.error) return tell();
      for (const name of ["loadedmetadata", "error"]) {
        this.#audio.addEventListener(name, tell, { once: true, signal });
      }
      signal.addEventListener("abort", tell, { once: true });
    });
  }

  seek(time: number): void {
    if (!this.#canPlay) return;
    this.#audio.currentTime = Math.max(0, Math.min(time, this.duration ?? time));
    this.#glance();
  }

  play(from?: number): void {
    if (from !== undefined) this.seek(from);
    // Whoever pauses at once is no error.
    void this.#audio.play().catch(() => undefined);
  }

  pause(): void {
    this.#audio.pause();
  }

  toggle(): void {
    if (!this.#canPlay) return;
    if (this.#audio.paused) this.play();
    else this.pause();
  }

  get #canPlay(): boolean {
    return this.#audio.readyState >= HTMLMediaElement.HAVE_METADATA;
  }

  #glance(): void {
    cancelAnimationFrame(this.#frame);
    const { paused, currentTime, error } = this.#audio;
    enable(this.#toggle, this.#canPlay);
    setText(this.#toggle, paused ? "Play" : "Pause");
    const total = this.duration === undefined ? "" : ` / ${clock(this.duration)}`;
    setText(this.#time, `${clock(currentTime)}${total}`);
    setText(this.#note, error === null ? "" : this.#canPlay ? SILENT : UNPLAYABLE);
    this.#onTime(currentTime, !paused);
    if (!paused) this.#frame = requestAnimationFrame(() => this.#glance());
  }
}
