/** Markdown to HTML. */
import { existsSync, readFileSync } from "node:fs";
import { posix } from "node:path";
import hljs from "highlight.js/lib/common";
import MarkdownIt from "markdown-it";
import { readInfo } from "./fences.ts";
import { linkOf, pageOf, PUBLISHED, relative, ROOT, slug, SOURCE } from "./places.ts";

/** A stretch of a page, from one heading to the next. */
export interface Section {
  anchor: string;
  title: string;
  level: number;
  /** Its words, for the search. */
  text: string;
}

/** A rendered chapter. */
export interface Rendered {
  html: string;
  sections: Section[];
}

/** What is known while one chapter is rendered. */
type Env = {
  /** Its file, relative to the book's source. */
  chapter: string;
  sections: Section[];
  /** Address of the repository's files, if it is known. */
  repository: string | undefined;
};

const markdown = new MarkdownIt({ html: true });
type Token = ReturnType<typeof markdown.parse>[number];
const rules = markdown.renderer.rules;
const { escapeHtml } = markdown.utils;

/** Renders the text of a chapter. */
export function render(text: string, chapter: string, repository: string | undefined): Rendered {
  const env: Env = { chapter, sections: [], repository };
  const tokens = markdown.parse(text, env);
  nameHeadings(tokens, env);
  return { html: markdown.renderer.render(tokens, markdown.options, env), sections: env.sections };
}

/** Gives each heading its anchor, and collects what is said under it. */
function nameHeadings(tokens: Token[], env: Env): void {
  const seen = new Map<string, number>();
  tokens.forEach((token, at) => {
    if (token.type === "heading_open") {
      const title = plain(tokens[at + 1]!);
      const base = slug(title);
      const times = seen.get(base) ?? 0;
      seen.set(base, times + 1);
      const anchor = times === 0 ? base : `${base}-${times}`;
      token.attrSet("id", anchor);
      env.sections.push({ anchor, title, level: Number(token.tag.slice(1)), text: "" });
    } else if (tokens[at - 1]?.type !== "heading_open" && env.sections.length > 0) {
      const words = token.type === "inline" ? plain(token) : token.type === "fence" ? fenceText(token) : "";
      if (words) env.sections.at(-1)!.text += `${words} `;
    }
  });
}

/** What a reader hears of inline text. */
function plain(inline: Token): string {
  const parts = (inline.children ?? []).map((it) => {
    if (it.type === "text" || it.type === "code_inline") return it.content;
    return it.type === "softbreak" ? " " : "";
  });
  return parts.join("");
}

function fenceText(token: Token): string {
  const { language } = readInfo(token.info);
  return language === "svg" ? "" : token.content;
}

rules["heading_close"] = (tokens, at, _options, env) => {
  const open = tokens[at - 2]!;
  const anchor = attribute(open, "id");
  const { title } = (env as Env).sections.find((it) => it.anchor === anchor)!;
  const mark = `<a class="anchor" href="#${anchor}" aria-label="Link to “${escapeHtml(title)}”">#</a>`;
  return `${open.tag === "h1" ? "" : ` ${mark}`}</${open.tag}>\n`;
};

// A wide table is scrolled by itself, with the keyboard too.
rules["table_open"] = () => `<div class="scroller" role="group" tabindex="0" aria-label="Table"><table>\n`;
rules["table_close"] = () => "</table></div>\n";

// A heading without words is none.
rules["th_open"] = (tokens, at, options, _env, self) =>
  tokens[at + 1]!.content === "" ? "<td>" : self.renderToken(tokens, at, options);
rules["th_close"] = (tokens, at, options, _env, self) =>
  tokens[at - 1]!.content === "" ? "</td>" : self.renderToken(tokens, at, options);

rules["fence"] = (tokens, at, _options, env) => {
  const token = tokens[at]!;
  const { language, words, options } = readInfo(token.info);
  const text = codeOf(options["include"], token.content);
  if (words.includes("signature")) return signature(text, language, env as Env);
  return code(text, language, options["title"] ?? options["include"]);
};
rules["code_block"] = (tokens, at) => code(tokens[at]!.content, "", undefined);

