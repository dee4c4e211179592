/** Where things lie, and how one place is named as seen from another. */
import { posix } from "node:path";
import { fileURLToPath } from "node:url";

/** The repository's root, with a slash at its end. */
export const ROOT = fileURLToPath(new URL("../../", import.meta.url));

/** Folder of the chapters, as seen from the root. */
export const SOURCE = "docs/src";

/** Files of the repository that lie beside the pages, and what they are called there. */
export const PUBLISHED: { [path: string]: string } = {
  "engine/manifest.schema.json": "manifest.schema.json",
};

/** The page that a chapter becomes: `a/b.md` is `a/b.html`. */
export function pageOf(chapter: string): string {
  return chapter.replace(/\.md$/, ".html");
}

/** `target` as seen from the page `from`, both relative to the book. */
export function relative(from: string, target: string): string {
  return posix.relative(posix.dirname(from), target);
}

/** A link of a chapter, told apart. */
export type Link =
  | { kind: "outside" }
  | { kind: "here"; anchor: string }
  | { kind: "chapter"; chapter: string; anchor: string }
  /** A file of the repository that is no chapter; `path` as seen from its root. */
  | { kind: "file"; path: string; anchor: string };

/** What `href` means in the chapter `from` (relative to the book's source). */
export function linkOf(href: string, from: string): Link {
  if (/^[a-z][a-z0-9+.-]*:/i.test(href)) return { kind: "outside" };
  const [path = "", anchor = ""] = href.split("#");
  if (path === "") return { kind: "here", anchor };
  const whole = posix.normalize(posix.join(SOURCE, posix.dirname(from), path));
  if (whole.startsWith(`${SOURCE}/`) && whole.endsWith(".md")) {
    return { kind: "chapter", chapter: whole.slice(SOURCE.length + 1), anchor };
  }
  return { kind: "file", path: whole, anchor };
}

/** The anchor of a heading, as GitHub makes it. */
export function slug(heading: string): string {
  const kept = heading.toLowerCase().replace(/[^\p{Letter}\p{Number}\s_-]/gu, "");
  return kept.trim().replace(/\s/g, "-");
}
