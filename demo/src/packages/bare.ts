import type { Runtime } from "remotemedia";
import type { Job } from "../pipeline/runner.ts";
import type { Consents } from "./consent.ts";
import { Opened } from "./opened.ts";

/** What an executor is tried with first. */
export const FIRST_MANIFEST = {
  version: "v1",
  metadata: { name: "bare-executor" },
  runtime: { target: "wasm32-wasi" },
  package: { format: 2 },
  nodes: [
    { id: "multiply", node_type: "MultiplyNode", params: { factor: 2 } },
    { id: "add", node_type: "AddNode", params: { addend: 10 } },
  ],
  connections: [{ from: "multiply", to: "add" }],
};

/** An executor without a package: one is made around it for each run, with the manifest as it then is. */
export class Bare {
  readonly executor: File;

  constructor(executor: File) {
    this.executor = executor;
  }

  async job(runtime: Runtime, manifest: string, consents: Consents, signal: AbortSignal): Promise<Job> {
    const packed = await runtime.pack({ manifest, files: { "runtime.wasm": this.executor } });
    signal.throwIfAborted();
    const opened = await Opened.open(runtime, packed, this.executor.name, { keys: [], signal });
    const over = (): void => opened.close();
    try {
      return { ...(await opened.job(runtime, "package", consents, signal)), over };
    } catch (error) {
      over();
      throw error;
    }
  }
}
