import type { Problem } from "remotemedia";

/** A node as it is drawn. */
export interface DrawnNode {
  id: string;
  /** Empty if the manifest says none. */
  type: string;
  params?: unknown;
  /** Connections name it, but the manifest has no such node. */
  isMissing?: true;
}

/** What of a manifest the page draws. Whether it is right is the runtime's question. */
export interface Drawing {
  nodes: DrawnNode[];
  edges: { from: string; to: string }[];
}

/**
 * The nodes and connections of a manifest text as far as they can be made out; undefined if it is not JSON. What is
 * connected but not defined is drawn too.
 */
export function drawingOf(text: string): Drawing | undefined {
  const manifest = parsed(text);
  if (manifest === undefined) return undefined;
  const nodes = new Map<string, DrawnNode>();
  for (const { id, node_type: type, params } of objects(manifest, "nodes")) {
    if (typeof id !== "string" || nodes.has(id)) continue;
    const drawn = { id, type: typeof type === "string" ? type : "" };
    nodes.set(id, params === undefined ? drawn : { ...drawn, params });
  }
  const edges = new Map<string, { from: string; to: string }>();
  for (const { from, to } of objects(manifest, "connections")) {
    if (typeof from !== "string" || typeof to !== "string") continue;
    for (const id of [from, to]) if (!nodes.has(id)) nodes.set(id, { id, type: "", isMissing: true });
    edges.set(edgeKey(from, to), { from, to });
  }
  const drawn = [...edges.values()];
  return { nodes: inOrder([...nodes.values()], drawn), edges: drawn };
}

/** What a connection is known by: ids may hold any sign. */
export function edgeKey(from: string, to: string): string {
  return JSON.stringify([from, to]);
}

/** The JSON Pointer of a node; of the list of nodes if it is not there. */
export function pathOf(id: string, text: string): string {
  const index = list(parsed(text), "nodes").findIndex((it) => field(it, "id") === id);
  return index < 0 ? "/nodes" : `/nodes/${index}`;
}

/** Problems by the nodes that they are about, as far as they are about nodes that are drawn. */
export function faultsOf(problems: readonly Problem[], text: string): Map<string, Problem[]> {
  const faults = new Map((drawingOf(text)?.nodes ?? []).map(({ id }) => [id, [] as Problem[]]));
  for (const problem of problems) {
    for (const id of culprits(problem, text)) if (typeof id === "string") faults.get(id)?.push(problem);
  }
  return faults;
}

/** The ids that a problem is about: its own, or those at its place. */
function culprits({ node, path }: Problem, text: string): unknown[] {
  if (node !== undefined) return [node];
  const [, name = "", index = ""] = path.split("/");
  if (name !== "nodes" && name !== "connections") return [];
  const it = list(parsed(text), name)[Number(index)];
  return [...new Set([field(it, "id"), field(it, "from"), field(it, "to")])];
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}

/** A field of what may be anything. */
export function field(value: unknown, name: string): unknown {
  return typeof value === "object" && value !== null ? Reflect.get(value, name) : undefined;
}

/** A list of what may be anything; empty if there is none. */
export function list(manifest: unknown, name: string): unknown[] {
  const found = field(manifest, name);
  return Array.isArray(found) ? found : [];
}

function objects(manifest: unknown, name: string): { [key: string]: unknown }[] {
  return list(manifest, name).filter((it) => typeof it === "object" && it !== null) as {
    [key: string]: unknown;
  }[];
}

/** Sources first, ties as they are written; what is part of a cycle comes last. */
function inOrder(nodes: DrawnNode[], edges: Drawing["edges"]): DrawnNode[] {
  const missing = new Map(nodes.map(({ id }) => [id, 0]));
  const targets = new Map<string, string[]>(nodes.map(({ id }) => [id, []]));
  for (const { from, to } of edges) {
    missing.set(to, (missing.get(to) ?? 0) + 1);
    targets.get(from)?.push(to);
  }
  const rank = new Map(nodes.map(({ id }, index) => [id, index]));
  const ready = nodes.filter(({ id }) => missing.get(id) === 0).map(({ id }) => id);
  const ordered: string[] = [];
  for (let id = ready.shift(); id !== undefined; id = ready.shift()) {
    ordered.push(id);
    for (const to of targets.get(id) ?? []) {
      const left = (missing.get(to) ?? 0) - 1;
      missing.set(to, left);
      if (left === 0) ready.push(to);
    }
    ready.sort((a, b) => (rank.get(a) ?? 0) - (rank.get(b) ?? 0));
  }
  const seen = new Set(ordered);
  const byId = new Map(nodes.map((node) => [node.id, node]));
  const sorted = ordered.flatMap((id) => byId.get(id) ?? []);
  return [...sorted, ...nodes.filter(({ id }) => !seen.has(id))];
}
