// Which page goes by which version, so that no page gets the files of two.
import { type AssetList, hashes } from "../js/offline-list.js";
import type { Store } from "../js/offline-store.js";

/** What is kept over the worker's short lives. */
interface Notes {
  /** The version of the worker that was active last. */
  active?: string;
  /** Versions that were active before, of which there may still be pages. */
  retired: string[];
  /** Pages and workers that do not go by the active version, by the browser's id of them; null: by no version. */
  clients: [id: string, version: string | null][];
}

/** The list of a version, as it is noted. */
type Noted = AssetList & { base: string };

const ACTIVE = "active";
const LISTS = "lists/";

/** Knows the lists of this version and of older ones that pages still go by. */
export class Versions {
  readonly #own: Noted;
  readonly #clients = new Map<string, string | null>();
  readonly #lists = new Map<string, Noted>();
  #retired: string[] = [];
  #loaded: Promise<void> | undefined;

  constructor(own: AssetList, base: string) {
    this.#own = { ...own, base };
    this.#lists.set(own.version, this.#own);
  }

  /** This version is about to be installed: what it needs is not to be cleared away any more. */
  async note(store: Store): Promise<void> {
    await store.writeNote(LISTS + this.#own.version, this.#own);
  }

  /** This version is the active one from here on; pages that are open now stay with what they have. */
  async activate(store: Store): Promise<void> {
    await this.#load(store);
    const before = (await store.note<Notes>(ACTIVE))?.active;
    if (before !== undefined && before !== this.#own.version) {
      for (const id of await open()) if (!this.#clients.has(id)) this.#clients.set(id, before);
      this.#retired.push(before);
      await this.#readList(store, before);
    }
    this.#retired = [...new Set(this.#retired)].filter((it) => it !== this.#own.version);
    await this.sweep(store);
  }

  /** Removes what no open page needs any more. */
  async sweep(store: Store): Promise<void> {
    await this.#load(store);
    const ids = new Set(await open());
    for (const id of [...this.#clients.keys()]) if (!ids.has(id)) this.#clients.delete(id);
    const used = new Set(this.#clients.values());
    const gone = this.#retired.filter((version) => !used.has(version));
    this.#retired = this.#retired.filter((version) => used.has(version));
    await this.#save(store);
    if (gone.length === 0) return;
    for (const version of gone) await store.removeNote(LISTS + version);
    const names = await store.notes(LISTS);
    const lists = await Promise.all(names.map((name) => store.note<Noted>(name)));
    await store.keepOnly(hashes(lists.filter((it) => it !== undefined)));
  }

  /** Whether there may be pages of older versions. */
  get mixed(): boolean {
    return this.#retired.length > 0;
  }

  /** What a page or worker goes by; none: what the server has. */
  async of(store: Store, client: string): Promise<Noted | undefined> {
    await this.#load(store);
    const version = this.#clients.get(client);
    if (version === null) return undefined;
    return version === undefined ? this.#own : this.#lists.get(version);
  }

  /** A page that is being loaded goes by this version, whatever the browser took it for before it was there. */
  async enter(store: Store, client: string): Promise<void> {
    await this.#load(store);
    if (this.#clients.delete(client)) await this.#save(store);
  }

  /** A page that is being loaded goes by what the server has: this version's files are not to be had any more. */
  async leave(store: Store, client: string): Promise<void> {
    await this.#load(store);
    this.#clients.set(client, null);
    await this.#save(store);
  }

  /** A worker that is being started goes by what its page goes by. */
  async inherit(store: Store, from: string, client: string): Promise<void> {
    await this.#load(store);
    const version = this.#clients.get(from);
    if (version === undefined || client === "") return;
    this.#clients.set(client, version);
    await this.#save(store);
  }

  #load(store: Store): Promise<void> {
    this.#loaded ??= this.#read(store);
    return this.#loaded;
  }

  async #read(store: Store): Promise<void> {
    const { clients, retired } = (await store.note<Notes>(ACTIVE)) ?? { clients: [], retired: [] };
    this.#retired = retired;
    for (const [id, version] of clients) this.#clients.set(id, version);
    for (const version of retired) await this.#readList(store, version);
  }

  async #readList(store: Store, version: string): Promise<void> {
    const list = await store.note<Noted>(LISTS + version);
    if (list) this.#lists.set(version, list);
  }

  async #save(store: Store): Promise<void> {
    const clients = [...this.#clients];
    const notes: Notes = { active: this.#own.version, retired: this.#retired, clients };
    await store.writeNote(ACTIVE, notes);
  }
}

/** Ids of the pages and workers of this scope. */
async function open(): Promise<string[]> {
  const { clients } = globalThis as unknown as ServiceWorkerGlobalScope;
  const found = await clients.matchAll({ includeUncontrolled: true, type: "all" });
  // Firefox also tells of this very worker.
  return found.filter(({ type }) => String(type) !== "serviceworker").map(({ id }) => id);
}
