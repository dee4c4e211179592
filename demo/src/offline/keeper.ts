import type { Runtime } from "remotemedia";
import type { Offline, OfflineState } from "remotemedia/offline";

/** Whether the site is kept for use without a network. */
export type Standing =
  | { kind: "starting" }
  /** Switched off by the address, for those who work on the site: `?sw=off`. */
  | { kind: "off" }
  | { kind: "unsupported"; why: string }
  | { kind: "on"; offline: Offline; state: OfflineState };

/** The site's service worker, for all parts of the page that tell of it. */
export class Keeper {
  #standing: Standing = { kind: "starting" };
  #listeners: ((standing: Standing) => void)[] = [];
  /** Runs under way. */
  #runs = 0;
  #release: (() => void) | undefined;

  get standing(): Standing {
    return this.#standing;
  }

  /** `listener` hears how things stand, now and whenever that changes. */
  watch(listener: (standing: Standing) => void): void {
    this.#listeners.push(listener);
    listener(this.#standing);
  }

  async start(): Promise<void> {
    const folder = new URL("./", document.baseURI);
    if (new URLSearchParams(location.search).get("sw") === "off") {
      await leave(folder);
      return this.#set({ kind: "off" });
    }
    try {
      const url = new URL("./remotemedia/offline.js", folder).href;
      const bundle = (await import(/* @vite-ignore */ url)) as typeof import("remotemedia/offline");
      const onChange = (state: OfflineState): void => this.#set({ kind: "on", offline, state });
      const offline = await bundle.Offline.start({ worker: new URL("./sw.js", folder), onChange });
      if (this.#runs > 0) this.#release = offline.hold();
      onChange(offline.state);
    } catch (error) {
      this.#set({ kind: "unsupported", why: error instanceof Error ? error.message : String(error) });
    }
  }

  /** While a run works the page is not reloaded, and nothing is fetched beside it. */
  watchRuns(runtime: Runtime): void {
    const run = runtime.run.bind(runtime);
    runtime.run = (...args) => {
      const begun = run(...args);
      this.#begin();
      const end = (): void => this.#end();
      begun.then(end, end);
      return begun;
    };
  }

  #begin(): void {
    this.#runs += 1;
    if (this.#runs === 1 && this.#standing.kind === "on") this.#release = this.#standing.offline.hold();
  }

  #end(): void {
    this.#runs -= 1;
    if (this.#runs > 0) return;
    this.#release?.();
    this.#release = undefined;
  }

  #set(standing: Standing): void {
    this.#standing = standing;
    for (const listener of this.#listeners) listener(standing);
  }
}

/** The one of this page. */
export const keeper = new Keeper();

/** Removes the worker of an earlier visit; the next load goes to the server. */
async function leave(folder: URL): Promise<void> {
  const container = navigator.serviceWorker as ServiceWorkerContainer | undefined;
  const found = await container?.getRegistration(folder.href).catch(() => undefined);
  if (found?.scope === folder.href) await found.unregister();
}
