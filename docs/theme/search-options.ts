import type { Options } from "minisearch";

/** A section of the book, as the search knows it. */
export interface Entry {
  /** Its address, relative to the book. */
  id: string;
  /** Title of its chapter. */
  page: string;
  heading: string;
  text: string;
}

/** The same for who makes the index and who reads it. */
export const SEARCH_OPTIONS: Options<Entry> = {
  fields: ["heading", "page", "text"],
  storeFields: ["page", "heading", "text"],
  // `sampleRate`, `sample_rate` and `VoiceActivity` are found by their parts too.
  tokenize: (text) => {
    const words = text.split(/[^\p{Letter}\p{Number}_]+/u).filter((it) => it.length > 1);
    const parts = words.flatMap((it) => it.split(/_|(?<=[a-z0-9])(?=[A-Z])/));
    return [...words, ...parts.filter((it) => it.length > 1 && !words.includes(it))];
  },
  searchOptions: {
    boost: { heading: 4, page: 2 },
    prefix: true,
    fuzzy: (term) => (term.length > 5 ? 0.15 : false),
    combineWith: "AND",
  },
};
