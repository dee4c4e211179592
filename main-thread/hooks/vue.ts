/**
 * Composables for Vue.
 *
 * @example
 * const { status, outputs, progress, run, cancel } = useRun();
 * <button @click="run(manifest, { inputs: [5, 7, 3] })">Run</button>
 *
 * @module
 */
import { onScopeDispose, type Ref, shallowReactive, toRefs } from "vue";
import { makeKeeper, makeRunner } from "./runner.js";
import type { RunActions, RunState, RuntimeOptions, RuntimeSource, RuntimeState } from "./runner.js";

export type * from "./types.js";

/** Each field as a ref that is only to be read. */
export type Refs<T> = { readonly [key in keyof T]-?: Readonly<Ref<T[key]>> };

/** A runtime that is started with the component (or other effect scope) and closed with it. */
export function useRuntime(options?: RuntimeOptions): Refs<RuntimeState> & RuntimeSource {
  const keeper = makeKeeper(options);
  const state = shallowReactive<RuntimeState>({ status: "starting", runtime: undefined, error: undefined });
  // On a server there is nothing to start, nor anybody to end it.
  if (globalThis.document) onScopeDispose(keeper.keep((now) => Object.assign(state, now)));
  return { ...(toRefs(state) as Refs<RuntimeState>), start: keeper.start };
}

/**
 * One run at a time, and what to show of it. In the runtime that `useRuntime` gave, or one of its own that the first
 * run starts. The end of the component cancels the run.
 */
export function useRun(source?: RuntimeSource): Refs<RunState> & RunActions {
  const runner = makeRunner();
  runner.source = source;
  const state = shallowReactive({ ...runner.state });
  runner.changed = () => Object.assign(state, runner.state);
  onScopeDispose(runner.close);
  const { run, cancel } = runner;
  return { ...toRefs(state), run, cancel };
}
