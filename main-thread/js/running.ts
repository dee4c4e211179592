import { decode } from "./decode.js";
import { errorOf, messageOf, PipelineError } from "./errors.js";
import { EventQueue, type RunEvent } from "./events.js";
import type { EventView, FaultView, Limits, Report } from "./generated/data.js";
import type { Conductor, RunRequest } from "./hub.js";
import { Feed, handled } from "./inputs.js";
import { Package } from "./package.js";
import type { Result, RunOptions } from "./run.js";
import { Deferred, nextTask, report } from "./tasks.js";
import type { InputValue, Packed, Value } from "./values.js";

/** The engine's limits where none are given. */
const QUEUE_ITEMS = 8192;
const QUEUE_BYTES = 4 << 20;
/** A quarter of the limit; the engine counts up to 16 bytes for one that travels. */
const BYTES_SHARE = 64;

/** The inner side of a `Run`. */
export class Running {
  readonly id: number;
  readonly #hub: Conductor;
  readonly #options: RunOptions;
  readonly #done = new Deferred<Result>();
  /** Resolves however the run ends, once nothing of it works any more. */
  readonly #ended = new Deferred<void>();
  readonly #queues = new Set<EventQueue>();
  readonly #onAbort = (): void => void this.#stop(this.#options.signal?.reason);
  #request: RunRequest | undefined;
  readonly #package: Package | undefined;
  #feed: Feed | undefined;
  #begun = false;
  #collect: boolean;
  /** The event everything ended with. */
  #last: RunEvent | undefined;
  /** What the run fails with if it ends as cancelled: the reason why we cancelled it. */
  #verdict: { error: unknown } | undefined;
  /** Outputs that were taken and not yet paid for, and their bytes. */
  #taken = 0;
  #takenBytes = 0;
  #pays = false;

