// What the apps with hooks run, and what they keep for the tests to see.
export const manifest = {
  version: "v1",
  nodes: [{ id: "triple", node_type: "MultiplyNode", params: { factor: 3 } }],
  connections: [],
};
export const wrong = {
  version: "v1",
  nodes: [{ id: "none", node_type: "NoSuchNode", params: {} }],
  connections: [],
};

/** How the runtime is to be started. */
const assets = new URLSearchParams(location.search).get("assets");
export const options = assets ? { assets } : {};

/** Statuses that were shown, and how often inputs without an end were given up. */
export const seen = { statuses: [], givenUp: 0 };
globalThis.seen = seen;

/** Inputs until nobody wants them any more. */
export async function* forever() {
  try {
    for (let item = 1; ; item += 1) {
      yield item;
      await new Promise((resolve) => setTimeout(resolve));
    }
  } finally {
    seen.givenUp += 1;
  }
}

/** What a panel shows of a run. */
export function told({ status, progress, outputs, error }) {
  if (seen.statuses.at(-1) !== status) seen.statuses.push(status);
  const { done = 0, fraction = null } = progress.triple ?? {};
  return JSON.stringify({ status, done, fraction, outputs: outputs.slice(0, 3), error: error?.code ?? null });
}
