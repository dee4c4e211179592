/** The page hears of progress this often at most, in milliseconds. */
const TOLD_MS = 1000 / 60;

/** Tells the page of progress, not more often than it can be seen. */
export class Teller<P extends object> {
  readonly #say: (progress: P) => void;
  #told = -Infinity;
  #last: P | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(say: (progress: P) => void) {
    this.#say = say;
  }

  readonly tell = (progress: P): void => {
    this.#last = progress;
    const due = this.#told + TOLD_MS - performance.now();
    if ("notice" in progress || due <= 0) this.finish();
    // A download that comes to a stop is told of as well.
    else this.#timer ??= setTimeout(() => this.finish(), due);
  };

  /** Tells the latest, if it was not told. */
  finish(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    if (this.#last) this.#say(this.#last);
    this.#last = undefined;
    this.#told = performance.now();
  }
}
