import type { Core, CoreClass } from "./coordinator.js";
import { errorOf, messageOf, PipelineError } from "./errors.js";
import type {
  ErrorCode,
  EventView,
  FaultView,
  Limits,
  NodeInfo,
  Options,
  Problem,
  Report,
  Step,
} from "./generated/data.js";
import { handled } from "./inputs.js";
import { ModelFeed } from "./models.js";
import { ModelsClient } from "./models-client.js";
import type { Package } from "./package.js";
import type { PackageCode } from "./packages.js";
import type { Places } from "./places.js";
import { Deferred, report } from "./tasks.js";
import type { Packed } from "./values.js";
import { Workers } from "./workers.js";

/** What the coordinator takes to start a run. @internal */
export interface RunRequest {
  manifest: string;
  params: string | null;
  timeoutMs: number | null;
  collect: boolean;
  events: boolean;
  edges: boolean;
  inputs: boolean;
  limits: Limits;
  /** The package it is of, if its code is to run. */
  package: number | null;
}

/** Who runs what is asked for: the hub, or whoever does it in its stead. @internal */
export interface Conductor {
  /** Gives the number by which the run is known. */
  attach(listener: Listener): number;
  detach(run: number): void;
  run(run: number, request: RunRequest, pkg: Package | undefined): void;
  push(run: number, items: Packed, open: boolean): void;
  end(run: number): void;
  credit(run: number, outputs: number): void;
  cancel(run: number): void;
  rest(): Promise<void>;
}

/** A run as the hub sees it. @internal */
export interface Listener {
  demanded(items: number): void;
  happened(events: EventView[], bulk: (position: number) => Packed): void;
  finished(report: Report, outputs: Packed): void;
  failed(fault: FaultView): void;
}

/** Steps as JSON text, and what lies beside; or a worker, and what is to be posted to it. */
type Batch = [string, ...unknown[][]] | [number, unknown[]];

/** The largest delay that timers take, in milliseconds. */
const MAX_DELAY = 0x7fff_ffff;

/** Carries out what the coordinator asks for, and tells it what happens. @internal */
export class Hub implements Conductor {
  readonly ready = new Deferred<void>();
  kinds: NodeInfo[] = [];
  readonly models: ModelsClient;
  /** Called once if the coordinator itself breaks. */
  onCrash?: (message: string) => void;
  readonly #feed: ModelFeed;
  #loaded: Core | undefined;
  readonly #workers: Workers;
  readonly #listeners = new Map<number, Listener>();
  readonly #requests = new Map<number, Deferred<unknown>>();
  readonly #batches: Batch[] = [];
  #applying = false;
  #closed = false;
  #numbers = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;
  /** The runtime worker, started before the coordinator has come: its number, and what happened to it so far. */
  #early: { worker: number; happened: (() => void)[] } | undefined;

