/** What can be written for a field: its description, and its values where they are few. */
export interface Known {
  description: string;
  /** What the field takes, in a word or two. */
  takes: string;
  /** JSON that is written first. */
  start: string;
  values?: readonly string[];
  /** Other names of the same. */
  aliases?: readonly string[];
}

type Fields = { readonly [name: string]: Known };

/** The fields of a manifest. */
export const MANIFEST: Fields = {
  version: {
    description: "The version of the format.",
    takes: '"v1"',
    start: '"v1"',
    values: ['"v1"'],
  },
  metadata: { description: "Whose manifest it is: its name and more.", takes: "object", start: "{}" },
  nodes: { description: "The nodes of the pipeline, in any order.", takes: "list", start: "[]" },
  connections: {
    description: "Which node hands its results to which. Nodes that nothing leads to get the inputs.",
    takes: "list",
    start: "[]",
  },
};

export const METADATA: Fields = {
  name: { description: "The name of the pipeline.", takes: "text", start: '""' },
  description: { description: "What the pipeline does.", takes: "text", start: '""' },
  created_at: { description: "When it was made, as in ISO 8601.", takes: "text", start: '""' },
  author: { description: "Who made it.", takes: "text", start: '""' },
  version: { description: "The version of this pipeline, not of the format.", takes: "text", start: '""' },
  license: { description: "Under which licence it may be used.", takes: "text", start: '""' },
};

export const NODE: Fields = {
  id: {
    description: "The name of the node, for connections and results: letters, digits, - and _.",
    takes: "text",
    start: '""',
  },
  node_type: { description: "What kind of node it is.", takes: "text", start: '""' },
  params: { description: "The settings of the node.", takes: "object", start: "{}" },
  is_streaming: {
    description: "Whether the node takes parts of large items as they come.",
    takes: "true or false",
    start: "true",
    values: ["true", "false"],
  },
  capabilities: {
    description: "What the node needs of a machine: gpu, cpu, memory_gb. Read and kept, not acted on here.",
    takes: "object",
    start: "{}",
  },
  host: {
    description: "Where else the node would run, as name:port. Has no effect here.",
    takes: "text",
    start: '""',
  },
  runtime_hint: {
    description: "Which Python the node would like. Here it is always the one in this page.",
    takes: "text",
    start: '"auto"',
    values: ['"auto"', '"rust_python"', '"cpython"', '"cpython_wasm"'],
  },
  execution: {
    description: "Where the node would like to run: placement, reason, fallback. Has no effect here.",
    takes: "object",
    start: "{}",
  },
};

export const CONNECTION: Fields = {
  from: { description: "The node whose results are handed on.", takes: "a node's id", start: '""' },
  to: { description: "The node that gets them.", takes: "a node's id", start: '""' },
};

interface Schema {
  "type"?: string | string[];
  "description"?: string;
  "default"?: unknown;
  "enum"?: unknown[];
  "minimum"?: number;
  "maximum"?: number;
  "items"?: Schema;
  "x-ignored"?: string;
  "x-aliases"?: string[];
}

/** The parameters of a kind of node, by their names; those without effect too if `all` are wanted. */
export function parameters(schema: unknown, all = false): Fields {
  const properties: unknown =
    typeof schema === "object" && schema !== null && Reflect.get(schema, "properties");
  if (typeof properties !== "object" || properties === null) return {};
  const known = Object.entries(properties as { [name: string]: Schema }).flatMap(([name, it]) =>
    all || it["x-ignored"] === undefined ? [[name, parameter(it)] as const] : [],
  );
  return Object.fromEntries(known);
}

function parameter(schema: Schema): Known {
  const values = (schema.enum ?? (schema.type === "boolean" ? [true, false] : [])).map((it) =>
    JSON.stringify(it),
  );
  const { description = "", "x-ignored": ignored, "x-aliases": aliases } = schema;
  return {
    description: ignored === undefined ? description : `Has no effect: ${ignored}.`,
    takes: takes(schema),
    start: schema.default === undefined ? blank(schema, values) : JSON.stringify(schema.default),
    ...(values.length > 0 ? { values } : {}),
    ...(aliases ? { aliases } : {}),
  };
}

function takes({ type, enum: values, minimum, maximum, default: usual }: Schema): string {
  const what = values
    ? values.map((it) => JSON.stringify(it)).join(", ")
    : typeof type === "string"
      ? type
      : (type ?? ["any value"]).join(" or ");
  const range =
    minimum !== undefined && maximum !== undefined
      ? ` from ${minimum} to ${maximum}`
      : minimum !== undefined
        ? ` from ${minimum}`
        : maximum !== undefined
          ? ` up to ${maximum}`
          : "";
  return `${what}${range}${usual === undefined ? "" : `, else ${JSON.stringify(usual)}`}`;
}

/** What a parameter without a default starts with. */
function blank({ type, minimum }: Schema, values: readonly string[]): string {
  if (values[0] !== undefined) return values[0];
  const [first] = typeof type === "string" ? [type] : (type ?? []);
  switch (first) {
    case "integer":
    case "number":
      return String(minimum ?? 0);
    case "array":
      return "[]";
    case "object":
      return "{}";
    case "string":
      return '""';
    default:
      return "null";
  }
}
