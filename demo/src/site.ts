import type { Runtime } from "remotemedia";
import { h } from "./dom.ts";
import type { Entry, View } from "./view.ts";

/** What is known of the runtime, for views that are made later. */
type Outcome = { runtime: Runtime } | { error: unknown };

/** The views, of which the address chooses one. */
export class Site {
  readonly #entries: readonly Entry[];
  readonly #main: HTMLElement;
  readonly #links = new Map<string, HTMLAnchorElement>();
  readonly #made = new Map<string, View>();
  #outcome: Outcome | undefined;
  #current = "";
  #leave = new AbortController();

  /** The first entry is what an unknown address shows. */
  constructor(entries: readonly Entry[], main: HTMLElement, nav: HTMLElement) {
    this.#entries = entries;
    this.#main = main;
    for (const { name, title } of entries) {
      const link = h("a", { "href": `#/${name}`, "data-testid": `view-${name}` }, title);
      this.#links.set(name, link);
      nav.append(link);
    }
    addEventListener("hashchange", () => this.#follow(true));
    this.#follow(false);
  }

  /** There is a runtime; every view gets it. */
  connect(runtime: Runtime): void {
    this.#outcome = { runtime };
    for (const view of this.#made.values()) view.connect(runtime);
  }

  /** There is none; every view says so. */
  broken(error: unknown): void {
    this.#outcome = { error };
    for (const view of this.#made.values()) view.broken(error);
  }

  /** Shows what the address says. `moved`: the user is elsewhere now, and so are their keys. */
  #follow(moved: boolean): void {
    const { name, rest } = placeOf(location.hash);
    const entry = this.#entries.find((it) => it.name === name) ?? this.#entries[0];
    if (!entry) return;
    if (entry.name !== this.#current) this.#enter(entry, moved);
    if (rest !== "" && entry.name === name) this.#made.get(name)?.open?.(rest);
  }

  #enter(entry: Entry, moved: boolean): void {
    this.#current = entry.name;
    for (const [name, link] of this.#links) {
      if (name === entry.name) link.setAttribute("aria-current", "page");
      else link.removeAttribute("aria-current");
    }
    document.title = `${entry.title} · RemoteMedia`;
    this.#main.setAttribute("aria-label", entry.title);
    this.#show(entry);
    if (moved) this.#main.focus({ preventScroll: true });
  }

  #show(entry: Entry): void {
    this.#leave.abort();
    this.#leave = new AbortController();
    const view = this.#made.get(entry.name) ?? this.#make(entry);
    this.#main.replaceChildren(view.element);
    view.enter(this.#leave.signal);
  }

  #make({ name, make }: Entry): View {
    const view = make();
    this.#made.set(name, view);
    if (this.#outcome && "runtime" in this.#outcome) view.connect(this.#outcome.runtime);
    else if (this.#outcome) view.broken(this.#outcome.error);
    return view;
  }
}

/** The view that an address names, and what else it says: `#/name/rest` or `#/name?rest`. */
export function placeOf(hash: string): { name: string; rest: string } {
  const [, name = "", rest = ""] = /^#\/([^/?]*)\/?(.*)$/s.exec(hash) ?? [];
  return { name, rest };
}
