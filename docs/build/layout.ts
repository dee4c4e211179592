/** The page around a chapter. */
import MarkdownIt from "markdown-it";
import type { Section } from "./markdown.ts";
import { pageOf, relative } from "./places.ts";
import { type Chapter, chaptersOf, type Part } from "./summary.ts";

const { escapeHtml } = new MarkdownIt().utils;

/** What a page is made of. */
export interface Page {
  chapter: Chapter;
  parts: readonly Part[];
  html: string;
  sections: readonly Section[];
}

// Nothing from elsewhere, and no script that is not a file of the book.
const POLICY =
  "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; base-uri 'none'; form-action 'none'";

/** The whole document. */
export function document(page: Page): string {
  const { chapter, html } = page;
  const here = pageOf(chapter.file);
  const to = (target: string): string => relative(here, target);
  const title = here === "index.html" ? "RemoteMedia: documentation" : `${chapter.title} · RemoteMedia`;
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta http-equiv="Content-Security-Policy" content="${POLICY}">
<title>${escapeHtml(title)}</title>
<link rel="icon" href="${to("../icon.svg")}" type="image/svg+xml">
<link rel="stylesheet" href="${to("theme/book.css")}">
<script src="${to("theme/scheme.js")}"></script>
<script src="${to("theme/book.js")}" defer></script>
</head>
<body data-root="${to("") || "."}">
<a class="skip" href="#chapter">Skip to the chapter</a>
<header class="bar">
<button type="button" class="menu" aria-expanded="false" aria-controls="contents">Contents</button>
<a class="brand" href="${to("index.html")}">RemoteMedia</a>
<a class="demo" href="${to("../index.html")}">Demo</a>
<div class="search" role="search">
<label for="search">Search</label>
<input id="search" type="search" autocomplete="off" spellcheck="false" placeholder="Search  ( / )" role="combobox" aria-expanded="false" aria-controls="found" aria-autocomplete="list">
<ul id="found" role="listbox" aria-label="Found" hidden></ul>
<p id="search-state" class="quiet" role="status"></p>
</div>
<button type="button" class="scheme" hidden></button>
</header>
<div class="sheet">
<nav id="contents" class="contents" aria-label="Contents">
${contents(page.parts, chapter, to)}
</nav>
<main id="chapter" tabindex="-1">
<article>
${html}</article>
${neighbours(page.parts, chapter, to)}
</main>
${outline(page.sections)}
</div>
</body>
</html>
`;
}

type To = (target: string) => string;

function contents(parts: readonly Part[], here: Chapter, to: To): string {
  const entry = ({ title, file }: Chapter): string => {
    const current = file === here.file ? ' aria-current="page"' : "";
    return `<li><a href="${to(pageOf(file))}"${current}>${escapeHtml(title)}</a></li>`;
  };
  return parts
    .map(({ title, chapters }) => {
      const heading = title ? `<h2>${escapeHtml(title)}</h2>\n` : "";
      return `${heading}<ul>\n${chapters.map(entry).join("\n")}\n</ul>`;
    })
    .join("\n");
}

function neighbours(parts: readonly Part[], here: Chapter, to: To): string {
  const all = chaptersOf(parts);
  const at = all.findIndex((it) => it.file === here.file);
  const link = (chapter: Chapter | undefined, rel: string, word: string): string =>
    chapter
      ? `<a rel="${rel}" href="${to(pageOf(chapter.file))}"><span>${word}</span> ${escapeHtml(chapter.title)}</a>`
      : "<span></span>";
  return `<nav class="neighbours" aria-label="Chapters before and after">
${link(all[at - 1], "prev", "Before")}
${link(all[at + 1], "next", "Next")}
</nav>`;
}

/** The headings of a long page. */
function outline(sections: readonly Section[]): string {
  const isFew = sections.filter((it) => it.level === 2).length < 4;
  const shown = sections.filter((it) => it.level === 2 || (isFew && it.level === 3));
  if (shown.length < 2) return "";
  const entries = shown.map(
    (it) => `<li class="level-${it.level}"><a href="#${it.anchor}">${escapeHtml(it.title)}</a></li>`,
  );
  return `<nav class="outline" aria-label="On this page">
<h2>On this page</h2>
<ul>
${entries.join("\n")}
</ul>
</nav>`;
}
