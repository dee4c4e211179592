import type { ErrorCode, PluginPlace, Role } from "./generated/data.js";
import { absolute, assetUrl, filesBelow, type Places, wasmUrl } from "./places.js";
import { Deferred } from "./tasks.js";

/** What workers report beside messages. @internal */
export interface WorkerListener {
  message(worker: number, data: unknown): void;
  broke(worker: number, code: ErrorCode | undefined, message: string): void;
}

interface Entry {
  worker: Worker;
  /** Set to 2, it interrupts Python. */
  interrupt: Uint8Array | undefined;
  /** Name of the lock it holds while it lives. */
  lock: string;
  /** Resolves when that lock is free: to true, or to false where locks are forbidden. */
  gone?: Promise<boolean>;
}

/**
 * Browsers let a terminated worker that is busy go on for a while: Chromium two seconds, WebKit without end if it is
 * in wasm. So long, in milliseconds, it is waited for.
 */
const REST_MS = 4_000;

/** How many workers this page has made. */
let made = 0;

/** The workers there are, by number. @internal */
export class Workers {
  readonly #places: Places;
  readonly #listener: WorkerListener;
  readonly #entries = new Map<number, Entry>();
  /** Workers that were terminated and still live. */
  readonly #dying = new Set<Promise<void>>();
  /** The compiled plugins of packages, by the packages' numbers. */
  readonly plugins = new Map<number, readonly WebAssembly.Module[]>();

  constructor(places: Places, listener: WorkerListener) {
    this.#places = places;
    this.#listener = listener;
  }

