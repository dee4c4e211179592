/** What the search looks through. */
import MiniSearch from "minisearch";
import { SEARCH_OPTIONS } from "../theme/search-options.ts";
import type { Section } from "./markdown.ts";

/** A page with its sections. */
export interface Searchable {
  /** Its address, relative to the book. */
  page: string;
  title: string;
  sections: Section[];
}

/** The index of all pages, as the text of a script: a page read from a disk may not fetch, but may have scripts. */
export function searchScript(pages: readonly Searchable[]): string {
  const index = new MiniSearch(SEARCH_OPTIONS);
  for (const { page, title, sections } of pages) {
    for (const { anchor, title: heading, level, text } of sections) {
      const href = level === 1 ? page : `${page}#${anchor}`;
      index.add({ id: href, page: title, heading, text: text.replace(/\s+/g, " ").trim() });
    }
  }
  return `globalThis.bookSearch = ${JSON.stringify(JSON.stringify(index))};\n`;
}
