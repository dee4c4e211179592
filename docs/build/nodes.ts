/** The reference of nodes, from the registry and the examples. */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { ROOT } from "./places.ts";
import { defaultOf, rangeOf, type Schema, typeOf } from "./schema.ts";
import { inline, table } from "./table.ts";

interface Kind {
  type: string;
  aliases: string[];
  language: "rust" | "python";
  home: "runtime" | "compute" | "python";
  description: string;
  /** JSON text, so that the order of the parameters is kept. */
  params: string;
  inputs: string[];
  outputs: string[];
  streaming: boolean;
}

/** An example of a node; `"$file"` among its inputs is a recording. */
export interface Example {
  about?: string;
  manifest: object;
  inputs?: unknown[];
  outputs: unknown[];
}

const HOMES = {
  runtime: "the runtime worker, beside the scheduler",
  compute: "a compute worker, fetched when a pipeline first needs it",
  python: "a Python worker",
};

/** Every node there is, as the registry tells. */
export function kinds(): Kind[] {
  return JSON.parse(readFileSync(join(ROOT, "docs/generated/nodes.json"), "utf8")) as Kind[];
}

/** The example of a node, if there is one. */
export function example(type: string): Example | undefined {
  const file = join(ROOT, `docs/examples/${type}.json`);
  return existsSync(file) ? (JSON.parse(readFileSync(file, "utf8")) as Example) : undefined;
}

/** A section for each node. */
export function nodesText(): string {
  const all = kinds();
  const rows = all.map((it) => [
    `[${inline(it.type)}](#${it.type.toLowerCase()})`,
    it.language === "rust" ? "Rust" : "Python",
    it.inputs.join(", "),
    it.outputs.join(", "),
  ]);
  const overview = table(["node", "written in", "takes", "gives"], rows);
  return [overview, ...all.map(section)].join("\n\n");
}

function section(kind: Kind): string {
  const facts = [
    `Takes ${words(kind.inputs)}, gives ${words(kind.outputs)}. Runs in ${HOMES[kind.home]}.`,
    kind.streaming ? "A large item passes in parts, so its length does not matter." : "",
    kind.aliases.length > 0 ? `Other names: ${kind.aliases.map(inline).join(", ")}.` : "",
  ];
  const parts = [`## ${kind.type}`, kind.description, facts.filter(Boolean).join(" "), params(kind)];
  const shown = example(kind.type);
  if (shown) parts.push(exampleText(shown));
  return parts.join("\n\n");
}

function words(kinds: readonly string[]): string {
  return kinds.map((it) => (it === "any" ? "anything" : it)).join(" or ");
}

function params({ params }: Kind): string {
  const { properties = {} } = JSON.parse(params) as Schema;
  const entries = Object.entries(properties);
  const taken = entries.filter(([, it]) => it["x-ignored"] === undefined);
  const rows = taken.map(([name, it]) => {
    const aliases = it["x-aliases"] ?? [];
    const also = aliases.length > 0 ? ` Also ${aliases.map(inline).join(", ")}.` : "";
    const type = [typeOf(it), rangeOf(it)].filter(Boolean).join(", ");
    return [inline(name), type, defaultOf(it), `${it.description ?? ""}${also}`];
  });
  const ignored = entries.filter(([, it]) => it["x-ignored"] !== undefined);
  const list = ignored.map(([name, it]) => {
    const names = [name, ...(it["x-aliases"] ?? [])].map(inline).join(", ");
    return `${names} (${it["x-ignored"]})`;
  });
  return [
    rows.length > 0 ? table(["parameter", "type", "default", "meaning"], rows) : "It has no parameters.",
    list.length > 0 ? `Accepted with a warning, without effect: ${list.join("; ")}.` : "",
  ]
    .filter(Boolean)
    .join("\n\n");
}

function exampleText({ about, manifest, inputs, outputs }: Example): string {
  const given = inputs === undefined ? "" : `Inputs: ${inline(shown(inputs))}. `;
  return [
    about ?? "",
    `\`\`\`json\n${JSON.stringify(manifest, undefined, 2)}\n\`\`\``,
    `${given}Outputs: ${inline(shown(outputs))}`,
  ]
    .filter(Boolean)
    .join("\n\n");
}

function shown(values: unknown[]): string {
  return JSON.stringify(values)
    .replaceAll('"$file"', "file")
    .replaceAll(/(?<=[^\\]"?[:,])(?=\S)/g, " ");
}
