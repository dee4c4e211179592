/**
 * Keeping RemoteMedia for use without a network, as a page sees it: `remotemedia/offline`. The other half is a service
 * worker, `remotemedia/sw`.
 *
 * @example
 * const offline = await Offline.start({ worker: "./sw.js" });
 * await offline.makeAvailable(["core", "media", "python"], { onProgress: console.log });
 *
 * @module
 */
import { Download } from "./offline-download.js";
import { OfflineError } from "./offline-error.js";
import { type Asset, AssetMap, type GroupState, groupsOf, MODELS, states, weight } from "./offline-list.js";
import { type Ask, type Described, isTold, lockName, type Told } from "./offline-messages.js";
import { IsolationGuard } from "./offline-guard.js";
import { Store } from "./offline-store.js";

export { OfflineError, type OfflineErrorCode } from "./offline-error.js";
export type { Asset, AssetList, GroupState } from "./offline-list.js";

/** How {@link Offline.start} registers the worker. */
export interface OfflineOptions {
  /** The worker's script, relative to the page; `./sw.js` by default. */
  worker?: URL | string;
  /** Which pages it serves; by default those in the script's folder. */
  scope?: URL | string;
  /** `classic` by default. */
  type?: "classic" | "module";
  /** Hears of every change. */
  onChange?: (state: OfflineState) => void;
}

/** What a page should know, and tell its user. */
export interface OfflineState {
  /** Whether the worker is there: then the light part works without a network. */
  installed: boolean;
  /** Whether something of the page is working: see {@link Offline.hold}. */
  busy: boolean;
  /**
   * Why the page should be reloaded, by {@link Offline.applyUpdate}, when its user likes: for a new version that is
   * ready; because another page has begun to use one (this page goes on with its own); or to become isolated.
   */
  reload: "update" | "replaced" | "isolation" | null;
  /** The server has another version than this page goes by: what was not kept before cannot be fetched any more. */
  stale: boolean;
  /** What went wrong last, as long as nothing has gone well since. */
  error: OfflineError | null;
}

/** How far {@link Offline.makeAvailable} is. Sizes in bytes. */
export interface OfflineProgress {
  loaded: number;
  total: number;
  /** What is being fetched. */
  file: string;
}

/** Names the note of the groups that are to be kept whole. */
const WANTED = "wanted";

/** What is kept of RemoteMedia by this browser, for the pages of one service worker. */
export class Offline {
  readonly registration: ServiceWorkerRegistration;
  readonly #onChange: (state: OfflineState) => void;
  #state: OfflineState = { installed: false, busy: false, reload: null, stale: false, error: null };
  #described: Promise<Described> | undefined;
  #holds = 0;
  #applying = false;
  #started = false;
  /** Groups that were used and are to be completed once the page has time. */
  readonly #pending = new Set<string>();

  private constructor(registration: ServiceWorkerRegistration, { onChange }: OfflineOptions) {
    this.registration = registration;
    this.#onChange = onChange ?? (() => {});
  }

  /** Registers the worker, without waiting until it is installed. Rejects with `NotSupported` where it cannot be. */
  static async start(options: OfflineOptions = {}): Promise<Offline> {
    const container = globalThis.navigator?.serviceWorker as ServiceWorkerContainer | undefined;
    if (!container) {
      const why = globalThis.isSecureContext ? "not in this kind of window" : "only over HTTPS";
      throw new OfflineError("NotSupported", `this browser has service workers ${why}`);
    }
    const { worker = "./sw.js", scope, type = "classic" } = options;
    const details = {
      type,
      updateViaCache: "none" as const,
      ...(scope === undefined ? {} : { scope: String(scope) }),
    };
    const registration = await container.register(String(worker), details).catch((cause: unknown) => {
      throw new OfflineError("NotSupported", `the service worker cannot be registered: ${String(cause)}`, {
        cause,
      });
    });
    const offline = new Offline(registration, options);
    offline.#listen(container);
    // What is so from the start is told by the state of what is returned.
    offline.#started = true;
    return offline;
  }

