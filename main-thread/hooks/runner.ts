// What the hooks of every framework share: a runtime that is started once it is needed, and one run at a time.
import type {
  Manifest,
  PipelineError,
  Result,
  Run,
  RunEvent,
  RunOptions,
  StartOptions,
  Value,
} from "remotemedia";
import { Runtime } from "remotemedia";

export type RunStatus = "idle" | "starting" | "running" | "done" | "failed" | "cancelled";

/** Of a node: its newest `progress` event. */
export type Progress = Extract<RunEvent, { type: "progress" }>;

/** What is known of the latest run. */
export interface RunState {
  status: RunStatus;
  /** By node; a node that has told nothing yet is missing. */
  progress: { [node: string]: Progress };
  /** By node, in the order they came; of those with one `id` the newest. */
  partials: { [node: string]: Value[] };
  /** As they come; once the run is done, in the order of its result. */
  outputs: Value[];
  /** Why it failed or was cancelled. */
  error: PipelineError | Error | undefined;
}

export interface RunActions {
  /**
   * Starts a run; one that still works is cancelled first. Resolves with its result, or with undefined if it failed or
   * was cancelled, which `status` and `error` tell. Never rejects.
   */
  run(manifest: Manifest, options?: RunOptions): Promise<Result | undefined>;
  /** Resolves when nothing of the run works any more. */
  cancel(reason?: unknown): Promise<void>;
}

/** What is known of a runtime. */
export interface RuntimeState {
  status: "starting" | "ready" | "failed";
  runtime?: Runtime | undefined;
  error?: PipelineError | Error | undefined;
}

/** Starts a runtime, or gives the one it has started. */
export interface RuntimeSource {
  start(): Promise<Runtime>;
}

export type RuntimeOptions = Omit<StartOptions, "signal">;

/** A runtime that lives from the first `start()` to `close()`, after which it may be started anew. */
export class Keeper implements RuntimeSource {
  readonly #options: RuntimeOptions | undefined;
  #runtime: Promise<Runtime> | undefined;
  #abort = new AbortController();

  constructor(options?: RuntimeOptions) {
    this.#options = options;
  }

  start = (): Promise<Runtime> => {
    if (this.#runtime) return this.#runtime;
    const starting = Runtime.start({ ...this.#options, signal: this.#abort.signal });
    this.#runtime = starting;
    starting.catch(() => {
      // The next one tries again.
      if (this.#runtime === starting) this.#runtime = undefined;
    });
    return starting;
  };

  /** Tells of the start; gives what closes the runtime and ends the telling. */
  keep(tell: (state: RuntimeState) => void): () => void {
    const { signal } = this.#abort;
    const heard = (state: RuntimeState): void => {
      if (!signal.aborted) tell(state);
    };
    this.start().then(
      (runtime) => heard({ status: "ready", runtime }),
      (error: Error) => heard({ status: "failed", error }),
    );
    return this.close;
  }

  close = (): void => {
    const runtime = this.#runtime;
    this.#runtime = undefined;
    this.#abort.abort();
    this.#abort = new AbortController();
    runtime?.then((it) => it.close()).catch(() => {});
  };
}

const IDLE: RunState = { status: "idle", progress: {}, partials: {}, outputs: [], error: undefined };

/** One run at a time, and what is to be shown of it. */
export class Runner implements RunActions {
  /** Replaced, never changed. */
  state = IDLE;
  /** Told of a new state; at most once per batch of events. */
  changed = (): void => {};
  readonly #own = new Keeper();
  /** Where runs get their runtime from. */
  source: RuntimeSource = this.#own;
  #turn = 0;
  #run: Run | undefined;
  #next: RunState | undefined;
  /** Outputs since the last state: one by one they would be copied too often. */
  #came: Value[] = [];

  /** Takes runtimes from there, or starts one of its own. */
  from(source: RuntimeSource | undefined): void {
    this.source = source ?? this.#own;
  }

  run = async (manifest: Manifest, options: RunOptions = {}): Promise<Result | undefined> => {
    void this.cancel();
    const turn = ++this.#turn;
    const set = (change: Partial<RunState>): void => {
      if (turn === this.#turn) this.#set(change);
    };
    set({ ...IDLE, status: "starting" });
    try {
      const runtime = await this.source.start();
      if (turn !== this.#turn) return;
      const onEvent = (event: RunEvent): void => {
        options.onEvent?.(event);
        if (turn === this.#turn) this.#hear(event);
      };
      this.#run = runtime.run(manifest, { ...options, onEvent });
      set({ status: "running" });
      const result = await this.#run;
      const { outputs } = result;
      // With `collect: false` there are none here, but some may have come.
      set(outputs.length > 0 ? { status: "done", outputs } : { status: "done" });
      return result;
    } catch (error) {
      const cancelled = options.signal?.aborted || (error as PipelineError).code === "Cancelled";
      set({ status: cancelled ? "cancelled" : "failed", error: error as Error });
      return;
    }
  };

  cancel = async (reason?: unknown): Promise<void> => {
    const run = this.#run;
    this.#run = undefined;
    if (this.#newest().status === "starting") {
      this.#turn += 1;
      this.#set({ status: "cancelled" });
    }
    await run?.cancel(reason);
  };

  close = (): void => {
    void this.cancel();
    this.#own.close();
  };

  #newest(): RunState {
    return this.#next ?? this.state;
  }

  #hear(event: RunEvent): void {
    const { progress, partials } = this.#newest();
    if (event.type === "progress") this.#set({ progress: { ...progress, [event.node]: event } });
    if (event.type === "output") {
      this.#came.push(event.value);
      this.#set({});
    }
    if (event.type === "partial") {
      const { node, value } = event;
      const id = idOf(value);
      const others = (partials[node] ?? []).filter((it) => id === undefined || idOf(it) !== id);
      this.#set({ partials: { ...partials, [node]: [...others, value] } });
    }
  }

  /** Events come in batches; what shows them is told once for each. */
  #set(change: Partial<RunState>): void {
    if (!this.#next) queueMicrotask(() => this.#flush());
    // Whoever sets them has them all, or none.
    if (change.outputs) this.#came = [];
    this.#next = { ...this.#newest(), ...change };
  }

  #flush(): void {
    const next = this.#next as RunState;
    this.state = {
      ...next,
      outputs: this.#came.length > 0 ? [...next.outputs, ...this.#came] : next.outputs,
    };
    this.#came = [];
    this.#next = undefined;
    this.changed();
  }
}

function idOf(value: Value): unknown {
  return (value as { id?: unknown } | null)?.id;
}