  /** `load` gives the coordinator's class once its wasm is there. */
  constructor(places: Places, options: Partial<Options>, load: () => Promise<CoreClass>) {
    void handled(this.ready.promise);
    this.#workers = new Workers(places, {
      message: (worker, data) =>
        this.#whenLoaded(() => this.#call((core, now) => core.message(now, worker, data))),
      broke: (worker, code, message) => this.#whenLoaded(() => this.#broke(worker, code, message)),
    });
    this.models = new ModelsClient(places);
    this.#feed = new ModelFeed(this.models, {
      loading: (run, model, loaded, total) =>
        this.#call((core, now) => core.model_loading(now, run, model, loaded, total)),
      came: (run, model, { files, note }) => {
        const [names, blobs] = [files.map(({ name }) => name), files.map(({ data }) => data)];
        this.#call((core, now) => core.model(now, run, model, names, blobs, note));
      },
      failed: (run, model, fault) => this.#call((core, now) => core.model_failed(now, run, model, fault)),
    });
    // The coordinator numbers its workers from 1, the runtime worker first.
    this.#early = { worker: 1, happened: [] };
    this.#workers.spawn(1, "runtime");
    load().then(
      (Core) => this.#start(Core, options),
      (error: unknown) => this.#fail(error),
    );
  }

  attach(listener: Listener): number {
    this.#numbers += 1;
    this.#listeners.set(this.#numbers, listener);
    return this.#numbers;
  }
  detach(run: number): void {
    this.#listeners.delete(run);
    this.#feed.forget(run);
  }
  run(run: number, request: RunRequest, pkg: Package | undefined): void {
    this.#expectOpen();
    if (pkg) this.#feed.belongs(run, pkg);
    this.#call((core, now) => core.run(now, run, request));
  }
  push(run: number, { count, data, slots }: Packed, open: boolean): void {
    this.#call((core, now) => core.push(now, run, open, count, data, slots));
  }
  end(run: number): void {
    this.#call((core, now) => core.end(now, run));
  }
  credit(run: number, outputs: number): void {
    this.#call((core, now) => core.credit(now, run, outputs));
  }
  cancel(run: number): void {
    this.#call((core, now) => core.cancel(now, run));
  }
  /** Resolves when no worker that had to be terminated works any more, and no download that was given up. */
  async rest(): Promise<void> {
    await Promise.all([this.#workers.rest(), this.models.rest()]);
  }
  /** `pkg`: the package whose nodes count as known. */
  async validate(manifest: string, params: string | undefined, pkg?: number): Promise<Problem[]> {
    return this.#ask((core, now, request) => core.validate(now, request, manifest, params, pkg));
  }
  /** Makes the code of a package ready for its runs; gives the kinds of nodes it brings. `id`: never twice alike. */
  async installPackage(id: number, { modules, wheels, plugins }: PackageCode): Promise<NodeInfo[]> {
    // As blobs they are sent to every worker that serves the package, and copied to none.
    const files = modules.map(({ path, bytes }) => [path, new Blob([bytes as BlobPart])]);
    const packed = wheels.map(({ name, blob }) => [name, blob]);
    const names = plugins.map(({ name }) => name);
    this.#workers.plugins.set(
      id,
      plugins.map(({ module }) => module),
    );
    return this.#ask((core, now, request) => core.install(now, request, id, files, packed, names));
  }
  /** No run of this package can be started any more; those under way go on. */
  closePackage(id: number): void {
    this.#call((core, now) => core.close_package(now, id));
  }
  async register(source: string, packages: string[]): Promise<NodeInfo[]> {
    return this.#ask((core, now, request) => core.register(now, request, source, packages));
  }
  /** Lets somebody else tell the coordinator something; what it says is done here. */
  tell(what: (core: Core, now: number) => unknown[] | undefined): void {
    this.#call(what);
  }
  close(): void {
    if (this.#loaded) this.#call((core, now) => core.close(now));
    else this.#fail(new PipelineError("Closed", "the runtime was closed"));
  }

  #start(Core: CoreClass, options: Partial<Options>): void {
    if (this.#closed) return;
    this.#loaded = new Core(options);
    this.#call((core, now) => core.start(now));
    const happened = this.#early?.happened ?? [];
    this.#early = undefined;
    for (const happen of happened) happen();
  }

  #whenLoaded(happen: () => void): void {
    if (this.#early) this.#early.happened.push(happen);
    else happen();
  }

  #fail(error: unknown): void {
    this.#closed = true;
    this.models.close();
    if (this.#early) this.#workers.terminate(this.#early.worker);
    this.ready.reject(error);
  }

  #broke(worker: number, code: ErrorCode | undefined, message: string): void {
    this.#call((core, now) => core.broke(now, worker, code, message));
  }

  #ask<T>(send: (core: Core, now: number, request: number) => unknown[] | undefined): Promise<T> {
    this.#expectOpen();
    this.#numbers += 1;
    const request = this.#numbers;
    const answer = new Deferred<unknown>();
    this.#requests.set(request, answer);
    this.#call((core, now) => send(core, now, request));
    return answer.promise as Promise<T>;
  }

  /** Tells the coordinator something, and does what it says. */
  #call(tell: (core: Core, now: number) => unknown[] | undefined): void {
    if (!this.#loaded) return;
    try {
      const batch = tell(this.#loaded, performance.now());
      if (batch) this.#batches.push(batch as Batch);
    } catch (error) {
      if (error instanceof WebAssembly.RuntimeError) return this.#crash(error);
      throw error;
    }
    if (this.#applying) return;
    // What a user's callback makes the coordinator say comes after what it said before.
    this.#applying = true;
    try {
      for (let next = this.#batches.shift(); next; next = this.#batches.shift()) this.#apply(next);
    } finally {
      this.#applying = false;
    }
  }

  /** The coordinator itself broke: nobody must wait for it. */
  #crash(error: Error): void {
    this.#loaded = undefined;
    this.#closed = true;
    clearTimeout(this.#timer);
    this.models.close();
    this.#workers.terminateAll();
    const message = `the coordinator crashed: ${error.message}`;
    for (const run of this.#listeners.values()) run.failed({ code: "WorkerCrashed", message, problems: [] });
    for (const request of this.#requests.values())
      request.reject(new PipelineError("WorkerCrashed", message));
    this.#requests.clear();
    this.ready.reject(new PipelineError("StartFailed", message, { stage: "start" }));
    this.onCrash?.(message);
  }

  /** Throws if nobody is there to answer. */
  #expectOpen(): void {
    if (!this.#loaded) throw new PipelineError("Closed", "the runtime was closed");
  }

  #apply([what, ...bulk]: Batch): void {
    if (typeof what === "number") return this.#post(what, bulk[0]);
    for (const step of JSON.parse(what) as Step[]) {
      try {
        this.#do(step, bulk);
      } catch (error) {
        // One step that fails must not take the others along.
        report(error);
      }
    }
  }

  #do(step: Step, bulk: unknown[][]): void {
    switch (step.do) {
      case "spawn":
        if (step.worker !== this.#early?.worker) this.#workers.spawn(step.worker, step.role, step.plugin);
        return;
      case "post":
        return this.#post(step.worker, bulk[step.bulk]);
      case "link":
        return this.#link(step, bulk);
      case "interrupt":
        return this.#workers.interrupt(step.worker);
      case "terminate":
        return this.#workers.terminate(step.worker);
      case "loadModel":
        return this.#feed.need(step.run, step.model);
      case "dropModels":
        return this.#feed.drop(step.run);
      case "dropPackage":
        return void this.#workers.plugins.delete(step.package);
      case "wake":
        return this.#wake(step.atMs);
      case "ready":
        this.kinds = parsedKinds(step.kinds);
        return this.ready.resolve();
      case "startFailed":
        return this.ready.reject(errorOf(step.fault));
      case "kinds":
        this.kinds = parsedKinds(step.kinds);
        return;
      case "problems":
        return this.#answer(step.request)?.resolve(step.problems);
      case "registered":
        return this.#answer(step.request)?.resolve(parsedKinds(step.kinds));
      case "refused":
        return this.#answer(step.request)?.reject(errorOf(step.fault));
      case "demand":
        return this.#listeners.get(step.run)?.demanded(step.items);
      case "events":
        return this.#listeners.get(step.run)?.happened(step.events, (at) => packed(bulk[at]));
      case "finished":
        return this.#listeners.get(step.run)?.finished(step.report, packed(bulk[step.bulk]));
      case "failed":
        return this.#listeners.get(step.run)?.failed(step.fault);
      case "closed":
        this.#closed = true;
        this.models.close();
        return this.#wake(null);
    }
  }

  #post(worker: number, bulk: unknown[] | undefined, port?: MessagePort): void {
    const [message, transfer] = bulk as [unknown, Transferable[]];
    try {
      this.#workers.post(worker, message, port ? [...transfer, port] : transfer);
    } catch (error) {
      // A buffer that cannot be moved, say: the worker will never get what it was told it would.
      queueMicrotask(() => this.#broke(worker, undefined, messageOf(error)));
    }
  }

  #link(step: Step & { do: "link" }, bulk: unknown[][]): void {
    const { port1, port2 } = new MessageChannel();
    this.#post(step.worker, bulk[step.bulk], port1);
    this.#post(step.runtime, bulk[step.runtimeBulk], port2);
  }

  #wake(atMs: number | null): void {
    clearTimeout(this.#timer);
    if (atMs === null) return;
    // Timers drop fractions; one that fires too early has to be set again.
    const delay = Math.min(Math.max(Math.ceil(atMs - performance.now()), 0), MAX_DELAY);
    this.#timer = setTimeout(() => this.#call((core, now) => core.tick(now)), delay);
  }

  #answer(request: number): Deferred<unknown> | undefined {
    const answer = this.#requests.get(request);
    this.#requests.delete(request);
    return answer;
  }
}

function packed(bulk: unknown[] | undefined): Packed {
  const [count, data, ...slots] = bulk as [number, ArrayBuffer, ...(ArrayBuffer | Blob)[]];
  return { count, data, slots };
}

/** Schemas travel as text. */
function parsedKinds(kinds: NodeInfo[]): NodeInfo[] {
  return kinds.map((kind) => ({ ...kind, params: JSON.parse(String(kind.params)) as NodeInfo["params"] }));
}
