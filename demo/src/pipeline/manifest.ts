/** What of a manifest the page draws. Whether it is right is the runtime's question. */
export interface Drawing {
  nodes: { id: string; type: string }[];
  edges: { from: string; to: string }[];
}

/** The nodes and connections of a manifest text that have the right types; undefined if it is not JSON. */
export function drawingOf(text: string): Drawing | undefined {
  let manifest: unknown;
  try {
    manifest = JSON.parse(text);
  } catch {
    return undefined;
  }
  const nodes = new Map<string, { id: string; type: string }>();
  for (const { id, node_type: type } of objects(manifest, "nodes")) {
    if (typeof id === "string" && typeof type === "string" && !nodes.has(id)) nodes.set(id, { id, type });
  }
  const edges = [];
  for (const { from, to } of objects(manifest, "connections")) {
    if (typeof from === "string" && typeof to === "string" && nodes.has(from) && nodes.has(to)) {
      edges.push({ from, to });
    }
  }
  return { nodes: inOrder([...nodes.values()], edges), edges };
}

function objects(manifest: unknown, field: string): { [key: string]: unknown }[] {
  const list = typeof manifest === "object" && manifest !== null && Reflect.get(manifest, field);
  if (!Array.isArray(list)) return [];
  return list.filter((it) => typeof it === "object" && it !== null);
}

/** Sources first, ties as they are written; what is part of a cycle comes last. */
function inOrder(nodes: Drawing["nodes"], edges: Drawing["edges"]): Drawing["nodes"] {
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
