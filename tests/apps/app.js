// What every app here does with the package: a Rust node, a Python node, the bundled speech model, a pipeline in a file.
// Each needs other workers and files, and all of them have to be found.

/** A WASI command whose result is 7, whatever it is given. */
const SEVEN =
  "AGFzbQEAAAABDAJgBH9/f38Bf2AAAAIjARZ3YXNpX3NuYXBzaG90X3ByZXZpZXcxCGZkX3dyaXRlAAADAgEBBQMBAAEHEwIGbWVtb3J5AgAGX3N0YXJ0AAEK" +
  "EAEOAEEBQQBBAUHAABAAGgsLHQEAQQALFwgAAAAPAAAAeyJvdXRwdXRzIjpbN119";

/** Runs everything, writes what came out into the page, and gives it. */
export async function show(Runtime, options = {}) {
  const shown = await runAll(Runtime, options).catch((error) => ({
    error: `${error.code}: ${error.message}`,
  }));
  const text = document.createElement("pre");
  text.textContent = JSON.stringify(shown, null, 2);
  document.body.append(text);
  return shown;
}

async function runAll(Runtime, options) {
  const runtime = await Runtime.start(options);
  const outputs = async (nodes, inputs) => {
    const connections = nodes.slice(1).map(({ id }, at) => ({ from: nodes[at].id, to: id }));
    return (await runtime.run({ version: "v1", nodes, connections }, { inputs })).outputs;
  };
  const triple = { id: "triple", node_type: "MultiplyNode", params: { factor: 3 } };
  const rust = await outputs([triple], [5, 7]);
  const text = { id: "text", node_type: "TextProcessorNode", params: { operations: ["uppercase"] } };
  const python = await outputs([text], ["made in python"]);
  const recording = await (await fetch("./command.wav")).blob();
  const decode = { id: "decode", node_type: "AudioDecode", params: {} };
  const speech = { id: "speech", node_type: "Whisper", params: { model: "demo" } };
  const [transcript] = await outputs([decode, speech], [recording]);
  const made = await runtime.pack({
    manifest: { version: "v1", nodes: [triple], connections: [], package: { format: 2 } },
    files: { "runtime.wasm": Uint8Array.from(atob(SEVEN), (it) => it.charCodeAt(0)) },
  });
  const pkg = await runtime.loadPackage(made);
  const runs = [{}, { executor: "package" }].map((it) => runtime.run(pkg, { ...it, inputs: [5] }));
  const packaged = (await Promise.all(runs)).map(({ outputs }) => outputs);
  const models = (await runtime.models.list()).filter(({ state }) => state !== "none");
  await runtime.close();
  return {
    rust,
    python,
    speech: transcript.text.trim(),
    packaged,
    models: models.map(({ name }) => name),
    isolated: crossOriginIsolated,
  };
}
