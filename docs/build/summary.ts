/** The table of contents, read from `SUMMARY.md`, which has the form that mdBook gave it. */

/** A chapter. */
export interface Chapter {
  title: string;
  /** Its file, relative to the book's source. */
  file: string;
}

/** Chapters under a heading; the first part has none. */
export interface Part {
  title: string;
  chapters: Chapter[];
}

/** Reads the text of `SUMMARY.md`: `# Part`, then `- [Title](file.md)`. */
export function readSummary(text: string): Part[] {
  const parts: Part[] = [{ title: "", chapters: [] }];
  for (const line of text.split("\n").slice(1)) {
    const part = /^# (.+)$/.exec(line);
    if (part) parts.push({ title: part[1]!, chapters: [] });
    const chapter = /^- \[(.+)\]\((.+\.md)\)$/.exec(line);
    if (chapter) parts.at(-1)!.chapters.push({ title: chapter[1]!, file: chapter[2]! });
    else if (!part && line.trim() !== "") throw new Error(`SUMMARY.md: neither part nor chapter: ${line}`);
  }
  return parts.filter((it) => it.chapters.length > 0);
}

/** Every chapter, in order. */
export function chaptersOf(parts: readonly Part[]): Chapter[] {
  return parts.flatMap((it) => it.chapters);
}
