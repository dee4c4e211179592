import type { Run } from "remotemedia";

/** Sound on its way from the microphone into a run. Nothing is lost while the run is slower than the speaker. */
export class Feed {
  readonly #rate: number;
  #waiting: Float32Array<ArrayBuffer>[] = [];
  #isOver = false;
  #wake: () => void = () => undefined;

  /** `rate`: samples per second. */
  constructor(rate: number) {
    this.#rate = rate;
  }

  /** Seconds of sound that the run has not taken yet. */
  get behind(): number {
    return this.#waiting.reduce((sum, it) => sum + it.length, 0) / this.#rate;
  }

  add(samples: Float32Array<ArrayBuffer>): void {
    this.#waiting.push(samples);
    this.#wake();
  }

  /** No more sound comes. */
  end(): void {
    this.#isOver = true;
    this.#wake();
  }

  /** Pours everything into `run`, and ends it after the last. Sound that piled up is poured at once. */
  async into(run: Pick<Run, "push" | "end">): Promise<void> {
    while (!this.#isOver || this.#waiting.length > 0) {
      if (this.#waiting.length === 0) {
        await new Promise<void>((resolve) => (this.#wake = resolve));
        continue;
      }
      const samples = joined(this.#waiting);
      this.#waiting = [];
      await run.push({ type: "audio", sampleRate: this.#rate, channels: 1, samples });
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
