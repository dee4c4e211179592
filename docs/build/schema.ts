/** The words of a JSON Schema, for people. */
import { inline } from "./table.ts";

/** The subset of JSON Schema that manifests and nodes use, and the words of ours. */
export interface Schema {
  "type"?: string | string[];
  "description"?: string;
  "const"?: unknown;
  "enum"?: unknown[];
  "default"?: unknown;
  "minimum"?: number;
  "maximum"?: number;
  "minItems"?: number;
  "minLength"?: number;
  "pattern"?: string;
  "format"?: string;
  "items"?: Schema;
  "properties"?: { [name: string]: Schema };
  "required"?: string[];
  "x-aliases"?: string[];
  "x-ignored"?: string;
}

/** What kind of value it is. */
export function typeOf(schema: Schema): string {
  if (schema.const !== undefined) return inline(JSON.stringify(schema.const));
  if (schema.enum) return schema.enum.map((it) => inline(JSON.stringify(it))).join(", ");
  if (schema.pattern === "^auto$") return `integer or ${inline('"auto"')}`;
  if (schema.format === "model") return "name or URL of a model";
  const types = [schema.type ?? "anything"].flat();
  const named = types.map((it) => (it === "array" && schema.items ? `list of ${plural(schema.items)}` : it));
  return named.join(" or ");
}

function plural(schema: Schema): string {
  return schema.type === undefined ? "anything" : `${[schema.type].flat().join(" or ")}s`;
}

/** What a value may be within its kind. */
export function rangeOf({ minimum, maximum, minItems, minLength }: Schema): string {
  if (minItems) return `at least ${minItems}`;
  if (minLength) return "not empty";
  if (minimum === undefined && maximum === undefined) return "";
  return `${number(minimum)} … ${number(maximum)}`;
}

function number(value: number | undefined): string {
  return value === undefined ? "" : value.toLocaleString("en").replaceAll(",", "\u202f");
}

/** What holds where nothing is given. */
export function defaultOf(schema: Schema): string {
  return schema.default === undefined ? "–" : inline(JSON.stringify(schema.default));
}
