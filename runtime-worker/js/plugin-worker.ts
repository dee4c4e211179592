// A plugin's worker: a node host whose nodes are in a module that somebody else has compiled. For one run, and for
// what ends a loop in that module there is nothing but to end this worker.
import init, { PluginWorker, fatal } from "../../target/bindgen/plugin/plugin.js";
import { Plugin } from "./plugin.js";
import { hosting, serve } from "./worker.js";

serve(async (wasm, module) => {
  await init({ module_or_path: wasm });
  if (!module) throw new Error("a plugin's worker was given no plugin");
  return hosting(new PluginWorker(await Plugin.start(module)));
}, fatal);
