import type { RunEvent } from "./events.js";
import type { GraphInfo, Limits, Metrics } from "./generated/data.js";
import type { Inputs } from "./inputs.js";
import type { Running } from "./running.js";
import type { InputValue, Value } from "./values.js";

/** How a run is to be done. */
export interface RunOptions {
  /** Absent: every source is called once with null. */
  inputs?: Inputs | null | undefined;
  /** Per node id, merged over the manifest's parameters. */
  params?: { [node: string]: { [param: string]: unknown } };
  /** Aborting cancels the run, which then rejects with the signal's reason. */
  signal?: AbortSignal;
  /** Fail with `TimedOut` after this long, in milliseconds. */
  timeoutMs?: number;
  /** Called with every event, in order. */
  onEvent?: (event: RunEvent) => void;
  /**
   * Whether events tell what waits between nodes: `edge` events, at most ten a second for each connection, and only
   * where something changed; false by default.
   */
  edgeEvents?: boolean;
  /** Whether the result holds the outputs; true by default. */
  collect?: boolean;
  /** Buffers are moved instead of copied where a view spans its whole buffer; they are empty afterwards. */
  transfer?: boolean;
  /** Integers beyond 2^53 come out as bigints instead of the nearest number. */
  bigint?: boolean;
  /**
   * Who runs a package: this runtime's engine, by default; or, with `"package"`, the `runtime.wasm` that the package
   * brings, in a worker of its own that has nothing but its input and output. It takes and gives JSON.
   */
  executor?: "engine" | "package";
  /** What the run may use up; beside what `Runtime.start` was given. */
  limits?: Limits;
}

/** What a run gives in the end. */
export interface Result {
  status: "success";
  /** Sinks in manifest order, each sink's values in item order; empty with `collect: false`. */
  outputs: Value[];
  graph_info: GraphInfo;
  metrics: Metrics;
}

/**
 * A run: await it for its result, iterate it for its events.
 *
 * Events cross to the page only while somebody listens: give `onEvent`, or start to iterate (or call `stream()`) in
 * the same task as `run()`. A slow reader slows the run down; no output is lost. Iterating throws what awaiting
 * throws, and doing either is enough to have handled it.
 */
export class Run implements Promise<Result>, AsyncIterable<RunEvent> {
  readonly #running: Running;

  get [Symbol.toStringTag](): string {
    return "Run";
  }

  /** @internal */
  constructor(running: Running) {
    this.#running = running;
  }

  /** Number of the run, as its events carry it. */
  get id(): number {
    return this.#running.id;
  }

  then<A = Result, B = never>(
    onFinished?: ((result: Result) => A | PromiseLike<A>) | null,
    // As the language's own promises have it: a handler may say which error it expects.
    onFailed?: ((error: any) => B | PromiseLike<B>) | null,
  ): Promise<A | B> {
    return this.#running.result.then(onFinished, onFailed);
  }

  catch<B = never>(onFailed?: ((error: any) => B | PromiseLike<B>) | null): Promise<Result | B> {
    return this.#running.result.catch(onFailed);
  }

  finally(onSettled?: (() => void) | null): Promise<Result> {
    return this.#running.result.finally(onSettled);
  }

  [Symbol.asyncIterator](): AsyncIterableIterator<RunEvent> {
    return this.#running.events();
  }

  /**
   * Stops the run, which rejects with `Cancelled` and `reason` as its cause. Resolves when nothing of it works: later
   * than the run rejects where a worker has to be terminated, which takes Chromium two seconds if Python keeps it busy
   * (WebKit may never end such a worker; that is not waited for beyond four seconds).
   */
  cancel(reason?: unknown): Promise<void> {
    return this.#running.cancel(reason);
  }

  /**
   * Gives a run with `inputs: "stream"` one more value. Resolves when it was taken, which waits while the pipeline is
   * full; until then it must not change. Pushed audio is one recording until `end()` or `last: true`.
   */
  push(value: InputValue, options: { last?: boolean } = {}): Promise<void> {
    return this.#running.push(value, options.last ?? false);
  }

  /** No more inputs. */
  end(): void {
    this.#running.end();
  }

  /** The outputs as a stream; implies `collect: false`. To be called in the same task as `run()`. */
  stream(): ReadableStream<Value> {
    return this.#running.stream();
  }
}
