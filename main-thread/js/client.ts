import type { Answer } from "./answers.js";
import { PipelineError } from "./errors.js";
import type { Places } from "./places.js";
import { Deferred, report } from "./tasks.js";
import { type Helper, makeWorker } from "./workers.js";

/** How something is to be loaded. @internal */
export interface Loading<P> {
  signal?: AbortSignal | undefined;
  onProgress?: ((progress: P) => void) | undefined;
}

interface Pending<P> {
  answer: Deferred<unknown>;
  onProgress: ((progress: P) => void) | undefined;
}

/** How a helper is treated. @internal */
export interface Manners {
  /** The first message to it. */
  boot(places: Places): object;
  /** It is ended once it has had nothing to do for so long, in milliseconds; if not given, with the runtime. */
  idleMs?: number;
  /** Whether giving up its only question ends it: for one that cannot hear while it works. */
  deaf?: boolean;
}

/** The page's end of a worker that answers questions. It is started when it is first needed. @internal */
export class Client<Q extends { ask: string }, P> {
  readonly #role: Helper;
  readonly #places: Places;
  readonly #manners: Manners;
  #worker: Worker | undefined;
  #closed = false;
  #numbers = 0;
  readonly #pending = new Map<number, Pending<P>>();
  /** Questions that were given up, until the worker has stopped working on them. */
  readonly #stopping = new Map<number, Deferred<void>>();
  #idle: ReturnType<typeof setTimeout> | undefined;

  constructor(role: Helper, places: Places, manners: Manners) {
    this.#role = role;
    this.#places = places;
    this.#manners = manners;
  }

  async ask(question: Q, { signal, onProgress }: Loading<P> = {}): Promise<unknown> {
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
      this.#rest();
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
    pending.answer.reject(reason);
    if (this.#manners.deaf && this.#pending.size === 0) return this.#end(closed());
    this.#stopping.set(id, new Deferred());
    this.#worker?.postMessage({ id, ask: "abort" });
  }

  #start(): Worker {
    clearTimeout(this.#idle);
    if (this.#worker) return this.#worker;
    const worker = makeWorker(this.#role, this.#places);
    this.#worker = worker;
    worker.onmessage = ({ data }: MessageEvent<Answer<P>>) => this.#heard(data);
    worker.onerror = (event) => {
      event.preventDefault();
      // A script that did not load gives an event without a word.
      this.#end(
        event.message
          ? new PipelineError("WorkerCrashed", `the ${this.#role} worker crashed: ${event.message}`)
          : new PipelineError("LoadFailed", `the script of the ${this.#role} worker did not load`),
      );
    };
    worker.postMessage({ boot: this.#manners.boot(this.#places) });
    return worker;
  }

  #heard(answer: Answer<P>): void {
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
      const { code, message, details, problems } = answer.error;
      const error = new PipelineError(code, message, { stage: "load", details, problems });
      pending?.answer.reject(error);
      // What broke once is never used again.
      if (code === "WorkerCrashed") this.#end(error);
    }
    this.#rest();
  }

  /** Lets it go after a while without a question. */
  #rest(): void {
    const { idleMs } = this.#manners;
    clearTimeout(this.#idle);
    const busy = this.#pending.size > 0 || this.#stopping.size > 0;
    if (!this.#worker || idleMs === undefined || busy) return;
    this.#idle = setTimeout(() => this.#end(closed()), idleMs);
  }

  /** The worker is no more; the next question starts another. */
  #end(error: PipelineError): void {
    clearTimeout(this.#idle);
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
