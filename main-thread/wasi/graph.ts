// The shape of a manifest, as far as an executor does not tell it.
import type { GraphInfo } from "../js/generated/data.js";

interface Manifest {
  nodes: { id: string }[];
  connections: { from: string; to: string }[];
}

/** Its shape, ties in the order of its nodes; and its sinks. The engine has found no fault with it. */
export function graphOf(manifest: string): { graph: GraphInfo; sinks: string[] } {
  const { nodes, connections } = JSON.parse(manifest) as Manifest;
  const ids = nodes.map(({ id }) => id);
  const open = new Map(ids.map((id) => [id, 0]));
  for (const { to } of connections) open.set(to, (open.get(to) ?? 0) + 1);
  const sources = ids.filter((id) => open.get(id) === 0);
  const sinks = ids.filter((id) => !connections.some(({ from }) => from === id));
  const order: string[] = [];
  const left = new Set(ids);
  for (;;) {
    const next = ids.find((id) => left.has(id) && open.get(id) === 0);
    if (next === undefined) break;
    order.push(next);
    left.delete(next);
    for (const { from, to } of connections) if (from === next) open.set(to, (open.get(to) ?? 0) - 1);
  }
  const graph = { node_count: ids.length, source_count: sources.length, sink_count: sinks.length };
  return { graph: { ...graph, execution_order: order }, sinks };
}
