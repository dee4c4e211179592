/** Manifests with defects. */
import { chain } from "./kit.ts";

const sum = chain(["AddNode", { addend: 3 }], ["MultiplyNode", { factor: 2 }]);

/** A manifest that is right, but for `change`. */
function broken(change: object): object {
  return { ...sum, ...change };
}
const [add, multiply] = sum.nodes;
const nodes = (...types: [id: string, type: string, params?: object][]) =>
  types.map(([id, node_type, params = {}]) => ({ id, node_type, params }));

export interface Defect {
  what: string;
  manifest: unknown;
  code?: string;
  /** The node and path of each problem. */
  found: [node: string | undefined, path: string][];
}

/** What can be wrong with a manifest, and where that is said to be. */
export const defects: Defect[] = [
  { what: "not JSON", manifest: "{ nodes: [", found: [[undefined, ""]] },
  { what: "empty text", manifest: "", found: [[undefined, ""]] },
  { what: "a list", manifest: [], found: [[undefined, ""]] },
  { what: "a number", manifest: 7, found: [[undefined, ""]] },
  { what: "null", manifest: null, found: [[undefined, ""]] },
  { what: "wrong version", manifest: broken({ version: "v2" }), found: [[undefined, "/version"]] },
  { what: "no version", manifest: broken({ version: undefined }), found: [[undefined, ""]] },
  { what: "no nodes", manifest: broken({ nodes: [], connections: [] }), found: [[undefined, "/nodes"]] },
  {
    what: "a cycle",
    manifest: broken({ connections: [...sum.connections, { from: "multiplynode", to: "addnode" }] }),
    found: [["addnode", "/connections/1"]],
  },
  {
    what: "a self-loop",
    manifest: broken({ connections: [...sum.connections, { from: "multiplynode", to: "multiplynode" }] }),
    found: [["multiplynode", "/connections/1"]],
  },
  {
    what: "a duplicate id",
    manifest: broken({ nodes: [add, multiply, multiply] }),
    found: [["multiplynode", "/nodes/2/id"]],
  },
  {
    what: "dangling edges",
    manifest: broken({
      connections: [
        { from: "nobody", to: "addnode" },
        { from: "addnode", to: "no/one" },
      ],
    }),
    found: [
      [undefined, "/connections/0/from"],
      [undefined, "/connections/1/to"],
    ],
  },
  {
    what: "an unknown node",
    manifest: broken({ nodes: [add, { ...multiply, node_type: "Nonsense" }] }),
    code: "UnknownNode",
    found: [["multiplynode", "/nodes/1/node_type"]],
  },
  {
    what: "an ill-typed parameter",
    manifest: broken({ nodes: [{ ...add, params: { addend: "three" } }, multiply] }),
    found: [["addnode", "/nodes/0/params/addend"]],
  },
  {
    what: "parameters that are no object",
    manifest: broken({ nodes: [add, { ...multiply, params: 7 }] }),
    found: [["multiplynode", "/nodes/1/params"]],
  },
  {
    what: "several defects, of which one is an unknown node",
    manifest: {
      version: "v3",
      nodes: nodes(["a", "Nonsense"], ["a", "AddNode", { addend: [] }]),
      connections: [{ from: "a", to: "b" }],
    },
    found: [
      [undefined, "/connections/0/to"],
      [undefined, "/version"],
      ["a", "/nodes/1/id"],
      ["a", "/nodes/1/params/addend"],
      ["a", "/nodes/0/node_type"],
    ],
  },
];
