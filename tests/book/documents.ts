/** The Markdown whose code is run, and that code. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { type Fence, fencesOf } from "../../docs/build/fences.ts";
import { ROOT, SOURCE } from "../../docs/build/places.ts";

/** The documents, as seen from the repository's root. */
export function documents(): string[] {
  const chapters = readdirSync(join(ROOT, SOURCE), { recursive: true, encoding: "utf8" });
  return [
    "README.md",
    "main-thread/npm/README.md",
    ...chapters.filter((it) => it.endsWith(".md")).map((it) => `${SOURCE}/${it}`),
  ];
}

export function textOf(document: string): string {
  return readFileSync(join(ROOT, document), "utf8");
}

/** Every fenced piece of code of every document. */
export function allFences(): Fence[] {
  return documents().flatMap((it) => fencesOf(it, textOf(it)));
}

/** A snippet of JavaScript or TypeScript with those before it that it goes on from. */
export interface Snippet {
  /** `docs/src/runs.md:12`. */
  name: string;
  code: string;
  /** Whether it is only begun by a click on the first button it shows. */
  isClicked: boolean;
}

/** Snippets in these languages that are to be run. */
export function snippets(...languages: string[]): Snippet[] {
  const fences = allFences().filter((it) => languages.includes(it.language) && !it.options["include"]);
  const found: Snippet[] = [];
  const before = new Map<string, string>();
  for (const { file, line, words, ignored, code } of fences) {
    if (ignored !== undefined) continue;
    const whole = words.includes("continues") ? (before.get(file) ?? "") + code : code;
    before.set(file, whole);
    found.push({ name: `${file}:${line}`, code: whole, isClicked: words.includes("click") });
  }
  return found;
}
