/** Fenced code and what is said about it: ` ```js ignore: why ` or ` ```rust include=nodes/src/kind.rs `. */

/** A fenced piece of code of a Markdown file. */
export interface Fence {
  /** The file, as seen from the repository's root. */
  file: string;
  /** Line of the opening fence, from 1. */
  line: number;
  language: string;
  /** The words after the language that are not of the form `key=value`. */
  words: string[];
  options: { [key: string]: string };
  /** Why it is not run; none if it is. */
  ignored: string | undefined;
  code: string;
}

/** What stands after the three backticks. */
export type Info = Pick<Fence, "language" | "words" | "options" | "ignored">;

/** Reads the words after the three backticks. */
export function readInfo(text: string): Info {
  const [head = "", ignored] = text.split(/\bignore: /, 2);
  const [language = "", ...rest] = head.trim().split(/\s+/);
  const options: { [key: string]: string } = {};
  const words: string[] = [];
  for (const word of rest) {
    const at = word.indexOf("=");
    if (at > 0) options[word.slice(0, at)] = word.slice(at + 1);
    else words.push(word);
  }
  return { language, words, options, ignored: ignored?.trim() };
}

/** Every fenced piece of code of a Markdown text. */
export function fencesOf(file: string, text: string): Fence[] {
  const fences: Fence[] = [];
  let open: { line: number; info: Info; code: string[]; indent: number } | undefined;
  text.split("\n").forEach((line, at) => {
    const fence = /^(\s*)```(.*)$/.exec(line);
    if (!open && fence) {
      open = { line: at + 1, info: readInfo(fence[2]!), code: [], indent: fence[1]!.length };
    } else if (open && fence) {
      fences.push({ file, line: open.line, ...open.info, code: `${open.code.join("\n")}\n` });
      open = undefined;
    } else {
      open?.code.push(line.slice(Math.min(open.indent, line.length - line.trimStart().length)));
    }
  });
  if (open) throw new Error(`${file}:${open.line}: this fence is never closed`);
  return fences;
}
