import type { Run } from "remotemedia";

/** A block of sound, and whether an utterance ends with it. */
interface Block {
  samples: Float32Array<ArrayBuffer>;
  last: boolean;
}

/**
 * Sound on its way from the microphone into a run, one recording for each utterance. Nothing is lost while the run is
 * slower than the speaker.
 */
export class Feed {
  readonly #rate: number;
  #waiting: Block[] = [];
  #isOver = false;
  #wake: () => void = () => undefined;

  /** `rate`: samples per second. */
  constructor(rate: number) {
    this.#rate = rate;
  }

  /** `last`: an utterance ends here. */
  add(samples: Float32Array<ArrayBuffer>, last: boolean): void {
    this.#waiting.push({ samples, last });
    this.#wake();
  }

  /** No more sound comes. */
  end(): void {
    this.#isOver = true;
    this.#wake();
  }

  /** Pours everything into `run`, and ends it after the last. Sound of an utterance that piled up is poured at once. */
  async into(run: Pick<Run, "push" | "end">): Promise<void> {
    while (!this.#isOver || this.#waiting.length > 0) {
      if (this.#waiting.length === 0) {
        await new Promise<void>((resolve) => (this.#wake = resolve));
        continue;
      }
      const end = this.#waiting.findIndex((it) => it.last);
      const blocks = this.#waiting.splice(0, end < 0 ? Infinity : end + 1);
      const samples = joined(blocks.map((it) => it.samples));
      await run.push({ type: "audio", sampleRate: this.#rate, channels: 1, samples }, { last: end >= 0 });
    }
    run.end();
  }
}

function joined(blocks: readonly Float32Array<ArrayBuffer>[]): Float32Array<ArrayBuffer> {
  const all = new Float32Array(blocks.reduce((sum, it) => sum + it.length, 0));
  let at = 0;
  for (const block of blocks) {
    all.set(block, at);
    at += block.length;
  }
  return all;
}