  get state(): OfflineState {
    return { ...this.#state };
  }

  /** Something works that a reload would break; until what is returned is called. */
  hold(): () => void {
    let held = true;
    this.#holds += 1;
    this.#change({ busy: true });
    return () => {
      if (!held) return;
      held = false;
      this.#holds -= 1;
      if (this.#holds > 0) return;
      this.#change({ busy: false });
      if (this.#state.installed) void this.#noteLoaded().then(() => this.#complete());
    };
  }

  /** How much of each group is kept, once the worker is installed. */
  async groups(): Promise<GroupState[]> {
    const { list } = await this.described();
    return states(list, await (await this.#store()).kept());
  }

  /** What the worker goes by, once it is installed. */
  described(): Promise<Described> {
    this.#described ??= this.#ask();
    return this.#described;
  }

  /**
   * Fetches what is missing of some groups, of all without them; goes on where it was interrupted. Rejects with an
   * {@link OfflineError}, or the signal's reason: what has come until then stays.
   */
  async makeAvailable(
    groups?: readonly string[],
    { signal, onProgress }: { signal?: AbortSignal; onProgress?: (progress: OfflineProgress) => void } = {},
  ): Promise<void> {
    signal?.throwIfAborted();
    const { list, base } = await this.described();
    const wanted = groups ?? groupsOf(list);
    const assets = list.files.filter(({ group }) => group !== MODELS && wanted.includes(group));
    const total = weight(assets);
    const store = await this.#store();
    await this.#want(store, wanted);
    await needRoom(assets, await store.kept());
    const map = new AssetMap(list, base);
    let done = 0;
    for (const asset of assets) {
      const tell = (loaded: number): void => onProgress?.({ loaded: done + loaded, total, file: asset.file });
      tell(0);
      await this.#fetch(store, asset, map.url(asset), signal, tell);
      done += asset.bytes;
      tell(0);
    }
    this.#change({ error: null });
  }

  /**
   * Says that files of a group were used. What the group lacks is fetched when the page has time, unless the user wants
   * data to be saved.
   */
  used(group: string): void {
    const { connection } = navigator as { connection?: { saveData?: boolean } };
    if (connection?.saveData) return;
    this.#pending.add(group);
    if (this.#holds === 0) void this.#complete();
  }

  /** Asks the server for a new version, as browsers do at every visit. */
  async check(): Promise<void> {
    await this.registration.update().catch(() => {});
  }

  /** Lets the version that is ready take over, and reloads this page; other pages stay with theirs. */
  async applyUpdate(): Promise<void> {
    this.#applying = true;
    const { waiting } = this.registration;
    if (waiting) {
      const changed = new Promise((resolve) => {
        navigator.serviceWorker.addEventListener("controllerchange", resolve, { once: true });
      });
      waiting.postMessage({ remotemedia: "activate" } satisfies Ask);
      await changed;
    }
    location.reload();
  }

  /** Removes everything that is kept for this scope, and the worker. Models are not touched. */
  async forget(): Promise<void> {
    const { cacheName: name, scope } = await this.described();
    await this.registration.unregister();
    await caches.delete(`${name} ${scope}`);
    this.#change({ installed: false });
  }

  #listen(container: ServiceWorkerContainer): void {
    let controlled = container.controller !== null;
    container.addEventListener("controllerchange", () => {
      if (controlled && !this.#applying) this.#change({ reload: "replaced" });
      controlled = true;
    });
    container.addEventListener("message", ({ data }) => {
      if (isTold(data)) this.#hear(data);
    });
    container.startMessages();
    this.registration.addEventListener("updatefound", () => this.#follow());
    this.#follow();
    void this.#ready();
  }

  /** Watches a version that is being installed. */
  #follow(): void {
    const { installing, waiting, active } = this.registration;
    if (waiting && active) this.#change({ reload: "update" });
    if (!installing) return;
    const look = (): void => {
      if (installing.state === "installed" && this.registration.active) this.#change({ reload: "update" });
      if (installing.state !== "redundant" || this.registration.active) return;
      const why = "the files to keep cannot all be fetched: the next visit tries again";
      this.#change({ error: new OfflineError("Unreachable", why) });
    };
    installing.addEventListener("statechange", look);
    // It may have got on before anybody listened: browsers tell of both by different ways.
    look();
  }

  async #ready(): Promise<void> {
    const { isolate, scope } = await this.described();
    this.#change({ installed: true });
    if (isolate) this.#isolate(scope);
    const store = await this.#store();
    for (const group of (await store.note<string[]>(WANTED)) ?? []) this.used(group);
    await this.#noteLoaded();
  }

  /** What the page loaded before there was a worker went past it. */
  async #noteLoaded(): Promise<void> {
    const { list, base } = await this.described();
    const map = new AssetMap(list, base);
    const loaded = performance.getEntriesByType("resource").map(({ name }) => map.at(name)?.group);
    for (const group of new Set(loaded)) if (group !== undefined && group !== MODELS) this.used(group);
  }

  /** The one reload that makes this page isolated; while something works, it is only offered. */
  #isolate(scope: string): void {
    const guard = new IsolationGuard(scope);
    if (globalThis.crossOriginIsolated) guard.lift();
    else if (this.#state.busy) this.#change({ reload: this.#state.reload ?? "isolation" });
    else if (guard.pass()) location.reload();
  }

  #hear(told: Told): void {
    switch (told.remotemedia) {
      case "kept":
        this.used(told.group);
        return this.#change({});
      case "stale":
        return this.#change({ stale: true });
      case "full":
        return this.#change({ error: new OfflineError("StorageFull", told.message, { file: told.file }) });
    }
  }

  /** Fetches what is missing of the groups that were used. */
  async #complete(): Promise<void> {
    const groups = [...this.#pending];
    this.#pending.clear();
    try {
      const lacking = (await this.groups()).filter((it) => it.filesKept < it.files);
      const names = lacking.map(({ group }) => group).filter((it) => groups.includes(it));
      if (names.length > 0) await this.makeAvailable(names);
    } catch (error) {
      // Without a network nothing is missed: what is used next asks again.
      if (error instanceof OfflineError && error.code !== "Unreachable") this.#change({ error });
    }
  }

  /** One file, unless it is kept and sound. Nobody else fetches it meanwhile. */
  async #fetch(
    store: Store,
    asset: Asset,
    url: string,
    signal: AbortSignal | undefined,
    tell: (loaded: number) => void,
  ): Promise<void> {
    const { scope } = await this.described();
    const full = (error: OfflineError): never => {
      throw error;
    };
    const options = signal === undefined ? {} : { signal };
    await navigator.locks.request(lockName(scope, asset.sha256), options, async () => {
      if (await store.read(asset)) return;
      await new Download({ asset, url, store, signal, full }).whole(tell);
    });
  }

  async #want(store: Store, groups: readonly string[]): Promise<void> {
    const before = (await store.note<string[]>(WANTED)) ?? [];
    await store.writeNote(WANTED, [...new Set([...before, ...groups])]).catch(() => {});
  }

  async #store(): Promise<Store> {
    const { cacheName, scope } = await this.described();
    return Store.open(cacheName, scope);
  }

