/** Milliseconds between two looks at the clock. */
const TICK = 5;
/** A wait that counts, in milliseconds: a quarter of what a screen takes for a frame. */
const COUNTS = 4;

/** How long the page let its timers wait. */
export interface Waits {
  /** The longest, in milliseconds. */
  longest: number;
  /** Share of the time in which something waited that long that it counts; 0 to 1. */
  share: number;
}

/** Watches how long timers of this page wait for their turn, while something works. */
export class WaitWatch {
  #timer: ReturnType<typeof setTimeout> | undefined;
  #startedAt = 0;
  #longest = 0;
  #waited = 0;

  start(): void {
    [this.#startedAt, this.#longest, this.#waited] = [performance.now(), 0, 0];
    this.#tick();
  }

  stop(): Waits {
    clearTimeout(this.#timer);
    const elapsed = performance.now() - this.#startedAt;
    return { longest: this.#longest, share: elapsed > 0 ? Math.min(1, this.#waited / elapsed) : 0 };
  }

  #tick(): void {
    const due = performance.now() + TICK;
    this.#timer = setTimeout(() => {
      const late = Math.max(0, performance.now() - due);
      this.#longest = Math.max(this.#longest, late);
      if (late >= COUNTS) this.#waited += late;
      this.#tick();
    }, TICK);
  }
}
