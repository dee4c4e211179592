import { Encoder } from "./encode.js";
import { messageOf, PipelineError } from "./errors.js";
import { Deferred, nextTask } from "./tasks.js";
import type { InputValue, Packed } from "./values.js";

/** Where a run's inputs come from; `"stream"` means `run.push()` and `run.end()`. */
export type Inputs = Iterable<InputValue> | AsyncIterable<InputValue> | ReadableStream<InputValue> | "stream";

/** What a feed does with its items. @internal */
export interface Outlet {
  push(items: Packed, open: boolean): void;
  end(): void;
  fail(error: PipelineError): void;
}

/** Bytes and items of one message: enough to make messages cheap, not so much that anybody waits for one. */
const MESSAGE_BYTES = 4 << 20;
const MESSAGE_ITEMS = 4096;
/** Longest stretch of reading a source without letting the page do anything else, in milliseconds. */
const SLICE_MS = 4;

/** Pulled items, one at a time. */
interface Source {
  next(): IteratorResult<unknown> | Promise<IteratorResult<unknown>>;
  /** Adds numbers that come next, at most so many; gives how many. What is none comes with `next`. */
  numbers?(encoder: Encoder, most: number): number;
  stop(reason: unknown): void;
}

interface Push {
  value: InputValue;
  last: boolean;
  done: Deferred<void>;
}

/** Carries a run's inputs, only as many as the run has asked for. @internal */
export class Feed {
  readonly #outlet: Outlet;
  readonly #encoder: Encoder;
  readonly #source: Source | undefined;
  /** Pushed values that wait for credit. */
  #pushes: Push[] = [];
  #credit = 0;
  #index = 0;
  #opened = false;
  /** Nothing more comes in; what is here still goes out. */
  #ending = false;
  #over = false;
  #stopped: unknown;
  /** Something has gone out, and nothing was heard since; the rest is to go in a task of its own. */
  #flushed = false;
  #flushes = false;
  #more: Deferred<void> | undefined;

  /** Throws `InvalidInput` for what cannot be read from. */
  constructor(inputs: Inputs, transfer: boolean, outlet: Outlet) {
    this.#outlet = outlet;
    this.#encoder = new Encoder(transfer);
    this.#source = inputs === "stream" ? undefined : sourceOf(inputs);
  }

