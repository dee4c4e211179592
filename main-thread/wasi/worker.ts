// The worker in which the executor of a package runs, once: a WASI command that reads its request and writes its result.
// It has no files, no arguments and no environment.
import { ConsoleStdout, File, OpenFile, WASI } from "@bjorn3/browser_wasi_shim";
import { Encoder } from "../js/encode.js";
import { messageOf, PipelineError } from "../js/errors.js";
import type { FaultView } from "../js/generated/data.js";
import type { Executed, Execution, ExecutionNews } from "../js/wasi-messages.js";
import { graphOf } from "./graph.js";
import { limitMemory } from "./memory.js";
import { Output, Say } from "./output.js";
import { requestText, resultIn } from "./text.js";

const scope = globalThis as unknown as DedicatedWorkerGlobalScope;
/** Bytes of memory that an executor may have; one that breaks with so many has met that limit, most likely. */
const MEMORY_BYTES = 2 ** 30;
const MUCH_BYTES = (MEMORY_BYTES / 8) * 7;
/** Whose outputs they are, where several nodes have given some. */
const ANY_NODE = "runtime.wasm";
const FAILED = /^Pipeline execution failed: /;

scope.onmessage = ({ data }: MessageEvent<Execution>) => {
  execute(data).then(
    (executed) => say({ executed }, [executed.outputs.data]),
    (error: unknown) => say({ failed: faultOf(error) }),
  );
};

async function execute({ wasm, manifest, params, items, outputBytes, logs }: Execution): Promise<Executed> {
  const begun = performance.now();
  const { graph, sinks } = graphOf(manifest);
  const request = new TextEncoder().encode(requestText(manifest, params, items));
  const node = sinks.length === 1 ? (sinks[0] as string) : ANY_NODE;
  const module = await compiled(wasm);
  const startMs = performance.now() - begun;
  say({ started: graph.execution_order });
  // No input items, nothing to do; executors of the original wait for ever then.
  const none = items?.every(({ count }) => count === 0);
  if (none) return { graph, outputs: new Encoder(false).finish(), node, startMs, memory: 0 };
  const output = new Output(outputBytes);
  const errors = new Say(logs, (log) => say({ log }));
  const { code, memory } = await command(module, request, output, errors);
  if (code !== 0) throw failure(code, errors.last);
  const found = resultIn(output.text());
  if (!found) throw noResult(errors.last);
  const encoder = new Encoder(false);
  found.outputs.forEach((value, index) => encoder.add(value, index));
  return { graph: { ...graph, ...found.graph }, outputs: encoder.finish(), node, startMs, memory };
}

async function compiled(wasm: Blob): Promise<WebAssembly.Module> {
  const bytes = limitMemory(new Uint8Array(await wasm.arrayBuffer()), MEMORY_BYTES);
  return WebAssembly.compile(bytes).catch((cause: unknown) => {
    throw new PipelineError("PackageRejected", `runtime.wasm cannot be compiled: ${messageOf(cause)}`);
  });
}

/** Runs a WASI command to its end; gives its exit code and how much memory it had. */
async function command(
  module: WebAssembly.Module,
  request: Uint8Array,
  output: Output,
  errors: Say,
): Promise<{ code: number; memory: number }> {
  const wasi = new WASI(
    [],
    [],
    [new OpenFile(new File(request)), new ConsoleStdout(output.write), new ConsoleStdout(errors.write)],
    { debug: false },
  );
  const offered = { wasi_snapshot_preview1: wasi.wasiImport };
  const strange = WebAssembly.Module.imports(module).find(
    (it) => !(it.module === "wasi_snapshot_preview1" && it.name in wasi.wasiImport),
  );
  if (strange) {
    const what = `${strange.module}.${strange.name}`;
    throw new PipelineError(
      "NotSupported",
      `the package's executor wants ${what}, which no WASI command has`,
    );
  }
  const instance = await WebAssembly.instantiate(module, offered);
  const { _start, memory } = instance.exports;
  if (typeof _start !== "function" || !(memory instanceof WebAssembly.Memory)) {
    throw new PipelineError(
      "PackageRejected",
      "runtime.wasm is no WASI command: it exports no _start and memory",
    );
  }
  try {
    const code = wasi.start(instance as Parameters<WASI["start"]>[0]);
    return { code, memory: memory.buffer.byteLength };
  } catch (error) {
    throw crash(error, errors, memory);
  } finally {
    errors.end();
  }
}

function crash(error: unknown, errors: Say, memory: WebAssembly.Memory): unknown {
  if (error instanceof PipelineError) return error;
  errors.end();
  const facts = { stage: "process", details: { stderr: errors.last.slice(-20) } };
  const told = errors.last.join("\n");
  const full = memory.buffer.byteLength > MUCH_BYTES || /memory allocation of \d+ bytes/.test(told);
  return full
    ? new PipelineError("OutOfMemory", `the package's executor needs more than ${MEMORY_BYTES} bytes`, facts)
    : new PipelineError("WorkerCrashed", `the package's executor crashed: ${messageOf(error)}`, facts);
}

/** What an executor says of its end, on the last lines of its error output. */
function failure(code: number, lines: readonly string[]): PipelineError {
  const at = lines.findLastIndex((line) => FAILED.test(line));
  const details = { exitCode: code, stderr: lines.slice(-20) };
  if (at < 0) {
    const last = lines.at(-1);
    const message = `the package's executor ended with code ${code}${last === undefined ? "" : `: ${last}`}`;
    return new PipelineError("NodeFailed", message, { stage: "process", details });
  }
  // The original says it twice.
  const message = lines.slice(at).join("\n").replace(FAILED, "").replace(FAILED, "");
  const invalid = /^(Failed to parse|Manifest error:)/.test(message);
  return new PipelineError(invalid ? "InvalidManifest" : "NodeFailed", message, {
    stage: "process",
    details,
  });
}

function noResult(lines: readonly string[]): PipelineError {
  const facts = { stage: "process", details: { exitCode: 0, stderr: lines.slice(-20) } };
  return new PipelineError("NodeFailed", "the package's executor wrote no result", facts);
}

function faultOf(error: unknown): FaultView {
  const known = error instanceof PipelineError ? error : new PipelineError("WorkerCrashed", messageOf(error));
  const { code, message, stage = "process", details } = known;
  const fault: FaultView = { code, message, stage, problems: known.problems ?? [] };
  return details === undefined ? fault : { ...fault, details: JSON.stringify(details) };
}

function say(news: ExecutionNews, transfer: Transferable[] = []): void {
  scope.postMessage(news, transfer);
}
