/** The reference of the JavaScript API, from the declarations of the built package. */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { type Declaration, exportsOf, isInternal, type Member, resolve } from "./declarations.ts";
import { ROOT } from "./places.ts";
import { inline, table } from "./table.ts";

const PACKAGE = join(ROOT, "dist/remotemedia");

/** A way into the package that has types. */
interface Entry {
  /** What is imported. */
  specifier: string;
  file: string;
}

/** Every entry of the package, as its own `package.json` tells. */
export function entries(): Entry[] {
  const { exports } = JSON.parse(readFileSync(join(PACKAGE, "package.json"), "utf8")) as {
    exports: { [path: string]: string | { types?: string } };
  };
  return Object.entries(exports).flatMap(([path, it]) => {
    const types = typeof it === "string" ? undefined : it.types;
    if (!types || !existsSync(join(PACKAGE, types))) return [];
    return [{ specifier: path.replace(/^\./, "remotemedia"), file: join(PACKAGE, types) }];
  });
}

/** A section for each thing that the package exports, and for each type these refer to. */
export function apiText(): string {
  const shown = new Map<string, Declaration>();
  const parts: string[] = [];
  for (const { specifier, file } of entries()) {
    const own = exportsOf(file).filter((it) => !isInternal(it.doc) && !shown.has(keyOf(it)));
    for (const it of own) shown.set(keyOf(it), it);
    if (own.length > 0) parts.push(`## ${inline(specifier)}`, ...inOrder(own, file).map(section));
  }
  const helpers = referredTo([...shown.values()]);
  if (helpers.length > 0) {
    parts.push("## Types that these refer to", "They are not exported by name.", ...helpers.map(section));
  }
  return parts.join("\n\n").replace(/\{@link ([\w.]+)\}/g, (_whole, name: string) => inline(name));
}

/** The same thing by whatever entry it is reached; two entries may have different things of one name. */
function keyOf({ file, name }: Declaration): string {
  return `${file}#${name}`;
}

const RANKS: Declaration["kind"][] = ["class", "function", "const", "interface", "type"];

/** By kind; what is declared in the entry's own file first. */
function inOrder(declarations: readonly Declaration[], file: string): Declaration[] {
  const main = file.replace(/(\w+)\.d\.ts$/, "types/$1.d.ts");
  const rank = (it: Declaration): number =>
    2 * RANKS.indexOf(it.kind) + ([file, main].includes(it.file) ? 0 : 1);
  return [...declarations].sort((a, b) => rank(a) - rank(b));
}

/** Declarations that are named in the code of others and are not shown by themselves. */
function referredTo(declarations: readonly Declaration[]): Declaration[] {
  const found = new Map<string, Declaration>();
  const queue = [...declarations];
  const names = new Set(queue.map((it) => it.name));
  for (let it = queue.pop(); it; it = queue.pop()) {
    const code = it.members.length > 0 ? it.members.map((member) => member.code).join("\n") : it.code;
    for (const [word] of code.matchAll(/\b[A-Z]\w+\b/g)) {
      const target = names.has(word) ? undefined : resolve(it.file, word);
      if (!target || target.kind === "class") continue;
      names.add(word);
      found.set(word, target);
      queue.push(target);
    }
  }
  return [...found.values()];
}

function section(it: Declaration): string {
  const parts = [`### ${it.name}`, prose(it.doc)];
  if (it.kind === "class") {
    const fields = it.members.filter((member) => !member.isMethod && isShort(member));
    const methods = it.members.filter((member) => !fields.includes(member));
    parts.push(classHead(it), fields.length > 0 ? memberTable(fields) : "");
    parts.push(...methods.map((member) => classMember(it, member)));
  } else if (it.members.length > 0 && it.members.every(isShort)) {
    parts.push(memberTable(it.members));
  } else {
    parts.push(codeBlock(it.code));
  }
  return parts.filter(Boolean).join("\n\n");
}

function classHead({ code, name }: Declaration): string {
  const head = code.slice(0, code.indexOf("{")).trim();
  return head === `class ${name}` ? "" : codeBlock(head);
}

function classMember({ name }: Declaration, member: Member): string {
  const owner = member.isStatic ? name : name[0]!.toLowerCase() + name.slice(1);
  const title = member.name.startsWith("[") ? `${owner}${member.name}` : `${owner}.${member.name}`;
  return [
    `#### ${inline(title + (member.isMethod ? "()" : ""))}`,
    codeBlock(dedent(member.code)),
    prose(member.doc),
  ]
    .filter(Boolean)
    .join("\n\n");
}

/** Whether it is one line, so that it fits in a table. */
function isShort({ code }: Member): boolean {
  return !code.includes("\n");
}

function memberTable(members: readonly Member[]): string {
  const rows = members.map(({ name, code, doc }) => {
    const optional = new RegExp(`^(readonly )?${name.replace(/\W/g, "\\$&")}\\?`).test(code);
    const type = code.replace(/^(readonly )?[^:(]+\??(?=[:(])/, "").replace(/^: /, "");
    return [inline(optional ? `${name}?` : name), inline(type), prose(doc).replace(/\s*\n\s*/g, " ")];
  });
  return table(["member", "type", "meaning"], rows);
}

function codeBlock(code: string): string {
  return `\`\`\`ts signature\n${code.trim()}\n\`\`\``;
}

function dedent(code: string): string {
  return code.replace(/^ {4}/gm, "");
}

/** A doc comment as Markdown. */
function prose(doc: string): string {
  return doc
    .replace(/@module\b/g, "")
    .replace(/@example\n([\s\S]*?)(?=\n@|$)/g, (_whole, code: string) => `\n${codeBlock(code)}\n`)
    .replace(/^@(param|returns|throws)\b/gm, "- $1")
    .trim();
}
