// The runtime worker: engine and light Rust nodes.
import init, { RuntimeWorker, fatal } from "../../target/bindgen/runtime/runtime.js";
import { serve, type Outgoing } from "./worker.js";

serve(async (wasm) => {
  await init({ module_or_path: wasm });
  const worker = new RuntimeWorker();
  const handler = {
    page: (message: unknown) => worker.page(message) as Outgoing[],
    host: (from: number, message: unknown) => worker.host(from, message) as Outgoing[],
    port: (message: unknown) => RuntimeWorker.attaches(message),
    step: () => worker.step() as Outgoing[],
    has_work: () => worker.has_work(),
    tick: () => worker.tick() as Outgoing[],
    due_in: () => worker.due_in(),
  };
  return { handler, ready: worker.ready() as Outgoing[] };
}, fatal);
