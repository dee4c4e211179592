// A compute worker: a node host with heavy Rust nodes, for one run at a time.
import init, { ComputeWorker, fatal } from "../../target/bindgen/media/media.js";
import { hosting, serve } from "./worker.js";

serve(async (wasm) => {
  await init({ module_or_path: wasm });
  return hosting(new ComputeWorker());
}, fatal);
