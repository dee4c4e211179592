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

/** The bundled model transcribes a recording; its partial results come while it does. */
export const speech = {
  version: "v1",
  nodes: [
    { id: "decode", node_type: "AudioDecode", params: {} },
    { id: "speech", node_type: "Whisper", params: { model: "demo" } },
  ],
  connections: [{ from: "decode", to: "speech" }],
};
export const recording = async () => (await fetch("./command.wav")).blob();

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
export function told({ status, progress, partials, outputs, error }) {
  if (seen.statuses.at(-1) !== status) seen.statuses.push(status);
  const { done = 0, fraction = null } = progress.triple ?? {};
  const said = (partials.speech ?? []).map(({ text }) => text.trim());
  const first = outputs.slice(0, 3).map((it) => it.text?.trim() ?? it);
  return JSON.stringify({ status, done, fraction, said, outputs: first, error: error?.code ?? null });
}
