/** Peaks kept at most: more than screens have columns for a waveform. */
const ROOM = 4096;

/**
 * The loudest sample of each short stretch of a recording, however long it becomes: when there is no room left,
 * neighbours are merged, and stretches are twice as long from then on. Mono, full scale is 1.
 */
export class Peaks {
  readonly #highs = new Float32Array(ROOM);
  readonly #rate: number;
  /** Samples of one stretch. */
  #stretch: number;
  #whole = 0;
  #samples = 0;
  /** Of the stretch that is not complete. */
  #high = 0;
  #begun = 0;

  /** `rate`: samples per second. A stretch is a hundredth of a second at first. */
  constructor(rate: number) {
    this.#rate = rate;
    this.#stretch = Math.max(1, Math.round(rate / 100));
  }

  /** Length of what was added, in seconds. */
  get seconds(): number {
    return this.#samples / this.#rate;
  }

  get count(): number {
    return this.#whole + (this.#begun > 0 ? 1 : 0);
  }

  add(samples: Float32Array): void {
    this.#samples += samples.length;
    for (const sample of samples) {
      this.#high = Math.max(this.#high, Math.abs(sample));
      this.#begun += 1;
      if (this.#begun === this.#stretch) this.#complete();
    }
  }

  /** The loudest of each of `columns` equal parts of the first `seconds`, and 0 where there is nothing yet. */
  columns(columns: number, seconds: number): Float32Array {
    const peaksPerColumn = (seconds * this.#rate) / this.#stretch / columns;
    return Float32Array.from({ length: columns }, (_, column) => {
      const from = Math.floor(column * peaksPerColumn);
      const to = Math.max(from + 1, Math.floor((column + 1) * peaksPerColumn));
      return this.#loudest(from, Math.min(to, this.count));
    });
  }

  #loudest(from: number, to: number): number {
    let high = 0;
    for (let at = from; at < to; at++)
      high = Math.max(high, at < this.#whole ? (this.#highs[at] ?? 0) : this.#high);
    return high;
  }

  #complete(): void {
    this.#highs[this.#whole] = this.#high;
    this.#whole += 1;
    this.#high = 0;
    this.#begun = 0;
    if (this.#whole < ROOM) return;
    for (let at = 0; at < ROOM / 2; at++) {
      this.#highs[at] = Math.max(this.#highs[2 * at] ?? 0, this.#highs[2 * at + 1] ?? 0);
    }
    this.#whole = ROOM / 2;
    this.#stretch *= 2;
  }
}
