import { PipelineError } from "./errors.js";
import type { LocalModel, ModelFiles, ModelInfo, ModelProgress } from "./models-messages.js";
import type { ModelsAnswer, ModelsQuestion } from "./models-messages.js";
import { modelsBoot, type Places } from "./places.js";
import { Deferred, report } from "./tasks.js";
import { makeWorker } from "./workers.js";

/** How something is to be loaded. @internal */
export interface Loading {
  signal?: AbortSignal | undefined;
  onProgress?: ((progress: ModelProgress) => void) | undefined;
}

/** A question without its number. @internal */
export type Question = ModelsQuestion extends infer T
  ? T extends { id: number }
    ? Omit<T, "id">
    : never
  : never;

interface Pending {
  answer: Deferred<unknown>;
  onProgress: ((progress: ModelProgress) => void) | undefined;
}

/** The page's end of the models worker, which is started when it is first needed. @internal */
export class ModelsClient {
  readonly #places: Places;
  #worker: Worker | undefined;
  #closed = false;
  #numbers = 0;
  readonly #pending = new Map<number, Pending>();
  /** Questions that were given up, until the worker has stopped working on them. */
  readonly #stopping = new Map<number, Deferred<void>>();

  constructor(places: Places) {
    this.#places = places;
  }

  /** The files of a model, and what is known of it then. */
  async load(model: string | LocalModel, loading: Loading): Promise<{ files: ModelFiles; info: ModelInfo }> {
    return (await this.ask({ ask: "load", model }, loading)) as { files: ModelFiles; info: ModelInfo };
  }

  async ask(question: Question, { signal, onProgress }: Loading = {}): Promise<unknown> {
    if (this.#closed) throw closed();
    signal?.throwIfAborted();
    const worker = this.#start();
    this.#numbers += 1;
    const id = this.#numbers;
    const answer = new Deferred<unknown>();
    this.#pending.set(id, { answer, onProgress });
    const abort = (): void => this.#abort(id, signal?.reason);
    signal?.addEventListener("abort", abort, { once: true });
    worker.postMessage({ id, ...question });
    try {
      return await answer.promise;
    } finally {
      signal?.removeEventListener("abort", abort);
    }
  }

  /** Resolves when nothing that was given up is worked on any more. */
  async rest(): Promise<void> {
    await Promise.all([...this.#stopping.values()].map((it) => it.promise));
  }

  close(): void {
    this.#closed = true;
    this.#end(closed());
  }

  #abort(id: number, reason: unknown): void {
    const pending = this.#pending.get(id);
    if (!pending) return;
    this.#pending.delete(id);
    this.#stopping.set(id, new Deferred());
    this.#worker?.postMessage({ id, ask: "abort" } satisfies ModelsQuestion);
    pending.answer.reject(reason);
  }

  #start(): Worker {
    if (this.#worker) return this.#worker;
    const worker = makeWorker("models", this.#places);
    this.#worker = worker;
    worker.onmessage = ({ data }: MessageEvent<ModelsAnswer>) => this.#heard(data);
    worker.onerror = (event) => {
      event.preventDefault();
      // A script that did not load gives an event without a word.
      this.#end(
        event.message
          ? new PipelineError("WorkerCrashed", `the models worker crashed: ${event.message}`)
          : new PipelineError("LoadFailed", "the script of the models worker did not load"),
      );
    };
    worker.postMessage({ boot: modelsBoot(this.#places) });
    return worker;
  }

  #heard(answer: ModelsAnswer): void {
    const { id } = answer;
    const pending = this.#pending.get(id);
    if ("progress" in answer) {
      try {
        pending?.onProgress?.(answer.progress);
      } catch (error) {
        report(error);
      }
      return;
    }
    this.#pending.delete(id);
    this.#stopping.get(id)?.resolve();
    this.#stopping.delete(id);
    if ("value" in answer) pending?.answer.resolve(answer.value);
    if ("error" in answer) {
      const { code, message, details } = answer.error;
      pending?.answer.reject(new PipelineError(code, message, { stage: "load", details }));
    }
  }

  /** The worker is no more; the next question starts another. */
  #end(error: PipelineError): void {
    this.#worker?.terminate();
    this.#worker = undefined;
    for (const { answer } of this.#pending.values()) answer.reject(error);
    this.#pending.clear();
    for (const stopping of this.#stopping.values()) stopping.resolve();
    this.#stopping.clear();
  }
}

function closed(): PipelineError {
  return new PipelineError("Closed", "the runtime was closed");
}
