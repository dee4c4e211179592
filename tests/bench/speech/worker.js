// What the workers of the speech benchmark do alike: stages by name, each timed here, where no message is in the way.

/** Serves `{ stage, argument }` with `{ ms, bytes }`; `open` gives the stages, and the memory of the engine. */
export function serve(open) {
  let engine;
  onmessage = async ({ data: { stage, argument } }) => {
    try {
      const start = performance.now();
      if (stage === "load") engine = await open(argument);
      else await engine.stages[stage](argument);
      postMessage({ ms: performance.now() - start, bytes: engine.memory?.buffer.byteLength ?? 0 });
    } catch (error) {
      postMessage({ error: String(error?.stack ?? error) });
    }
  };
  postMessage("ready");
}

/** Bytes of a file of the peers. */
export async function file(name) {
  const response = await fetch(`/peer/${name}`);
  if (!response.ok) throw new Error(`${name}: ${response.status}`);
  return new Uint8Array(await response.arrayBuffer());
}