  spawn(id: number, role: Role, plugin: PluginPlace | null = null): void {
    let worker: Worker;
    try {
      worker = makeWorker(role, this.#places);
    } catch (error) {
      // A page's policy may forbid the worker; the coordinator hears of it as of any other failure.
      queueMicrotask(() => this.#listener.broke(id, "StartFailed", String(error)));
      return;
    }
    const shared = role === "python" && globalThis.crossOriginIsolated ? new SharedArrayBuffer(1) : undefined;
    const lock = `remotemedia worker ${(made += 1)} ${Math.random()}`;
    const interrupt = shared && new Uint8Array(shared);
    this.#entries.set(id, { worker, interrupt, lock });
    worker.onmessage = ({ data }: MessageEvent<unknown>) => this.#heard(id, role, data);
    worker.onmessageerror = () => this.#listener.broke(id, undefined, "a message could not be read");
    worker.onerror = (event) => {
      event.preventDefault();
      const script = scriptUrl(role, this.#places);
      // A script that did not load gives an event without a word; one of another origin, an error of the import.
      const silent = !event.message || (script !== undefined && isForeign(script));
      void this.#explain(
        id,
        silent ? script : undefined,
        event.message || "the worker's script did not load",
      );
    };
    void this.#wasm(role).then((wasm) => {
      if (this.#entries.has(id)) {
        worker.postMessage({ boot: { ...this.#boot(role, shared ?? null, plugin), wasm, lock } });
      }
    });
  }

  /**
   * What a worker gets its wasm from. The page compiles it, off its thread, while the worker's script is still on its
   * way. Where that fails the worker tries itself, and tells what is wrong.
   */
  #wasm(role: Role): Promise<WebAssembly.Module | string> {
    const url = wasmUrl(role, this.#places);
    // Its start takes seconds, and most of it is not our wasm.
    if (role === "python") return Promise.resolve(url);
    return compile(url).catch(() => url);
  }

  post(id: number, message: unknown, transfer: Transferable[]): void {
    this.#entries.get(id)?.worker.postMessage(message, transfer);
  }

  interrupt(id: number): void {
    const flag = this.#entries.get(id)?.interrupt;
    if (flag) Atomics.store(flag, 0, 2);
  }

  terminate(id: number): void {
    const entry = this.#entries.get(id);
    this.#entries.delete(id);
    if (!entry) return;
    const { worker, gone } = entry;
    if (gone) {
      const resting = gone.then(() => void this.#dying.delete(resting));
      this.#dying.add(resting);
    }
    worker.onmessage = worker.onerror = worker.onmessageerror = null;
    worker.terminate();
  }

  terminateAll(): void {
    for (const id of [...this.#entries.keys()]) this.terminate(id);
  }

  /** Resolves when no terminated worker works any more, or once waiting for it is of no use. */
  async rest(): Promise<void> {
    if (this.#dying.size === 0) return;
    const enough = new Deferred<void>();
    const timer = setTimeout(enough.resolve, REST_MS);
    await Promise.race([Promise.all(this.#dying), enough.promise]);
    clearTimeout(timer);
  }

  /** Waits until the worker is no more: then its lock is free, which no event would tell. */
  async #watch(id: number): Promise<void> {
    const entry = this.#entries.get(id);
    const locks = globalThis.navigator?.locks;
    if (!entry || !locks) return;
    entry.gone = locks.request(entry.lock, () => true).catch(() => false);
    const gone = await entry.gone;
    if (gone && this.#entries.get(id) === entry) {
      this.#listener.broke(id, undefined, "it was ended from outside");
    }
  }

  #heard(id: number, role: Role, data: unknown): void {
    if ((data as { alive?: true } | null)?.alive) return void this.#watch(id);
    // A worker whose wasm did not come up cannot speak our language yet.
    const fatal: unknown = Array.isArray(data) ? undefined : (data as { fatal?: unknown } | null)?.fatal;
    if (fatal === undefined) return this.#listener.message(id, data);
    const { code, message } =
      typeof fatal === "object" && fatal !== null
        ? (fatal as { code?: ErrorCode; message?: unknown })
        : { code: undefined, message: fatal };
    if (code !== undefined) this.#listener.broke(id, code, String(message));
    else void this.#explain(id, wasmUrl(role, this.#places), String(message));
  }

  /** Says what is known of a worker that broke; a file that is missing is the reason, whatever else was said. */
  async #explain(id: number, url: string | undefined, message: string): Promise<void> {
    if (url === undefined) return this.#listener.broke(id, undefined, message);
    const found = await fetch(url, { method: "HEAD", cache: "no-store" }).catch(() => undefined);
    if (found?.ok) this.#listener.broke(id, undefined, message);
    else this.#listener.broke(id, "LoadFailed", `${url} is missing (${found?.status ?? "no answer"})`);
  }

  /** The first message, read by the worker's script before any of ours. */
  #boot(role: Role, interrupt: SharedArrayBuffer | null, plugin: PluginPlace | null): object {
    if (plugin) return { plugin: this.plugins.get(plugin.package)?.[plugin.plugin] };
    if (role !== "python") return {};
    const { indexUrl, packages = [] } = this.#places.python ?? {};
    return {
      files: filesBelow("pyodide/", this.#places),
      packages: [...packages],
      interrupt,
      ...(indexUrl === undefined ? {} : { indexUrl: absolute(indexUrl) }),
    };
  }
}

/** Workers that serve no runs of the coordinator, which knows nothing of them. @internal */
export type Helper = "models" | "package" | "wasi";

/** Makes a worker. @internal */
export function makeWorker(role: Role | Helper, places: Places): Worker {
  const source = places.workerUrls?.[role];
  if (typeof source === "function") return source();
  const script = scriptUrl(role, places) as string;
  // By its URL, not by the expression that bundlers know for workers: that one lets some of them make a classic
  // worker of it, which Pyodide refuses, and there is nothing left to bundle in it.
  return new Worker(isForeign(script) ? bootstrap(script) : script, {
    type: "module",
    name: `remotemedia-${role}`,
  });
}

/** URL of a worker's script; none if a function of the user's makes the worker. */
function scriptUrl(role: Role | Helper, places: Places): string | undefined {
  const source = places.workerUrls?.[role];
  if (typeof source === "function") return undefined;
  return source === undefined ? assetUrl(`${role}-worker.js`, places) : absolute(source);
}

/** Whether a script lies on another origin, as it does if a page uses the bundle from a CDN. */
function isForeign(script: string): boolean {
  const { protocol, origin } = new URL(script);
  return /^https?:$/.test(protocol) && origin !== globalThis.location?.origin;
}

/** By script; a URL that was revoked could not be loaded again where a worker's start is tried twice. */
const bootstraps = new Map<string, string>();

/**
 * No worker may be of another origin, but one of the page's own may import from there. Dynamically: then policies ask
 * `script-src`, and WebKit no isolation of the script. What is posted meanwhile waits for the script to listen.
 */
function bootstrap(script: string): string {
  const known = bootstraps.get(script);
  if (known !== undefined) return known;
  const source = `const early = [];
onmessage = (event) => early.push(event);
import(${JSON.stringify(script)}).then(
  () => early.forEach((event) => onmessage(event)),
  (error) => setTimeout(() => { throw error; }),
);`;
  const url = URL.createObjectURL(new Blob([source], { type: "text/javascript" }));
  bootstraps.set(script, url);
  return url;
}

async function compile(url: string): Promise<WebAssembly.Module> {
  return WebAssembly.compileStreaming(fetch(url));
}