  constructor(hub: Conductor, manifest: unknown, options: RunOptions, limits: Limits | undefined) {
    this.id = hub.attach(this);
    this.#hub = hub;
    this.#options = options;
    this.#collect = options.collect ?? true;
    this.#package = manifest instanceof Package ? manifest : undefined;
    this.#package?.keep(this);
    try {
      this.#prepare(manifest, options, limits);
    } catch (error) {
      this.#verdict = { error };
    }
    // Whoever iterates in the same task is listening by then.
    queueMicrotask(() => this.#begin());
  }

  get result(): Promise<Result> {
    return this.#done.promise;
  }

  /** Resolves once the run has ended, however. */
  get ended(): Promise<void> {
    return this.#ended.promise;
  }

  events(): EventQueue {
    void handled(this.#done.promise);
    const queue = new EventQueue((queue) => this.#queues.delete(queue));
    this.#queues.add(queue);
    if (this.#last) this.#endQueue(queue, this.#last);
    return queue;
  }

  stream(): ReadableStream<Value> {
    if (this.#begun) throw misuse("stream() has to be called in the same task as run()");
    this.#collect = false;
    const queue = this.events();
    return new ReadableStream<Value>(
      {
        async pull(controller) {
          for (;;) {
            const { done, value: event } = await queue.next();
            if (done) return controller.close();
            if (event.type === "output") return controller.enqueue(event.value);
          }
        },
        cancel: async (reason) => {
          await queue.return();
          await this.cancel(reason);
        },
      },
      { highWaterMark: 0 },
    );
  }

  push(value: InputValue, last: boolean): Promise<void> {
    return (
      this.#feed?.push(value, last) ?? Promise.reject(misuse('push() is for runs with inputs: "stream"'))
    );
  }

  end(): void {
    this.#feed?.end();
  }

  async cancel(reason: unknown): Promise<void> {
    void handled(this.#done.promise);
    await this.#stop(
      new PipelineError("Cancelled", "the run was cancelled", { stage: "cancel", cause: reason }),
    );
    await this.#hub.rest();
  }

  /** The runtime wants more items. */
  demanded(items: number): void {
    this.#feed?.demand(items);
  }

  happened(views: EventView[], bulk: (position: number) => Packed): void {
    this.#feed?.heard();
    for (const view of views) {
      if (view.type === "partial" || view.type === "output") this.#valued(view, bulk(view.bulk));
      else this.#deliver({ ...view, run: this.id });
    }
  }

  finished(report: Report, packed: Packed): void {
    try {
      const outputs = decode(packed, this.#options.bigint ?? false);
      this.#settle({ type: "finished", run: this.id, result: { status: "success", outputs, ...report } });
    } catch (error) {
      this.#settle({ type: "failed", run: this.id, error });
    }
  }

  failed(fault: FaultView): void {
    const error = this.#verdict && fault.code === "Cancelled" ? this.#verdict.error : errorOf(fault);
    // Who closes the runtime knows that its runs end.
    if (fault.code === "Closed") void handled(this.#done.promise);
    this.#settle({ type: "failed", run: this.id, error });
  }

  #prepare(manifest: unknown, options: RunOptions, limits: Limits | undefined): void {
    const inputs = options.inputs ?? undefined;
    const engine = engineRuns(options, this.#package);
    this.#package?.expectRunnable(engine);
    this.#request = {
      manifest: manifestText(manifest),
      params: options.params === undefined ? null : jsonText(options.params, "params"),
      timeoutMs: timeout(options.timeoutMs),
      collect: true,
      events: false,
      edges: options.edgeEvents ?? false,
      inputs: inputs !== undefined,
      limits: { ...limits, ...options.limits },
      package: this.#package?.id ?? null,
    };
    if (inputs === undefined) return;
    this.#feed = new Feed(inputs, options.transfer ?? false, {
      push: (items, open) => this.#hub.push(this.id, items, open),
      end: () => this.#hub.end(this.id),
      fail: (error) => void this.#stop(error),
    });
  }

  #begin(): void {
    this.#begun = true;
    const { signal, onEvent } = this.#options;
    if (signal?.aborted) this.#verdict ??= { error: signal.reason };
    if (this.#last) return;
    if (this.#verdict || !this.#request) {
      return this.#settle({ type: "failed", run: this.id, error: this.#verdict?.error });
    }
    signal?.addEventListener("abort", this.#onAbort, { once: true });
    const events = onEvent !== undefined || this.#queues.size > 0;
    try {
      this.#hub.run(this.id, { ...this.#request, collect: this.#collect, events }, this.#package);
    } catch (error) {
      return this.#settle({
        type: "failed",
        run: this.id,
        error: error instanceof PipelineError ? error : misuse(messageOf(error)),
      });
    }
    this.#feed?.open();
  }

  #stop(error: unknown): Promise<void> {
    if (this.#last) return this.#ended.promise;
    this.#verdict ??= { error };
    this.#feed?.stop(this.#verdict.error);
    if (this.#begun) this.#hub.cancel(this.id);
    return this.#ended.promise;
  }

  #valued(view: EventView & { type: "partial" | "output" }, packed: Packed): void {
    const { type, node } = view;
    const bytes = type === "output" ? sizeOf(packed) / packed.count : 0;
    for (const value of decode(packed, this.#options.bigint ?? false)) {
      const event: RunEvent = { type, node, value, run: this.id };
      this.#deliver(event, type === "output" ? this.#takenBy(this.#queues.size, bytes) : undefined);
    }
  }

  /** Counts an output as taken once all `readers` have it. */
  #takenBy(readers: number, bytes: number): (() => void) | undefined {
    let left = readers;
    const taken = (): void => {
      left -= 1;
      if (left <= 0) this.#credit(bytes);
    };
    if (readers > 0) return taken;
    taken();
    return undefined;
  }

  /** Pays for outputs when they are a good part of what may be unread; the run has room for the rest meanwhile. */
  #credit(bytes: number): void {
    this.#taken += 1;
    this.#takenBytes += bytes;
    const { queueItems = QUEUE_ITEMS, queueBytes = QUEUE_BYTES } = this.#request?.limits ?? {};
    const many = this.#taken >= queueItems / 4 || this.#takenBytes >= queueBytes / BYTES_SHARE;
    if (this.#pays || !many) return;
    this.#pays = true;
    void nextTask().then(() => {
      const taken = this.#taken;
      this.#taken = this.#takenBytes = 0;
      this.#pays = false;
      if (!this.#last) this.#hub.credit(this.id, taken);
    });
  }

  #deliver(event: RunEvent, taken?: () => void): void {
    try {
      this.#options.onEvent?.(event);
    } catch (error) {
      report(error);
    }
    for (const queue of this.#queues) queue.push(event, taken);
  }

  #endQueue(queue: EventQueue, last: RunEvent): void {
    queue.push(last);
    queue.end(last.type === "failed" ? { error: last.error } : undefined);
  }

  #settle(last: RunEvent): void {
    if (this.#last) return;
    this.#last = last;
    this.#hub.detach(this.id);
    this.#options.signal?.removeEventListener("abort", this.#onAbort);
    const error = last.type === "failed" ? last.error : new PipelineError("Closed", "the run is over");
    this.#feed?.stop(error);
    try {
      this.#options.onEvent?.(last);
    } catch (thrown) {
      report(thrown);
    }
    for (const queue of this.#queues) this.#endQueue(queue, last);
    if (last.type === "finished") this.#done.resolve(last.result);
    else this.#done.reject(error);
    this.#ended.resolve();
  }
}

function sizeOf({ data, slots }: Packed): number {
  return slots.reduce((sum, it) => sum + (it instanceof ArrayBuffer ? it.byteLength : 0), data.byteLength);
}

/** Whether the engine is to run it, and not the package's own executor; throws `InvalidInput` for anything else. */
function engineRuns({ executor = "engine" }: RunOptions, pkg: Package | undefined): boolean {
  if (executor === "engine") return true;
  if ((executor as unknown) !== "package") throw misuse('executor must be "engine" or "package"');
  if (!pkg) throw misuse('executor: "package" is for packages');
  return false;
}

/** Text of a manifest; throws `InvalidManifest`. */
export function manifestText(manifest: unknown): string {
  if (typeof manifest === "string") return manifest;
  if (manifest instanceof Package) return manifest.text;
  return jsonText(manifest, "manifest");
}

function jsonText(value: unknown, what: "manifest" | "params"): string {
  let message = `the ${what} must be an object`;
  try {
    const text: string | undefined = JSON.stringify(value);
    if (text !== undefined) return text;
  } catch (error) {
    // Too deep, a cycle, a bigint: the engine's message says which.
    message = `the ${what} is no JSON: ${messageOf(error)}`;
  }
  const problem = { code: "InvalidManifest", severity: "error", path: "", message } as const;
  throw new PipelineError("InvalidManifest", message, { stage: "plan", problems: [problem] });
}

function timeout(ms: number | undefined): number | null {
  if (ms === undefined || ms === Infinity) return null;
  if (!(ms >= 0)) throw misuse("timeoutMs must be a number of milliseconds");
  return Math.min(Math.ceil(ms), 0xffff_ffff);
}

function misuse(message: string): PipelineError {
  return new PipelineError("InvalidInput", message, { stage: "input" });
}
