import init, { SpeechBench } from "/speech/speech.js";
import { serve } from "./worker.js";

const wasm = await init({ module_or_path: "/speech/speech_bg.wasm" });

serve((size) => {
  const bench = new SpeechBench(size);
  const stages = {
    mel: () => bench.mel(),
    encode: () => bench.encode(),
    decode: (count) => bench.decode(count),
  };
  return { stages, memory: wasm.memory };
});
