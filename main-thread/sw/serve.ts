/**
 * A service worker that keeps the files of RemoteMedia: `remotemedia/sw`.
 *
 * @example
 * // sw.js of a site, which bundles it, or registers it as a module
 * import { serve } from "remotemedia/sw";
 * serve({ assets: "./remotemedia/" });
 *
 * @module
 */
import { Download, isDirect } from "../js/offline-download.js";
import { OfflineError } from "../js/offline-error.js";
import { type Asset, AssetMap, CORE, missing, MODELS } from "../js/offline-list.js";
import {
  type Ask,
  CACHE_NAME,
  type Described,
  lockName,
  type Serve,
  type Told,
} from "../js/offline-messages.js";
import { keptHeaders, Store } from "../js/offline-store.js";
import { PACKAGE } from "./assets.js";
import { isolated } from "./isolation.js";
import { Versions } from "./versions.js";

const worker = globalThis as unknown as ServiceWorkerGlobalScope;

/** Up to so many bytes a file is checked before any of it is given on; of larger ones the end waits for the check. */
const AT_ONCE_BYTES = 1 << 20;

export const serve: Serve = (options = {}) => {
  const scope = worker.registration.scope;
  const base = new URL(options.assets ?? "./remotemedia/", worker.location.href).href;
  if (!base.startsWith(scope)) console.warn(`${base} is not in ${scope}: its workers will not start offline`);
  const server = new Server(
    {
      list: options.list ?? PACKAGE,
      base: base.endsWith("/") ? base : `${base}/`,
      cacheName: options.cacheName ?? CACHE_NAME,
      scope,
      isolate: options.isolate ?? false,
    },
    options.pages ?? false,
  );
  worker.addEventListener("install", (event) => event.waitUntil(server.install()));
  worker.addEventListener("activate", (event) => event.waitUntil(server.activate()));
  worker.addEventListener("fetch", (event) => server.fetch(event));
  worker.addEventListener("message", (event) => server.hear(event));
};

class Server {
  readonly #it: Described;
  readonly #pages: boolean;
  readonly #versions: Versions;
  readonly #maps = new Map<string, AssetMap>();

  constructor(it: Described, pages: boolean) {
    this.#it = it;
    this.#pages = pages;
    this.#versions = new Versions(it.list, it.base);
  }

  /** Keeps the light part, beside what an older version has; content they share is not fetched again. */
  async install(): Promise<void> {
    const { list, base } = this.#it;
    const map = new AssetMap(list, base);
    try {
      const store = await this.#store();
      await this.#versions.note(store);
      const full = (error: OfflineError): never => {
        throw error;
      };
      const get = async (asset: Asset): Promise<void> => {
        if (await store.read(asset)) return;
        await new Download({ asset, url: map.url(asset), store, full }).whole();
      };
      await Promise.all(missing(list, [CORE], new Set()).map(get));
    } catch (error) {
      // Without room there is nothing to serve offline, but isolation and the network stay.
      if (error instanceof OfflineError && error.code !== "StorageFull") throw error;
      await this.#tell({ remotemedia: "full", file: "", message: String(error) });
    }
  }

