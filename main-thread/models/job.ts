// Work that several may wait for, and that goes on as long as one of them does.
import type { ModelProgress } from "../js/models-messages.js";

export type Tell = (progress: ModelProgress) => void;

export class Job<T> {
  readonly #controller = new AbortController();
  readonly #tells = new Set<Tell>();
  readonly #deserted: () => void;
  readonly #result: Promise<T>;
  #last: ModelProgress | undefined;

  /** `deserted`: nobody waits for it any more, so that whoever comes next must begin anew. */
  constructor(work: (job: Job<T>) => Promise<T>, deserted: () => void) {
    this.#deserted = deserted;
    this.#result = work(this);
    // Those who wait hear of it.
    this.#result.catch(() => {});
  }

  /** Aborts when nobody waits any more. */
  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  tell(progress: ModelProgress): void {
    this.#last = progress;
    for (const tell of this.#tells) tell(progress);
  }

  /** Waits for the result. Once `signal` aborts it is waited for only until the work has stopped, if it must. */
  async wait(signal: AbortSignal, tell: Tell): Promise<T> {
    this.#tells.add(tell);
    if (this.#last) tell(this.#last);
    const leave = (): void => {
      this.#tells.delete(tell);
      if (this.#tells.size > 0) return;
      this.#deserted();
      this.#controller.abort(signal.reason);
    };
    let left: () => void = () => {};
    const aborted = new Promise<"left">((resolve) => {
      left = () => {
        leave();
        resolve("left");
      };
    });
    if (signal.aborted) left();
    else signal.addEventListener("abort", left, { once: true });
    try {
      const first = await Promise.race([this.#result, aborted]);
      if (first !== "left") return first;
      if (this.signal.aborted) await this.#result.catch(() => {});
      throw signal.reason;
    } finally {
      signal.removeEventListener("abort", left);
      this.#tells.delete(tell);
    }
  }
}

const CHANNEL = "remotemedia models";

/**
 * Does `work` while no other tab of this origin does any for the same model. Until then `tell` hears how far that
 * other tab is.
 */
export async function exclusively<T>(
  model: string,
  signal: AbortSignal | undefined,
  tell: Tell,
  work: () => Promise<T>,
): Promise<T> {
  const { locks } = navigator;
  if (!locks) return work();
  const channel = new BroadcastChannel(CHANNEL);
  channel.onmessage = ({ data }: MessageEvent<ModelProgress>) => {
    if (data.name === model) tell(data);
  };
  const options = signal === undefined ? {} : { signal };
  try {
    return (await locks.request(`${CHANNEL}: ${model}`, options, () => {
      channel.onmessage = null;
      return work();
    })) as T;
  } finally {
    channel.close();
  }
}

/** Tells other tabs. */
export class Announcer {
  readonly #channel = new BroadcastChannel(CHANNEL);

  say(progress: ModelProgress): void {
    this.#channel.postMessage(progress);
  }
}
