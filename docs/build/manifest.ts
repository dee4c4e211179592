/** The reference of the manifest, from its schema. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { ROOT } from "./places.ts";
import { rangeOf, type Schema, typeOf } from "./schema.ts";
import { inline, table } from "./table.ts";

/** The schema of the format. */
export function manifestSchema(): Schema {
  return JSON.parse(readFileSync(join(ROOT, "engine/manifest.schema.json"), "utf8")) as Schema;
}

/** A table for the manifest and for each object in it. */
export function manifestText(): string {
  const schema = manifestSchema();
  const { nodes, connections } = schema.properties ?? {};
  return [
    "### The manifest",
    fields(schema, ""),
    "### A node",
    fields(nodes?.items ?? {}, "nodes[]."),
    "### A connection",
    fields(connections?.items ?? {}, "connections[]."),
  ].join("\n\n");
}

function fields(schema: Schema, prefix: string): string {
  const rows = Object.entries(schema.properties ?? {}).map(([name, it]) => [
    inline(prefix + name),
    schema.required?.includes(name) ? "yes" : "no",
    [typeOf(it), rangeOf(it)].filter(Boolean).join(", "),
    it.description ?? "",
  ]);
  return table(["field", "required", "type", "meaning"], rows);
}
