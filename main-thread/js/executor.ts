import { messageOf, PipelineError } from "./errors.js";
import type { ErrorCode, FaultView, Limits, Problem } from "./generated/data.js";
import type { Conductor, Hub, Listener, RunRequest } from "./hub.js";
import type { Package } from "./package.js";
import type { Places } from "./places.js";
import type { Packed } from "./values.js";
import type { Executed, Execution, ExecutionNews } from "./wasi-messages.js";
import { makeWorker } from "./workers.js";

/** What a run may use up where nothing else is said, as the engine has it. */
const RUN_BYTES = 2 ** 30;
const OUTPUT_BYTES = 2 ** 28;
const LOGS = 10_000;
/** Inputs that are asked for at once. */
const DEMAND = 4096;

/** Runs one package by the executor that it brings: all inputs in, all results out. @internal */
export class Executor implements Conductor {
  readonly #hub: Hub;
  readonly #places: Places;
  #listener: Listener | undefined;
  #request: RunRequest | undefined;
  #package: Package | undefined;
  #items: Packed[] = [];
  #bytes = 0;
  #worker: Worker | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #begun = 0;

  constructor(hub: Hub, places: Places) {
    this.#hub = hub;
    this.#places = places;
  }

  attach(listener: Listener): number {
    this.#listener = listener;
    return this.#hub.attach(listener);
  }

  detach(run: number): void {
    this.#listener = undefined;
    clearTimeout(this.#timer);
    this.#worker?.terminate();
    this.#worker = undefined;
    this.#hub.detach(run);
  }

  run(_run: number, request: RunRequest, pkg: Package): void {
    this.#request = request;
    this.#package = pkg;
    this.#begun = performance.now();
    const { timeoutMs } = request;
    if (timeoutMs !== null) {
      const late = (): void => this.#fail("TimedOut", `the run took longer than ${timeoutMs} ms`);
      this.#timer = setTimeout(late, Math.min(timeoutMs, 0x7fff_ffff));
    }
    if (request.inputs) this.#demand(DEMAND);
    else void this.#execute(null);
  }

  push(_run: number, items: Packed): void {
    this.#items.push(items);
    this.#bytes += items.data.byteLength;
    const { runBytes = RUN_BYTES } = this.#limits;
    if (this.#bytes > runBytes) {
      return this.#fail("LimitExceeded", `the inputs are more than the ${runBytes} bytes of limits.runBytes`);
    }
    this.#demand(items.count);
  }

  end(): void {
    void this.#execute(this.#items);
  }

  /** It has given everything at once. */
  credit(): void {}

  cancel(): void {
    this.#fail("Cancelled", "the run was cancelled");
  }

  /** A worker that was terminated holds nothing that anybody waits for. */
  rest(): Promise<void> {
    return Promise.resolve();
  }

  get #limits(): Limits {
    return this.#request?.limits ?? {};
  }

  /** Later, as the hub would: whoever gives items is not through with it yet. */
  #demand(items: number): void {
    queueMicrotask(() => this.#listener?.demanded(items));
  }

  async #execute(items: Packed[] | null): Promise<void> {
    const { manifest, params, package: id } = this.#request as RunRequest;
    try {
      const wasm = (this.#package as Package).executor;
      const problems = await this.#hub.validate(manifest, params ?? undefined, id ?? undefined);
      if (!this.#listener) return;
      // What nodes there are, the executor knows.
      const errors = problems.filter((it) => it.severity === "error" && it.code !== "UnknownNode");
      if (errors.length > 0) return this.#fail("InvalidManifest", lines(errors), errors);
      const { outputBytes = OUTPUT_BYTES, logs = LOGS } = this.#limits;
      this.#start({ wasm, manifest, params, items, outputBytes, logs });
    } catch (error) {
      const { code, message } =
        error instanceof PipelineError ? error : { code: "StartFailed" as const, message: messageOf(error) };
      this.#fail(code, message);
    }
  }

  #start(execution: Execution): void {
    const worker = makeWorker("wasi", this.#places);
    this.#worker = worker;
    worker.onmessage = ({ data }: MessageEvent<ExecutionNews>) => this.#heard(data);
    worker.onmessageerror = () => this.#fail("WorkerCrashed", "what the executor said could not be read");
    worker.onerror = (event) => {
      event.preventDefault();
      if (event.message) this.#fail("WorkerCrashed", `the package's executor crashed: ${event.message}`);
      else this.#fail("LoadFailed", "the script of the wasi worker did not load");
    };
    const name = "runtime.wasm";
    const { size } = execution.wasm;
    this.#tell({ type: "load", what: "package", name, loaded: size, total: size });
    const buffers = (execution.items ?? []).flatMap(({ data, slots }) => [data, ...slots]);
    const transfer = buffers.filter((it) => it instanceof ArrayBuffer);
    worker.postMessage(execution, transfer);
  }

  #heard(news: ExecutionNews): void {
    if ("started" in news) this.#tell({ type: "started", order: news.started });
    else if ("log" in news) for (const line of news.log) this.#tell({ type: "log", ...line });
    else if ("failed" in news) this.#listener?.failed(news.failed);
    else this.#finish(news.executed);
  }

  #finish({ graph, outputs, node, startMs, memory }: Executed): void {
    const { events, collect } = this.#request as RunRequest;
    if (events && outputs.count > 0) {
      this.#listener?.happened([{ type: "output", node, bulk: 0 }], () => outputs);
    }
    const totalMs = performance.now() - this.#begun;
    const loadMs = { wasm: startMs, python: 0, models: 0 };
    const metrics = { totalMs, startMs, loadMs, nodes: {}, peakBytes: memory };
    this.#listener?.finished({ graph_info: graph, metrics }, collect ? outputs : NOTHING);
  }

  #tell(event: Parameters<Listener["happened"]>[0][number]): void {
    if (this.#request?.events) this.#listener?.happened([event], () => NOTHING);
  }

  #fail(code: ErrorCode, message: string, problems: Problem[] = []): void {
    const { node } = problems[0] ?? {};
    const fault: FaultView = {
      code,
      message,
      problems,
      stage: code === "InvalidManifest" ? "plan" : "process",
    };
    this.#listener?.failed(node === undefined ? fault : { ...fault, node });
  }
}

/** No values: postcard of an empty list. */
const NOTHING: Packed = { count: 0, data: new Uint8Array([0]).buffer, slots: [] };

function lines(problems: Problem[]): string {
  return problems.map((it) => it.message).join("\n");
}
