import init, { RtenBench } from "/rten/rten.js";
import { file, serve } from "./worker.js";

const wasm = await init({ module_or_path: "/rten/rten_bg.wasm" });

serve(async () => {
  const names = ["encoder", "cross", "decoder"].map((graph) => `${graph}-f32.onnx`);
  const bench = new RtenBench(...(await Promise.all(names.map(file))));
  const stages = { encode: () => bench.encode(), decode: (count) => bench.decode(count) };
  return { stages, memory: wasm.memory };
});
