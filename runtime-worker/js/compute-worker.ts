// A compute worker: a node host with heavy Rust nodes, for one run at a time.
import init, { ComputeWorker, fatal } from "../../target/bindgen/media/media.js";
import { serve, type Outgoing } from "./worker.js";

const RUNTIME = 1;

serve(async (wasm) => {
  await init({ module_or_path: wasm });
  const worker = new ComputeWorker();
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
