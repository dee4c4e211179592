import type { EventView } from "./generated/data.js";
import type { PipelineError } from "./errors.js";
import { Deferred } from "./tasks.js";
import type { Value } from "./values.js";
import type { Result } from "./run.js";

type Plain = Exclude<EventView, { type: "partial" | "output" }>;

/** What happens during a run. `run` is the run's `id`. The last one is `finished` or `failed`, exactly once. */
export type RunEvent = (
  | Plain
  | { type: "partial"; node: string; value: Value }
  | { type: "output"; node: string; value: Value }
  | { type: "finished"; result: Result }
  | { type: "failed"; error: PipelineError | unknown }
) & { run: number };

/** An event that waits to be taken; `taken` is called once, when it was or never will be. */
interface Waiting {
  event: RunEvent;
  taken?: (() => void) | undefined;
}

/**
 * Events on their way to one reader. Outputs wait for it, and the run with them; news of the same thing replace each
 * other, so that a slow reader gets the newest and the queue stays short.
 * @internal
 */
export class EventQueue implements AsyncIterableIterator<RunEvent> {
  #items: Waiting[] = [];
  #head = 0;
  #newest = new Map<string, Waiting>();
  #readers: Deferred<IteratorResult<RunEvent>>[] = [];
  #ended = false;
  #error: { error: unknown } | undefined;
  readonly #detach: (queue: EventQueue) => void;

  constructor(detach: (queue: EventQueue) => void) {
    this.#detach = detach;
  }

  push(event: RunEvent, taken?: () => void): void {
    const reader = this.#readers.shift();
    if (reader) {
      reader.resolve({ done: false, value: event });
      taken?.();
      return;
    }
    const subject = subjectOf(event);
    const older = subject === undefined ? undefined : this.#newest.get(subject);
    if (older) {
      older.event = event;
      return;
    }
    const waiting = { event, taken };
    this.#items.push(waiting);
    if (subject !== undefined) this.#newest.set(subject, waiting);
  }

  /** After this nothing is pushed; readers get `error` once everything was read, if there is one. */
  end(error?: { error: unknown }): void {
    this.#ended = true;
    this.#error = error;
    const [first, ...others] = this.#readers.splice(0);
    first?.resolve(this.#last());
    for (const reader of others) reader.resolve({ done: true, value: undefined });
  }

  next(): Promise<IteratorResult<RunEvent>> {
    const waiting = this.#items[this.#head];
    if (waiting) {
      this.#drop();
      waiting.taken?.();
      return Promise.resolve({ done: false, value: waiting.event });
    }
    if (this.#ended) return this.#last();
    const reader = new Deferred<IteratorResult<RunEvent>>();
    this.#readers.push(reader);
    return reader.promise;
  }

  return(): Promise<IteratorResult<RunEvent>> {
    this.#detach(this);
    for (const waiting of this.#items.slice(this.#head)) waiting.taken?.();
    this.#items = [];
    this.#head = 0;
    this.#newest.clear();
    this.end();
    return Promise.resolve({ done: true, value: undefined });
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  #drop(): void {
    const waiting = this.#items[this.#head] as Waiting;
    const subject = subjectOf(waiting.event);
    if (subject !== undefined) this.#newest.delete(subject);
    this.#head += 1;
    if (this.#head >= 64 && this.#head * 2 > this.#items.length) {
      this.#items.splice(0, this.#head);
      this.#head = 0;
    }
  }

  #last(): Promise<IteratorResult<RunEvent>> {
    const failed = this.#error;
    // Thrown once, as a generator does.
    this.#error = undefined;
    return failed ? Promise.reject(failed.error) : Promise.resolve({ done: true, value: undefined });
  }
}

/** What an event is news of; news of one subject replace each other. */
function subjectOf(event: RunEvent): string | undefined {
  switch (event.type) {
    case "progress":
      return `progress ${event.node}`;
    case "load":
      return `load ${event.what} ${event.name}`;
    case "edge":
      return `edge ${event.from} ${event.to}`;
    case "partial":
      return partialSubject(event.node, event.value);
    case "started":
    case "output":
    case "log":
    case "finished":
    case "failed":
      return undefined;
  }
}

function partialSubject(node: string, value: Value): string | undefined {
  const { id, final } =
    value === null || typeof value !== "object" ? {} : (value as { id?: Value; final?: Value });
  // A final one is no longer provisional: nothing may replace it.
  return final === true ? undefined : `partial ${node} ${String(id)}`;
}
