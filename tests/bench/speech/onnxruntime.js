import * as ort from "/ort/ort.wasm.min.mjs";
import { file, serve } from "./worker.js";

const LAYERS = 4;
const names = (kind) =>
  Array.from({ length: LAYERS }, (_, at) => [`${kind}key.${at}`, `${kind}value.${at}`]).flat();

ort.env.wasm.wasmPaths = "/ort/";
ort.env.wasm.numThreads = 1;

serve(async (precision) => {
  const open = async (graph) => ort.InferenceSession.create(await file(`${graph}-${precision}.onnx`));
  const encoder = await open("encoder");
  const cross = await open("cross");
  const decoder = await open("decoder");
  const mel = Float32Array.from({ length: 80 * 3000 }, (_, at) => (at % 101) / 100 - 0.5);
  let memory;
  const encode = async () => {
    const { heard } = await encoder.run({ mel: new ort.Tensor("float32", mel, [1, 80, 3000]) });
    memory = await cross.run({ heard });
  };
  const decode = async (count) => {
    const empty = () => new ort.Tensor("float32", new Float32Array(0), [1, 6, 0, 64]);
    let cache = Object.fromEntries(names("").map((name) => [name, empty()]));
    let tokens = [50258, 50259, 50359, 50363];
    for (let said = 0; said <= count; said += 1) {
      const ids = new ort.Tensor("int64", BigInt64Array.from(tokens, BigInt), [1, tokens.length]);
      const given = await decoder.run({ tokens: ids, ...cache, ...memory });
      cache = Object.fromEntries(names("").map((name) => [name, given[`new_${name}`]]));
      const logits = given.logits.data;
      let best = 0;
      for (let id = 1; id < logits.length; id += 1) if (logits[id] > logits[best]) best = id;
      tokens = [best];
    }
  };
  return { stages: { encode, decode } };
});
