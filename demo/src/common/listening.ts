import type { Run } from "remotemedia";
import { Feed } from "./feed.ts";
import { Microphone } from "./microphone.ts";
import { Utterances } from "./utterances.ts";

/** Sound from the microphone on its way into a run, as it is heard. */
export class Listening {
  readonly rate: number;
  readonly #microphone: Microphone;
  readonly #feed: Feed;
  #samples = 0;
  #level = 0;
  readonly #listeners: (() => void)[] = [];
  #stopped: Promise<File> | undefined;

  private constructor(microphone: Microphone, isByPause: boolean) {
    this.rate = microphone.rate;
    this.#microphone = microphone;
    this.#feed = new Feed(microphone.rate);
    const utterances = new Utterances(microphone.rate);
    microphone.onSound((samples) => {
      this.#samples += samples.length;
      this.#level = samples.reduce((most, it) => Math.max(most, Math.abs(it)), 0);
      this.#feed.add(samples, utterances.endsWith(samples, true) && isByPause);
    });
    microphone.onLost(() => void this.stop());
  }

  /**
   * Opens the microphone, unless `signal` is aborted first; afterwards it closes it. `isByPause`: an item ends where
   * the speaker pauses; otherwise all is one item.
   */
  static async open(signal: AbortSignal, isByPause: boolean): Promise<Listening> {
    const microphone = await Microphone.open(signal);
    const listening = new Listening(microphone, isByPause);
    signal.addEventListener("abort", () => void listening.stop(), { once: true });
    return listening;
  }

  /** What was heard until now, in seconds. */
  get seconds(): number {
    return this.#samples / this.rate;
  }

  /** How loud it is now, from 0 to 1. */
  get level(): number {
    return this.#level;
  }

  /** Pours what is heard into `run`, to the end. */
  into(run: Pick<Run, "push" | "end">): Promise<void> {
    return this.#feed.into(run);
  }

  /** Calls back when listening ends, whoever ends it. */
  onStop(listener: () => void): void {
    this.#listeners.push(listener);
  }

  /** Ends listening; what was heard still gets into the run. Gives the recording. */
  stop(): Promise<File> {
    // Listeners may ask for the end again, so that it has to be under way before they are called.
    this.#stopped ??= Promise.resolve().then(() => this.#end());
    return this.#stopped;
  }

  async #end(): Promise<File> {
    for (const listener of this.#listeners) listener();
    try {
      return await this.#microphone.stop();
    } finally {
      this.#feed.end();
    }
  }
}
