import init, { Core } from "../../target/bindgen/coordinator/coordinator.js";
import { PipelineError } from "./errors.js";
import type { Options } from "./generated/data.js";
import type { StartProgress } from "./progress.js";

export type { Core };

/** The coordinator's class, of this wasm module or of another that has it. @internal */
export type CoreClass = new (options: Partial<Options>) => Core;

/** One instance serves every runtime of the page. */
let core: Promise<void> | undefined;

/** Fetches the coordinator, unless it is there. @internal */
export async function loadCoordinator(
  url: string,
  onProgress?: (progress: StartProgress) => void,
): Promise<CoreClass> {
  core ??= fetchCore(url, onProgress).catch((error: unknown) => {
    core = undefined;
    throw error;
  });
  await core;
  return Core;
}

async function fetchCore(url: string, onProgress?: (progress: StartProgress) => void): Promise<void> {
  const failed = (why: string, cause?: unknown): PipelineError =>
    new PipelineError("LoadFailed", `${url} ${why}`, { stage: "start", cause });
  const response = await fetch(url).catch((cause: unknown) => {
    throw failed("cannot be fetched", cause);
  });
  if (!response.ok) throw failed(`is missing (${response.status})`);
  const source = onProgress ? counted(response, onProgress) : response;
  await init({ module_or_path: source }).catch((cause: unknown) => {
    throw failed("is no module of this build", cause);
  });
}

/** `response`, telling how much of it has come. */
function counted(response: Response, onProgress: (progress: StartProgress) => void): Response {
  if (!response.body) return response;
  const total = Number(response.headers.get("content-length")) || null;
  // A compressed response is longer than its header says: then the total is not known.
  const known = response.headers.has("content-encoding") ? null : total;
  let loaded = 0;
  const count = new TransformStream<Uint8Array, Uint8Array>({
    transform(chunk, controller) {
      loaded += chunk.byteLength;
      onProgress({ what: "wasm", name: "coordinator.wasm", loaded, total: known });
      controller.enqueue(chunk);
    },
  });
  const { status, headers } = response;
  return new Response(response.body.pipeThrough(count), { status, headers });
}
