/** What the TypeScript declarations of the package declare, with their doc comments. */
import { readFileSync } from "node:fs";
import { posix } from "node:path";
import { parseAst } from "vite";

/** A member of a class or an interface. */
export interface Member {
  name: string;
  code: string;
  doc: string;
  isStatic: boolean;
  isMethod: boolean;
}

/** Something declared at the top of a file. */
export interface Declaration {
  name: string;
  kind: "class" | "interface" | "type" | "function" | "const";
  /** As it stands in the file, without `export` and `declare`. */
  code: string;
  doc: string;
  /** Of classes and interfaces, and of types that are one object. */
  members: Member[];
  /** The file it is in. */
  file: string;
}

/** A node of the syntax tree, as far as it is looked at. */
interface Node {
  type: string;
  start: number;
  end: number;
  [key: string]: unknown;
}

interface Module {
  declared: Map<string, Declaration>;
  imported: Map<string, { file: string; name: string }>;
  /** Name outside to name inside; with `file` if it is passed on from there. */
  exported: Map<string, { file?: string; name: string }>;
  /** Files of which everything is passed on. */
  passedOn: string[];
}

const KINDS: { [type: string]: Declaration["kind"] } = {
  ClassDeclaration: "class",
  TSInterfaceDeclaration: "interface",
  TSTypeAliasDeclaration: "type",
  TSDeclareFunction: "function",
  FunctionDeclaration: "function",
  VariableDeclaration: "const",
};

const modules = new Map<string, Module>();

/** What `file` exports, in order, what it passes on included. */
export function exportsOf(file: string): Declaration[] {
  const { exported, passedOn } = moduleOf(file);
  const own = [...exported].map(([, { file: from, name }]) => resolve(from ?? file, name));
  return [...own.filter((it) => it !== undefined), ...passedOn.flatMap(exportsOf)];
}

/** The declaration that `name` means in `file`; none if it is not of the package. */
export function resolve(file: string, name: string): Declaration | undefined {
  const { declared, imported, exported, passedOn } = moduleOf(file);
  const here = declared.get(name);
  if (here) return here;
  const from = imported.get(name) ?? exported.get(name);
  if (from?.file) return resolve(from.file, from.name);
  return passedOn.map((it) => resolve(it, name)).find((it) => it !== undefined);
}

function moduleOf(file: string): Module {
  const known = modules.get(file) ?? read(file);
  modules.set(file, known);
  return known;
}

function read(file: string): Module {
  const text = readFileSync(file, "utf8");
  const module: Module = { declared: new Map(), imported: new Map(), exported: new Map(), passedOn: [] };
  const tree = parseAst(text, { lang: "dts" }) as unknown as { body: Node[] };
  for (const node of tree.body) take(node, text, file, module);
  return module;
}

function take(node: Node, text: string, file: string, module: Module): void {
  const source = fileOf(node["source"] as { value: string } | null, file);
  const specifiers = (node["specifiers"] ?? []) as Node[];
  if (node.type === "ImportDeclaration" && source) {
    for (const it of specifiers) {
      module.imported.set(nameOf(it["local"]), { file: source, name: nameOf(it["imported"] ?? it["local"]) });
    }
  } else if (node.type === "ExportAllDeclaration" && source) {
    module.passedOn.push(source);
  } else if (node.type === "ExportNamedDeclaration" && node["declaration"]) {
    const name = declare(node["declaration"] as Node, node.start, text, file, module);
    if (name) module.exported.set(name, { name });
  } else if (node.type === "ExportNamedDeclaration") {
    for (const it of specifiers) {
      const from = source ? { file: source } : {};
      module.exported.set(nameOf(it["exported"]), { ...from, name: nameOf(it["local"]) });
    }
  } else {
    declare(node, node.start, text, file, module);
  }
}

function fileOf(source: { value: string } | null | undefined, from: string): string | undefined {
  if (!source?.value.startsWith(".")) return undefined;
  return posix.join(posix.dirname(from), source.value.replace(/\.js$/, ".d.ts"));
}

function declare(node: Node, start: number, text: string, file: string, module: Module): string | undefined {
  const kind = KINDS[node.type];
  if (!kind) return undefined;
  const named = kind === "const" ? (node["declarations"] as Node[])[0]!["id"] : node["id"];
  const name = nameOf(named);
  const code = text.slice(node.start, node.end).replace(/^(export )?(declare )?/, "");
  const members = membersOf(node, text);
  module.declared.set(name, { name, kind, code, doc: docBefore(text, start), members, file });
  return name;
}

function membersOf(node: Node, text: string): Member[] {
  const annotation = node["typeAnnotation"] as Node | undefined;
  const body = (node["body"] as { body: Node[] } | undefined)?.body;
  const nodes = body ?? (annotation?.type === "TSTypeLiteral" ? (annotation["members"] as Node[]) : []);
  const members = nodes.map((it): Member => {
    const code = text.slice(it.start, it.end).replace(/[;,]\s*$/, "");
    const isMethod = /Method|CallSignature/.test(it.type);
    return {
      name: memberName(it, text),
      code,
      doc: docBefore(text, it.start),
      isStatic: it["static"] === true,
      isMethod,
    };
  });
  const hidden = (it: Member): boolean =>
    /^#|^$|^constructor$/.test(it.name) || it.code.startsWith("private ");
  return members.filter((it) => !hidden(it) && !isInternal(it.doc));
}

function memberName(node: Node, text: string): string {
  const key = node["key"] as Node | undefined;
  if (!key) return "";
  const name = text.slice(key.start, key.end);
  return node["computed"] ? `[${name}]` : name;
}

function nameOf(node: unknown): string {
  const { name, value } = node as { name?: string; value?: string };
  return name ?? value ?? "";
}

/** Whether a doc comment says that this is not for users. */
export function isInternal(doc: string): boolean {
  return doc.includes("@internal");
}

/** The text of the doc comment that ends where `start` is, without its stars. */
function docBefore(text: string, start: number): string {
  const before = text.slice(0, start).trimEnd();
  if (!before.endsWith("*/")) return "";
  const comment = before.slice(before.lastIndexOf("/**") + 3, -2);
  return comment.replace(/^[ \t]*\* ?/gm, "").trim();
}
