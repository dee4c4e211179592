// What an item costs inside Pyodide, and what the base64 envelope costs against the binary path. Prints JSON lines.
//
//     node python-worker/tests/pyodide.bench.mjs [folder of the npm package pyodide] [folder of remotemedia.tar]
import { readFile } from "node:fs/promises";
import { resolve } from "node:path";
import { pathToFileURL } from "node:url";

const index = resolve(process.argv[2] ?? "node_modules/pyodide") + "/";
const bundle = resolve(process.argv[3] ?? "dist/remotemedia/pyodide") + "/";
const RUNS = 7;
const SOURCE = `
from remotemedia import Node, Tensor, to_envelope

class Echo(Node):
    def process(self, data):
        return data

class Envelope(Node):
    def process(self, data):
        return to_envelope(data)
`;

const { loadPyodide } = await import(pathToFileURL(index + "pyodide.mjs").href);
const pyodide = await loadPyodide({ indexURL: index });
pyodide.unpackArchive(new Uint8Array(await readFile(bundle + "remotemedia.tar")), "tar", {
  extractDir: "/lib/remotemedia",
});
pyodide.pyimport("sys").path.append("/lib/remotemedia");

let given = [];
const sink = (view) => {
  const buffer = view.getBuffer("u8");
  given.push(buffer.data.slice());
  buffer.release();
  return given.length - 1;
};
const host = pyodide.pyimport("remotemedia._host").Host(
  () => {},
  sink,
  () => {},
);
host.guard_globals();
const kinds = JSON.parse(host.register(SOURCE)).kinds.map((kind) => kind.name);
if (kinds.join() !== "Echo,Envelope") throw new Error(`registered ${kinds}`);

const turn = host.turn;
const bytes = new TextEncoder();
const text = new TextDecoder();

/** One turn of `node`, carried as the worker carries it; gives the outputs. */
function run(node, json, buffers) {
  given = [];
  const answer = turn(node, json.length < 1 << 14 ? json : bytes.encode(json), buffers, 1e6, 1e12, 1e6);
  let told = answer;
  if (typeof answer !== "string") {
    const buffer = answer.getBuffer("u8");
    told = text.decode(buffer.data);
    buffer.release();
    answer.destroy();
  }
  const parsed = JSON.parse(told);
  if (parsed.fault) throw new Error(parsed.fault.message);
  return parsed[2];
}

function measure(metric, unit, scale, act) {
  const times = [];
  for (let i = 0; i <= RUNS; i++) {
    const start = performance.now();
    act();
    // The first one warms up.
    if (i > 0) times.push((performance.now() - start) * scale);
  }
  times.sort((a, b) => a - b);
  const median = Number(times[RUNS >> 1].toFixed(2));
  console.log(
    JSON.stringify({
      bench: "python-host",
      engine: "node",
      metric,
      unit,
      median,
      min: Number(times[0].toFixed(2)),
      runs: RUNS,
    }),
  );
  return median;
}

const open = (node, kind, params) => host.open(node, "it", kind, JSON.stringify(params), []);
open(0, "Echo", {});
open(1, "TextProcessorNode", { operations: ["uppercase", "word_count", "char_count"] });
open(2, "Envelope", {});

const items = JSON.stringify([Array.from({ length: 1000 }, (_, i) => i), null]);
if (run(1, "[[15],null]", [])[0][1].results.uppercase !== "15") throw new Error("wrong result");
measure("echo of a number", "us/item", 1, () => run(0, items, []));
measure("TextProcessorNode of a number", "us/item", 1, () => run(1, items, []));
measure("one item per call", "us/item", 1000, () => run(0, "[[5],null]", []));

const samples = new Float32Array(1_000_000).fill(0.25);
const tensor = '[[{"$rm":"tensor","dtype":"float32","shape":[1000000],"buffer":0}],null]';
const binary = measure("tensor of 1 M float32 there and back, binary", "ms", 1, () => {
  run(0, tensor, [samples.buffer]);
  if (given[0].length !== 4_000_000) throw new Error("lost bytes");
});
const encode = () => Buffer.from(samples.buffer).toString("base64");
const meta = {
  shape: [1_000_000],
  dtype: "float32",
  size: 1_000_000,
  c_contiguous: true,
  f_contiguous: true,
};
const base64 = measure("tensor of 1 M float32 there and back, base64 envelope", "ms", 1, () => {
  const [[, envelope]] = run(
    2,
    JSON.stringify([[{ __numpy__: true, array: { meta, data: encode() } }], null]),
    [],
  );
  if (Buffer.from(envelope.array.data, "base64").length !== 4_000_000) throw new Error("lost bytes");
});
console.log(
  JSON.stringify({
    bench: "python-host",
    engine: "node",
    metric: "base64 over binary",
    unit: "ratio",
    median: Number((base64 / binary).toFixed(1)),
  }),
);

measure("close and reset", "ms", 1, () => {
  host.close();
  host.reset();
});
