// What the hooks of every framework share: a runtime that is started once it is needed, and one run at a time.
import type {
  Manifest,
  Package,
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
  run(manifest: Manifest | Package, options?: RunOptions): Promise<Result | undefined>;
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
export interface Keeper extends RuntimeSource {
  /** Starts it and tells how that went; gives what closes it, and ends the telling. */
  keep(tell: (state: RuntimeState) => void): () => void;
  close(): void;
}

/** One run at a time, and what is to be shown of it. */
export interface Runner extends RunActions {
  /** Replaced, never changed. */
  state: RunState;
  /** Told of a new state; at most once per batch of events. */
  changed(): void;
  /** Where runs get their runtime from; if from nowhere, from one of its own. */
  source: RuntimeSource | undefined;
  /** Cancels the run, and closes a runtime of its own. */
  close(): void;
}

// Closures, for their names become shorter than members do.

export function makeKeeper(options?: RuntimeOptions): Keeper {
  let runtime: Promise<Runtime> | undefined;
  let abort = new AbortController();
  const start = (): Promise<Runtime> => {
    if (runtime) return runtime;
    const starting = Runtime.start({ ...options, signal: abort.signal });
    starting.catch(() => {
      // The next one tries again.
      if (runtime === starting) runtime = undefined;
    });
    return (runtime = starting);
  };
  const close = (): void => {
    abort.abort();
    abort = new AbortController();
    runtime?.then((it) => it.close()).catch(() => {});
    runtime = undefined;
  };
  return {
    start,
    close,
    keep(tell) {
      const { signal } = abort;
      const heard = (state: RuntimeState): void => {
        if (!signal.aborted) tell(state);
      };
      start().then(
        (runtime) => heard({ status: "ready", runtime }),
        (error: Error) => heard({ status: "failed", error }),
      );
      return close;
    },
  };
}

const IDLE: RunState = { status: "idle", progress: {}, partials: {}, outputs: [], error: undefined };

export function makeRunner(): Runner {
  const own = makeKeeper();
  let turn = 0;
  let current: Run | undefined;
  let next: RunState | undefined;
  /** Outputs since the last state: one by one they would be copied too often. */
  let came: Value[] = [];

  const flush = (): void => {
    runner.state = { ...next!, outputs: came.length > 0 ? [...next!.outputs, ...came] : next!.outputs };
    came = [];
    next = undefined;
    runner.changed();
  };
  /** Events come in batches; what shows them is told once for each. */
  const set = (change: Partial<RunState>): void => {
    if (!next) queueMicrotask(flush);
    // Whoever sets them has them all, or none.
    if (change.outputs) came = [];
    next = { ...(next ?? runner.state), ...change };
  };
  const hear = (event: RunEvent): void => {
    const { progress, partials } = next ?? runner.state;
    if (event.type === "progress") set({ progress: { ...progress, [event.node]: event } });
    if (event.type === "output") {
      came.push(event.value);
      set({});
    }
    if (event.type === "partial") {
      const { node, value } = event;
      const id = idOf(value);
      const others = partials[node]?.filter((it) => id == null || idOf(it) !== id) ?? [];
      set({ partials: { ...partials, [node]: [...others, value] } });
    }
  };

  const runner: Runner = {
    state: IDLE,
    changed() {},
    source: undefined,
    async run(manifest, options = {}) {
      void runner.cancel();
      const mine = ++turn;
      const setMine = (change: Partial<RunState>): void => {
        if (mine === turn) set(change);
      };
      setMine({ ...IDLE, status: "starting" });
      try {
        const runtime = await (runner.source ?? own).start();
        if (mine !== turn) return;
        const onEvent = (event: RunEvent): void => {
          options.onEvent?.(event);
          if (mine === turn) hear(event);
        };
        current = runtime.run(manifest, { ...options, onEvent });
        setMine({ status: "running" });
        const result = await current;
        const { outputs } = result;
        // With `collect: false` there are none here, but some may have come.
        setMine(outputs.length > 0 ? { status: "done", outputs } : { status: "done" });
        return result;
      } catch (error) {
        const cancelled = options.signal?.aborted || (error as PipelineError).code === "Cancelled";
        setMine({ status: cancelled ? "cancelled" : "failed", error: error as Error });
        return;
      }
    },
    async cancel(reason) {
      const run = current;
      current = undefined;
      if ((next ?? runner.state).status === "starting") {
        turn += 1;
        set({ status: "cancelled" });
      }
      await run?.cancel(reason);
    },
    close() {
      void runner.cancel();
      own.close();
    },
  };
  return runner;
}

function idOf(value: Value): unknown {
  return (value as { id?: unknown } | null)?.id;
}
