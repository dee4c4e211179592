// What every app here does with the package: a Rust node, a Python node, the bundled speech model. Each needs other
// workers and files, and all of them have to be found.

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
  const models = (await runtime.models.list()).filter(({ state }) => state !== "none");
  await runtime.close();
  return {
    rust,
    python,
    speech: transcript.text.trim(),
    models: models.map(({ name }) => name),
    isolated: crossOriginIsolated,
  };
}