  /** The run exists: reading may begin. */
  open(): void {
    this.#opened = true;
    if (this.#source) void this.#pump(this.#source);
    else this.#advance();
  }

  /** The run has said something, in a task of its own. */
  heard(): void {
    this.#flushed = false;
  }

  demand(items: number): void {
    this.heard();
    this.#credit += items;
    this.#advance();
    this.#more?.resolve();
    this.#more = undefined;
  }

  push(value: InputValue, last: boolean): Promise<void> {
    if (this.#source) return Promise.reject(misuse('push() is for runs with inputs: "stream"'));
    if (this.#ending) return Promise.reject(misuse("push() after end()"));
    if (this.#over) return handled(Promise.reject(this.#stopped));
    const done = new Deferred<void>();
    this.#pushes.push({ value, last, done });
    this.#advance();
    return done.promise;
  }

  end(): void {
    if (this.#source) return;
    this.#ending = true;
    this.#advance();
  }

  /** The run is over: nothing more is read, and whoever waits hears `reason`. */
  stop(reason: unknown): void {
    if (!this.#over) this.#source?.stop(reason);
    this.#over = true;
    this.#stopped = reason;
    for (const { done } of this.#pushes.splice(0)) {
      // The run itself reports the error; nobody has to wait for each push as well.
      void handled(done.promise);
      done.reject(reason);
    }
    this.#more?.resolve();
  }

  #advance(): void {
    if (!this.#opened || this.#over || this.#source) return;
    while (this.#credit > 0) {
      const push = this.#pushes.shift();
      if (!push) break;
      this.#take(push);
    }
    if (this.#ending && this.#pushes.length === 0) this.#finish();
  }

  #take({ value, last, done }: Push): void {
    try {
      // Pushed audio is one recording until its last part.
      this.#add(value, !last && isAudio(value));
      this.#flushEarly();
      done.resolve();
    } catch (error) {
      done.reject(error);
    }
  }

  #add(value: unknown, open: boolean): void {
    this.#encoder.add(value, this.#index);
    this.#added(1, open);
  }

  #added(count: number, open: boolean): void {
    this.#index += count;
    this.#credit -= count;
    if (open || this.#encoder.count >= MESSAGE_ITEMS || this.#encoder.size >= MESSAGE_BYTES)
      this.#flush(open);
  }

  /** Adds as many numbers as come next and are asked for; gives how many. */
  #addNumbers(source: Source): number {
    const most = Math.min(this.#credit, MESSAGE_ITEMS - this.#encoder.count);
    const count = source.numbers?.(this.#encoder, most) ?? 0;
    if (count > 0) this.#added(count, false);
    return count;
  }

  /**
   * The first value of a task goes at once; what else comes within the task follows as one message. A new task is known
   * by what is heard in it: most values follow a word of the run, and a task for each of them would cost as much again.
   */
  #flushEarly(): void {
    if (this.#flushes) return;
    if (!this.#flushed) {
      this.#flushed = true;
      return this.#flush(false);
    }
    this.#flushes = true;
    void nextTask().then(() => {
      this.#flushes = this.#flushed = false;
      if (!this.#over) this.#flush(false);
    });
  }

  #flush(open: boolean): void {
    if (this.#encoder.count > 0) this.#outlet.push(this.#encoder.finish(), open);
  }

  #finish(): void {
    if (this.#over) return;
    this.#flush(false);
    this.#over = true;
    this.#outlet.end();
  }

  async #pump(source: Source): Promise<void> {
    let slice = performance.now() + SLICE_MS;
    try {
      for (let turn = 1; !this.#over; turn++) {
        if (this.#credit <= 0) {
          this.#flush(false);
          this.#more = new Deferred();
          await this.#more.promise;
          slice = performance.now() + SLICE_MS;
          continue;
        }
        const many = this.#addNumbers(source);
        if (many === 0) {
          const next = source.next();
          const waits = next instanceof Promise;
          const item = waits ? await next : next;
          if (this.#over) return;
          if (item.done === true) return this.#finish();
          this.#add(item.value, false);
          if (waits) this.#flushEarly();
        }
        if ((many > 64 || turn % 64 === 0) && performance.now() > slice) {
          this.#flush(false);
          await nextTask();
          slice = performance.now() + SLICE_MS;
        }
      }
    } catch (error) {
      if (!this.#over) this.#outlet.fail(inputError(error));
    }
  }
}

function sourceOf(inputs: unknown): Source {
  if (typeof inputs === "object" && inputs !== null) {
    if (typeof ReadableStream === "function" && inputs instanceof ReadableStream) return streamSource(inputs);
    const async = (inputs as Partial<AsyncIterable<unknown>>)[Symbol.asyncIterator];
    if (typeof async === "function") return iteratorSource(async.call(inputs));
    const sync = (inputs as Partial<Iterable<unknown>>)[Symbol.iterator];
    if (Array.isArray(inputs) && sync === Array.prototype[Symbol.iterator]) return listSource(inputs);
    if (typeof sync === "function") return iteratorSource(sync.call(inputs));
  }
  throw misuse('inputs must be an iterable, an async iterable, a ReadableStream or "stream"');
}

/** As its own iterator reads it, but that numbers come many at a time: to ask for each takes longer than to write it. */
function listSource(list: readonly unknown[]): Source {
  let at = 0;
  return {
    next: () => (at < list.length ? { done: false, value: list[at++] } : { done: true, value: undefined }),
    numbers(encoder, most) {
      const count = encoder.addNumbers(list, at, Math.min(at + most, list.length));
      at += count;
      return count;
    },
    stop() {},
  };
}

function iteratorSource(iterator: Iterator<unknown> | AsyncIterator<unknown>): Source {
  let done = false;
  return {
    next() {
      const item = iterator.next();
      if (!isThenable(item)) return watch(item);
      return Promise.resolve(item).then(watch);
    },
    stop() {
      if (done) return;
      done = true;
      // Whatever it throws on its way out, the run is over already.
      void handled(new Promise((resolve) => resolve(iterator.return?.())));
    },
  };
  function watch(item: IteratorResult<unknown>): IteratorResult<unknown> {
    done ||= item.done === true;
    return item;
  }
}

function streamSource(stream: ReadableStream<unknown>): Source {
  const reader = stream.getReader();
  return {
    next: () => reader.read() as Promise<IteratorResult<unknown>>,
    stop(reason) {
      void handled(reader.cancel(reason).finally(() => reader.releaseLock()));
    },
  };
}

function isAudio(value: unknown): boolean {
  return typeof value === "object" && value !== null && (value as { type?: unknown }).type === "audio";
}

function isThenable<T>(value: T | PromiseLike<T>): value is PromiseLike<T> {
  return typeof (value as Partial<PromiseLike<T>> | null)?.then === "function";
}

function inputError(thrown: unknown): PipelineError {
  if (thrown instanceof PipelineError) return thrown;
  return new PipelineError("InvalidInput", `the inputs failed: ${messageOf(thrown)}`, {
    stage: "input",
    cause: thrown,
  });
}

function misuse(message: string): PipelineError {
  return new PipelineError("InvalidInput", message, { stage: "input" });
}

/** `promise`, whose rejection is nobody's concern. @internal */
export function handled<T>(promise: Promise<T>): Promise<T> {
  promise.catch(() => {});
  return promise;
}
