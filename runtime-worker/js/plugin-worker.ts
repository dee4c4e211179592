// A plugin's worker: a node host whose nodes are in a module that somebody else has compiled. For one run, and for
// what ends a loop in that module there is nothing but to end this worker.
import init, { PluginWorker, fatal } from "../../target/bindgen/plugin/plugin.js";
import { Plugin } from "./plugin.js";
import { serve, type Outgoing } from "./worker.js";

const RUNTIME = 1;

serve(async (wasm, module) => {
  await init({ module_or_path: wasm });
  if (!module) throw new Error("a plugin's worker was given no plugin");
  const worker = new PluginWorker(await Plugin.start(module));
  const handler = {
    page: (message: unknown) => worker.page(message) as Outgoing[],
    host: (_from: number, message: unknown) => worker.host(message) as Outgoing[],
    port: () => RUNTIME,
    step: () => worker.step() as Outgoing[],
    has_work: () => worker.has_work(),
    tick: () => [],
    due_in: () => undefined,
  };
  return { handler, ready: worker.ready() as Outgoing[] };
}, fatal);
