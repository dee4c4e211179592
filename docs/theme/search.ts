import MiniSearch from "minisearch";
import { type Entry, SEARCH_OPTIONS } from "./search-options.ts";

declare global {
  /** The index, as JSON, once its script has run. */
  var bookSearch: string | undefined;
}

const MOST = 12;
const AROUND = 60;

const base = document.body.dataset["root"] ?? ".";

/** Looks for what is typed in `input`, and lists what is found. */
export function startSearch(input: HTMLInputElement, list: HTMLElement, state: HTMLElement): void {
  let index: Promise<MiniSearch<Entry>> | undefined;
  let chosen = -1;

  const options = (): HTMLElement[] => [...list.querySelectorAll<HTMLElement>("[role=option]")];
  const choose = (at: number): void => {
    const all = options();
    chosen = all.length === 0 ? -1 : (at + all.length) % all.length;
    all.forEach((it, i) => it.setAttribute("aria-selected", String(i === chosen)));
    const option = all[chosen];
    if (option) input.setAttribute("aria-activedescendant", option.id);
    else input.removeAttribute("aria-activedescendant");
    option?.scrollIntoView({ block: "nearest" });
  };
  const close = (): void => {
    list.hidden = true;
    state.textContent = "";
    input.setAttribute("aria-expanded", "false");
    choose(-1);
  };
  const show = (query: string, found: readonly Entry[]): void => {
    list.replaceChildren(...found.slice(0, MOST).map((it, at) => option(it, at, query)));
    list.hidden = found.length === 0;
    input.setAttribute("aria-expanded", String(found.length > 0));
    state.textContent = found.length === 0 ? `Nothing says “${query}”` : `${found.length} found`;
    choose(0);
  };
  /** The index, fetched once; a failure is told, and forgotten at the next letter. */
  const loaded = (): Promise<MiniSearch<Entry> | undefined> => {
    index ??= load();
    return index.catch((error: Error) => {
      index = undefined;
      state.textContent = error.message;
      state.classList.add("failed");
      return undefined;
    });
  };
  const search = async (): Promise<void> => {
    const query = input.value.trim();
    if (query.length < 2) return close();
    const all = await loaded();
    if (!all) return;
    state.classList.remove("failed");
    const found = all.search(query) as unknown as Entry[];
    // Typed on meanwhile: the later search shows.
    if (input.value.trim() === query) show(query, found);
  };

  input.addEventListener("focus", () => void loaded(), { once: true });
  input.addEventListener("input", () => void search());
  input.addEventListener("keydown", (event) => {
    if (event.key === "ArrowDown") choose(chosen + 1);
    else if (event.key === "ArrowUp") choose(chosen - 1);
    else if (event.key === "Enter") options()[chosen]?.click();
    else if (event.key === "Escape") close();
    else return;
    event.preventDefault();
  });
  document.addEventListener("pointerdown", ({ target }) => {
    if (target instanceof Element && !target.closest(".search")) close();
  });
}

/** Runs the script that holds the index. */
function load(): Promise<MiniSearch<Entry>> {
  return new Promise((resolve, reject) => {
    const script = document.createElement("script");
    script.src = `${base}/theme/search-index.js`;
    script.onload = () => resolve(MiniSearch.loadJSON(globalThis.bookSearch ?? "", SEARCH_OPTIONS));
    script.onerror = () => reject(new Error("the search index cannot be loaded"));
    document.head.append(script);
  });
}

function option({ id, page, heading, text }: Entry, at: number, query: string): HTMLElement {
  const title = document.createElement("strong");
  title.textContent = heading === page ? page : `${page} › ${heading}`;
  const excerpt = document.createElement("span");
  excerpt.append(...marked(around(text, query), query));
  const item = document.createElement("li");
  item.id = `found-${at}`;
  item.setAttribute("role", "option");
  item.append(title, excerpt);
  item.addEventListener("click", () => location.assign(`${base}/${id}`));
  return item;
}

/** The words beside the first that was looked for. */
function around(text: string, query: string): string {
  const word = query.split(/\s+/)[0]!.toLowerCase();
  const at = Math.max(0, text.toLowerCase().indexOf(word));
  const from = Math.max(0, at - AROUND);
  const piece = text.slice(from, at + 2 * AROUND);
  return `${from > 0 ? "…" : ""}${piece}${at + 2 * AROUND < text.length ? "…" : ""}`;
}

function marked(text: string, query: string): (string | HTMLElement)[] {
  const words = query.split(/\s+/).map((it) => it.replace(/[.*+?^${}()|[\]\\]/g, "\\$&"));
  return text.split(new RegExp(`(${words.join("|")})`, "i")).map((piece, at) => {
    if (at % 2 === 0) return piece;
    const mark = document.createElement("mark");
    mark.textContent = piece;
    return mark;
  });
}