  async activate(): Promise<void> {
    await this.#store()
      .then((store) => this.#versions.activate(store))
      .catch(() => {});
    await worker.clients.claim();
  }

  hear(event: ExtendableMessageEvent): void {
    const { remotemedia } = (event.data ?? {}) as Partial<Ask>;
    if (remotemedia === "describe") event.ports[0]?.postMessage(this.#it);
    if (remotemedia === "activate") event.waitUntil(worker.skipWaiting());
  }

  fetch(event: FetchEvent): void {
    const { request } = event;
    const { method, mode, cache, headers, url } = request;
    if (method !== "GET") return;
    if (cache === "only-if-cached" && mode !== "same-origin") return;
    // Who asks for a part, or for nothing that was kept, means the server.
    if (mode !== "navigate" && (cache === "no-store" || headers.has("range") || isDirect(headers))) return;
    const isOurs = url.startsWith(this.#it.base) && (mode !== "navigate" || this.#pages);
    if (isOurs) event.respondWith(this.#answer(event));
    else if (this.#it.isolate && new URL(url).origin === worker.location.origin) {
      event.respondWith(fetch(request).then(isolated));
    }
  }

  async #answer(event: FetchEvent): Promise<Response> {
    const response = await this.#found(event);
    return this.#it.isolate ? isolated(response) : response;
  }

  async #found(event: FetchEvent): Promise<Response> {
    const { request } = event;
    let store: Store;
    let map: AssetMap | undefined;
    try {
      store = await this.#store();
      map = await this.#mapOf(event, store);
    } catch {
      // The browser's storage is out of order: then there is the network.
      return fetch(request);
    }
    const isPage = request.mode === "navigate";
    const asset = isPage ? map?.page(request.url) : map?.at(request.url);
    if (!map || !asset || asset.group === MODELS)
      return isPage ? this.#elsewhere(request, map) : fetch(request);
    const folder = isPage ? map.folder(request.url) : undefined;
    if (folder !== undefined) return Response.redirect(folder);
    const kept = await store.read(asset);
    if (kept) return new Response(kept.bytes, { headers: keptHeaders(kept.headers) });
    return this.#fetched(event, store, map, asset);
  }

  /** What the page that asks goes by. */
  async #mapOf(event: FetchEvent, store: Store): Promise<AssetMap | undefined> {
    const { request, clientId, resultingClientId } = event;
    if (request.mode === "navigate") {
      await this.#versions.enter(store, resultingClientId);
      if (this.#versions.mixed) event.waitUntil(this.#versions.sweep(store).catch(() => {}));
      return this.#map(await this.#versions.of(store, ""));
    }
    if (/worker$/.test(request.destination)) {
      await this.#versions.inherit(store, clientId, resultingClientId);
    }
    return this.#map(await this.#versions.of(store, clientId));
  }

  #map(noted: Awaited<ReturnType<Versions["of"]>>): AssetMap | undefined {
    if (!noted) return undefined;
    const map = this.#maps.get(noted.version) ?? new AssetMap(noted, noted.base);
    this.#maps.set(noted.version, map);
    return map;
  }

  /** A page that is not in the list: the server's, and without a server the site's first one. */
  async #elsewhere(request: Request, map: AssetMap | undefined): Promise<Response> {
    const { base } = this.#it;
    return fetch(request).catch((error: unknown) => {
      if (!map?.page(base) || request.url.split(/[?#]/)[0] === base) throw error;
      return Response.redirect(base);
    });
  }

  /** A file that is not kept yet: from the server, checked, and kept from here on. */
  async #fetched(event: FetchEvent, store: Store, map: AssetMap, asset: Asset): Promise<Response> {
    const full = (error: OfflineError): void => {
      void this.#tell({ remotemedia: "full", file: asset.file, message: error.message });
    };
    const download = new Download({ asset, url: map.url(asset), store, full });
    try {
      if (asset.bytes <= AT_ONCE_BYTES || event.request.mode === "navigate") {
        const bytes = await download.whole();
        this.#isKept(event, asset);
        return new Response(bytes, { headers: keptHeaders(download.headers) });
      }
      return await this.#streamed(event, store, download, asset);
    } catch (error) {
      return this.#failed(event, store, asset, error);
    }
  }

  /** Begins to answer with what has come so far. A file that turns out to be another breaks off before its end. */
  async #streamed(event: FetchEvent, store: Store, download: Download, asset: Asset): Promise<Response> {
    let ended = (): void => {};
    const end = new Promise<void>((resolve) => (ended = resolve));
    const lock = await this.#lock(asset, end);
    // Somebody else may just have got it.
    const kept = lock && (await store.read(asset));
    if (kept) {
      ended();
      return new Response(kept.bytes, { headers: keptHeaders(kept.headers) });
    }
    event.waitUntil(end);
    const chunks = download.chunks();
    const first = await chunks.next().catch((error: unknown) => {
      ended();
      throw error;
    });
    let head = first.done ? undefined : first.value;
    const body = new ReadableStream<Uint8Array>({
      pull: async (controller) => {
        try {
          const chunk = head ?? (await chunks.next()).value;
          head = undefined;
          if (chunk) return controller.enqueue(chunk);
          controller.close();
          this.#isKept(event, asset);
        } catch (error) {
          controller.error(error);
          void this.#failed(event, store, asset, error);
        }
        ended();
      },
      cancel: async () => {
        await chunks.return();
        ended();
      },
    });
    const headers = keptHeaders(download.headers);
    headers.set("Content-Length", String(asset.bytes));
    return new Response(body, { headers });
  }

  /** Waits for whoever fetches the same file, then keeps others waiting until `end`; false where locks are forbidden. */
  async #lock({ sha256 }: Asset, end: Promise<void>): Promise<boolean> {
    return new Promise((resolve) => {
      const work = (): Promise<void> => {
        resolve(true);
        return end;
      };
      navigator.locks.request(lockName(this.#it.scope, sha256), work).catch(() => resolve(false));
    });
  }

  async #failed(event: FetchEvent, store: Store, asset: Asset, error: unknown): Promise<Response> {
    if (!(error instanceof OfflineError)) return Response.error();
    if (error.code === "Stale") {
      event.waitUntil(worker.registration.update().catch(() => {}));
      if (event.request.mode === "navigate") {
        // Half of this version is gone, and the server has the next: this page goes by the server.
        await this.#versions.leave(store, event.resultingClientId);
        return fetch(event.request);
      }
      await this.#tell({ remotemedia: "stale", file: asset.file });
    }
    return error.status === undefined ? Response.error() : new Response(null, { status: error.status });
  }

  #isKept(event: FetchEvent, { group }: Asset): void {
    if (group !== CORE) event.waitUntil(this.#tell({ remotemedia: "kept", group }));
  }

  async #tell(told: Told): Promise<void> {
    const pages = await worker.clients.matchAll({ type: "window" });
    for (const page of pages) page.postMessage(told);
  }

  #store(): Promise<Store> {
    return Store.open(this.#it.cacheName, this.#it.scope);
  }
}