/** Code on a page, coloured, with the name of its file if it has one. */
export function code(text: string, language: string, title: string | undefined): string {
  const known = hljs.getLanguage(language);
  const html = known ? hljs.highlight(text, { language }).value : escapeHtml(text);
  const caption = title ? `<figcaption>${escapeHtml(title)}</figcaption>` : "";
  const label = title ?? (known?.name || "Text");
  return `<figure class="code">${caption}<pre tabindex="0" role="group" aria-label="Code: ${escapeHtml(label)}"><code>${html}</code></pre></figure>\n`;
}

/** A declaration: names that have a section on the page lead there. */
function signature(text: string, language: string, { sections }: Env): string {
  const anchors = new Map(sections.filter((it) => it.level === 3).map((it) => [it.title, it.anchor]));
  const html = code(text, language, undefined).replace(
    'figure class="code"',
    'figure class="code signature"',
  );
  return html.replace(/(?<=>[^<]*)\b[A-Z]\w+\b(?=[^>]*<)/g, (name) => {
    const anchor = anchors.get(name);
    return anchor ? `<a href="#${anchor}">${name}</a>` : name;
  });
}

/**
 * The text of a fence: its own, or that of a file, or of one item in it: `nodes/src/node.rs#pub_trait_Node` is what
 * begins so, with its comment, to the brace that ends it.
 */
export function codeOf(include: string | undefined, own: string): string {
  if (!include) return own;
  const [path = "", item] = include.split("#");
  const text = readFileSync(posix.join(ROOT, path), "utf8");
  if (!item) return text;
  const lines = text.split("\n");
  const found = lines.findIndex((it) => it.startsWith(item.replaceAll("_", " ")));
  if (found < 0) throw new Error(`no line of ${path} begins with "${item.replaceAll("_", " ")}"`);
  const before = lines.slice(0, found).findLastIndex((it) => !/^(\/\/\/|#\[)/.test(it));
  const length = lines.slice(found).findIndex((it) => /^[})\]]/.test(it));
  return `${lines.slice(before + 1, found + length + 1).join("\n")}\n`;
}

/** The value of an attribute that is there. */
function attribute(token: Token, name: string): string {
  return String(token.attrGet(name) ?? "");
}

rules["link_open"] = (tokens, at, options, env, self) => {
  const token = tokens[at]!;
  const { chapter, repository } = env as Env;
  const link = linkOf(attribute(token, "href"), chapter);
  if (link.kind === "chapter") {
    const anchor = link.anchor ? `#${link.anchor}` : "";
    token.attrSet("href", relative(pageOf(chapter), pageOf(link.chapter)) + anchor);
  } else if (link.kind === "file") {
    if (!existsSync(posix.join(ROOT, link.path))) throw new Error(`${chapter}: there is no ${link.path}`);
    const published = PUBLISHED[link.path];
    if (published) token.attrSet("href", relative(pageOf(chapter), published));
    else if (repository) token.attrSet("href", `${repository}/${link.path}`);
    else {
      // Without an address it is a name, not a way there.
      token.meta = NAME;
      return `<span class="file" title="${escapeHtml(link.path)}, in the repository">`;
    }
  } else if (link.kind === "outside") {
    token.attrSet("rel", "external");
  }
  return self.renderToken(tokens, at, options);
};
rules["link_close"] = (tokens, at, options, _env, self) => {
  const open = tokens.slice(0, at).findLast((it) => it.type === "link_open");
  return open?.meta === NAME ? "</span>" : self.renderToken(tokens, at, options);
};

/** Marks links that lead nowhere. */
const NAME = { isName: true };

// Drawings become part of the page: so they have its colours.
rules["image"] = (tokens, at, options, env, self) => {
  const token = tokens[at]!;
  const source = attribute(token, "src");
  if (!source.endsWith(".svg")) return self.renderToken(tokens, at, options);
  const file = posix.join(ROOT, SOURCE, posix.dirname((env as Env).chapter), source);
  const svg = readFileSync(file, "utf8").trim();
  const label = escapeHtml(token.content);
  return `<span class="drawing" tabindex="0" role="group" aria-label="Drawing">${svg.replace("<svg", `<svg role="img" aria-label="${label}"`)}</span>`;
};
