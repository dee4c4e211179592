/** The WASI command under wasmtime, against the same command as a native program; and how long it takes to start. */
import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { COMMAND, node, wasmtime } from "../wasi/hosts.ts";
import { type Bench, bench, type Line, median } from "./frame.ts";

const SHORT = Boolean(process.env["RM_BENCH_SHORT"]);
const RUNS = SHORT ? 1 : 5;
const ITEMS = 100_000;
const RUST_ONLY = COMMAND.replace(".wasm", ".rust-only.wasm");

/** The short form takes the program that the tests have built: it tells no times. */
const NATIVE = fileURLToPath(
  new URL(`../../target/${SHORT ? "debug" : "wasi"}/pipeline_executor_wasm`, import.meta.url),
);

const request = (nodes: object[], connections: object[], input_data: unknown[]) =>
  JSON.stringify({ manifest: { version: "v1", nodes, connections }, input_data });

const CALCULATOR = [
  { id: "multiply", node_type: "MultiplyNode", params: { factor: 2 } },
  { id: "add", node_type: "AddNode", params: { addend: 10 } },
];
const numbers = Array.from({ length: ITEMS }, (_, at) => at / 2);
const calculator = request(CALCULATOR, [{ from: "multiply", to: "add" }], numbers);
const text = request([{ id: "text", node_type: "TextProcessorNode" }], [], ["a"]);
const one = request(CALCULATOR.slice(0, 1), [], [1]);

function check(stdout: string): void {
  const { outputs } = JSON.parse(stdout) as { outputs: number[] };
  if (outputs.length !== ITEMS || outputs[7] !== 17) throw new Error(`wrong result: ${stdout.slice(0, 200)}`);
}

function natively(): number {
  const begun = performance.now();
  const { stdout, error } = spawnSync(NATIVE, { input: calculator, encoding: "utf8", maxBuffer: 1 << 28 });
  const took = performance.now() - begun;
  if (error) throw error;
  check(stdout);
  return took;
}

async function underWasmtime(): Promise<number> {
  const [answer] = await wasmtime([{ stdin: calculator }], RUST_ONLY);
  check(answer!.stdout);
  return answer!.ms;
}

function told(it: Bench, engine: string, metric: string, samples: number[], more: Partial<Line> = {}): void {
  const min = Math.min(...samples);
  it.report({
    bench: it.name,
    engine,
    metric,
    unit: "ms",
    median: median(samples),
    min,
    runs: samples.length,
    ...more,
  });
}

await bench("wasi", async (it) => {
  const [native, wasi]: number[][] = [[], []];
  // The first compiles the module, and its result is kept.
  await underWasmtime();
  for (let run = 0; run < RUNS; run += 1) {
    native!.push(natively());
    wasi!.push(await underWasmtime());
  }
  const peer_median = median(native!);
  told(it, "native", "calculator_ms", native!);
  told(it, "remotemedia under wasmtime", "calculator_ms", wasi!, {
    peer: "native",
    peer_median,
    ratio: median(wasi!) / peer_median,
    target: 1.5,
    note: `two nodes over ${ITEMS} numbers, the request read and the answer written`,
    what: "WASI command under wasmtime against a native one, calculator over 100 000 items",
  });
  for (const [host, run] of [
    ["wasmtime", wasmtime],
    ["node", node],
  ] as const) {
    for (const [engine, stdin, command] of [
      ["without Python", one, RUST_ONLY],
      ["with Python, not used", one, COMMAND],
      ["with Python", text, COMMAND],
    ] as const) {
      const answers = await run(
        Array.from({ length: RUNS }, () => ({ stdin })),
        command,
      );
      const samples = answers.map(({ ms }) => ms);
      told(it, `remotemedia ${engine}, ${host}`, "start_ms", samples, { note: "one item, module compiled" });
    }
  }
});