  async #ask(): Promise<Described> {
    const active = await this.#active();
    return new Promise((resolve) => {
      const { port1, port2 } = new MessageChannel();
      port1.onmessage = ({ data }: MessageEvent<Described>) => {
        port1.close();
        resolve(data);
      };
      active.postMessage({ remotemedia: "describe" } satisfies Ask, [port2]);
    });
  }

  /** The worker that serves, once there is one. */
  #active(): Promise<ServiceWorker> {
    const { active, waiting, installing } = this.registration;
    return new Promise((resolve) => {
      if (active) return resolve(active);
      const coming = waiting ?? installing;
      coming?.addEventListener("statechange", () => {
        if (coming.state === "activated") resolve(coming);
      });
    });
  }

  #change(change: Partial<OfflineState>): void {
    this.#state = { ...this.#state, ...change };
    if (this.#started) this.#onChange(this.state);
  }
}

/** Throws `StorageFull` if the browser says that there is no room for what is missing. */
async function needRoom(assets: readonly Asset[], kept: ReadonlySet<string>): Promise<void> {
  const needed = weight(assets.filter(({ sha256 }) => !kept.has(sha256)));
  const { quota, usage = 0 } = await navigator.storage.estimate();
  if (needed === 0 || quota === undefined || needed <= quota - usage) return;
  const free = Math.max(0, quota - usage);
  throw new OfflineError(
    "StorageFull",
    `${needed} bytes are to be kept, and the browser has room for ${free}`,
  );
}
