/** The pipelines that are measured. */

interface Step {
  type: string;
  params?: Record<string, unknown>;
}

/** A manifest whose nodes stand in a row. */
export interface Manifest {
  version: "v1";
  metadata: { name: string };
  nodes: { id: string; node_type: string; params: Record<string, unknown> }[];
  connections: { from: string; to: string }[];
}

/** A chain of these nodes, called `n0`, `n1` and so on. */
export function chain(name: string, steps: readonly Step[]): Manifest {
  const nodes = steps.map(({ type, params = {} }, at) => ({ id: `n${at}`, node_type: type, params }));
  const connections = nodes.slice(1).map(({ id }, at) => ({ from: nodes[at]!.id, to: id }));
  return { version: "v1", metadata: { name }, nodes, connections };
}

/** Two Rust nodes: twice the number, and ten more. */
export const RUST = chain("rust", [
  { type: "MultiplyNode", params: { factor: 2 } },
  { type: "AddNode", params: { addend: 10 } },
]);

/** One Rust node that hands on what it gets. */
export const PASS = chain("pass", [{ type: "PassThrough" }]);

/** A Rust node that makes an object of a number, and a Python node that changes it. */
export const MIXED = chain("mixed", [
  { type: "MultiplyNode", params: { factor: 3 } },
  { type: "BenchPython" },
]);

/** The Python node of {@link MIXED}. */
export const PYTHON_NODE = `
from remotemedia import Node

class BenchPython(Node):
    def process(self, data):
        return {"value": data, "even": data % 2 == 0}
`;
