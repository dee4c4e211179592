/**
 * Hooks for React.
 *
 * @example
 * const { status, outputs, progress, run, cancel } = useRun();
 * <button onClick={() => run(manifest, { inputs: [5, 7, 3] })}>Run</button>
 *
 * @module
 */
import { useEffect, useState, useSyncExternalStore } from "react";
import { makeKeeper, makeRunner } from "./runner.js";
import type { RunActions, RunState, RuntimeOptions, RuntimeSource, RuntimeState } from "./runner.js";

export type * from "./types.js";

/** A runtime that is started with the component and closed with it. The options are those of the first render. */
export function useRuntime(options?: RuntimeOptions): RuntimeState & RuntimeSource {
  const [keeper] = useState(() => makeKeeper(options));
  const [state, setState] = useState<RuntimeState>({ status: "starting" });
  useEffect(() => keeper.keep(setState), [keeper]);
  return { ...state, start: keeper.start };
}

/**
 * One run at a time, and what to show of it. In the runtime that `useRuntime` gave, or one of its own that the first
 * run starts. Unmounting cancels the run.
 */
export function useRun(source?: RuntimeSource): RunState & RunActions {
  const [[runner, subscribe, snapshot]] = useState(makeStore);
  useEffect(() => void (runner.source = source));
  useEffect(() => runner.close, [runner]);
  const { run, cancel } = runner;
  return { ...useSyncExternalStore(subscribe, snapshot, snapshot), run, cancel };
}

/** A runner as React subscribes to it. */
function makeStore() {
  const runner = makeRunner();
  const subscribe = (changed: () => void) => {
    runner.changed = changed;
    return () => {};
  };
  return [runner, subscribe, () => runner.state] as const;
}
