/** Lets a page reload itself once to become isolated, and not again in this tab until it was. */
export class IsolationGuard {
  readonly #key: string;

  constructor(scope: string) {
    this.#key = `remotemedia-isolation ${scope}`;
  }

  /** Whether the page may reload itself now; it is the last time. */
  pass(): boolean {
    try {
      if (sessionStorage.getItem(this.#key) !== null) return false;
      sessionStorage.setItem(this.#key, "reloaded");
      return true;
    } catch {
      // What cannot be remembered might be done for ever.
      return false;
    }
  }

  /** The page is isolated: should it be no more one day, it may try again. */
  lift(): void {
    try {
      sessionStorage.removeItem(this.#key);
    } catch {
      // Then nothing was remembered either.
    }
  }
}
