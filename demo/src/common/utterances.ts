/** Quiet that ends an utterance, in seconds. */
const PAUSE = 0.6;
/** The same in one that has become long. */
const SHORT_PAUSE = 0.2;
/** Voice without which there is no utterance, in seconds. */
const VOICE = 0.3;
/** From this length on, in seconds, an utterance is long; and the length at which it ends, pause or no pause. */
const [LONG, LONGEST] = [20, 28];
/** Level of what is quiet in any room, in full scales, and how much louder than the room a voice is. */
const [QUIET, LOUDER] = [0.003, 3];
/** How fast the level taken for the room's rises, per second: a voice is never quiet for so long. */
const RISE = 1.15;

/**
 * Finds the pauses of somebody who speaks. Models hear half a minute at once: who wants to read along cannot wait for
 * that, so what is said up to a pause is transcribed by itself.
 */
export class Utterances {
  readonly #rate: number;
  #room = Infinity;
  #seconds = 0;
  #voice = 0;
  #quiet = 0;

  /** `rate`: samples per second. */
  constructor(rate: number) {
    this.#rate = rate;
  }

  /** Whether an utterance ends with these samples. `hurry` is off while there is more to transcribe than can be. */
  endsWith(samples: Float32Array, hurry: boolean): boolean {
    const seconds = samples.length / this.#rate;
    const level = loudness(samples);
    this.#room = Math.min(level, this.#room * RISE ** seconds);
    const isVoice = level > Math.max(QUIET, this.#room * LOUDER);
    this.#seconds += seconds;
    this.#voice += isVoice ? seconds : 0;
    this.#quiet = isVoice ? 0 : this.#quiet + seconds;
    if (!this.#isOver(hurry)) return false;
    this.#seconds = this.#voice = this.#quiet = 0;
    return true;
  }

  #isOver(hurry: boolean): boolean {
    if (this.#seconds >= LONGEST) return true;
    if (this.#seconds >= LONG) return this.#quiet >= SHORT_PAUSE;
    return hurry && this.#voice >= VOICE && this.#quiet >= PAUSE;
  }
}

/** The root of the mean square. */
function loudness(samples: Float32Array): number {
  const power = samples.reduce((sum, it) => sum + it * it, 0);
  return Math.sqrt(power / Math.max(1, samples.length));
}
