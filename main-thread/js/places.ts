import { PipelineError } from "./errors.js";
import type { Role } from "./generated/data.js";
import type { ModelsBoot } from "./models-messages.js";
import type { PackagesBoot } from "./packages-messages.js";
import type { Helper } from "./workers.js";

/** A worker's script, or a function that makes the worker. */
export type WorkerSource = URL | string | (() => Worker);

/** Where the files of the bundle lie. @internal */
export interface Places {
  /** Folder of wasm files, worker scripts and Pyodide; by default the one of this module. */
  assets?: URL | string | undefined;
  workerUrls?: { [role in Role | Helper]?: WorkerSource } | undefined;
  python?: { indexUrl?: URL | string | undefined; packages?: readonly string[] | undefined } | undefined;
}

/**
 * The files that lie beside this module, by their names there. Bundlers find a file by this very expression and no
 * other, and then ship it, often under another name: so each is spelled out, and nothing is relative to this module.
 */
const own = () => ({
  "runtime-worker.js": new URL("./runtime-worker.js", import.meta.url).href,
  "compute-worker.js": new URL("./compute-worker.js", import.meta.url).href,
  "python-worker.js": new URL("./python-worker.js", import.meta.url).href,
  "plugin-worker.js": new URL("./plugin-worker.js", import.meta.url).href,
  "models-worker.js": new URL("./models-worker.js", import.meta.url).href,
  "package-worker.js": new URL("./package-worker.js", import.meta.url).href,
  "wasi-worker.js": new URL("./wasi-worker.js", import.meta.url).href,
  "coordinator.wasm": new URL("./coordinator.wasm", import.meta.url).href,
  "runtime.wasm": new URL("./runtime.wasm", import.meta.url).href,
  "media.wasm": new URL("./media.wasm", import.meta.url).href,
  "python.wasm": new URL("./python.wasm", import.meta.url).href,
  "package.wasm": new URL("./package.wasm", import.meta.url).href,
  "plugin.wasm": new URL("./plugin.wasm", import.meta.url).href,
  "models.json": new URL("./models.json", import.meta.url).href,
  "models/demo/config.json": new URL("./models/demo/config.json", import.meta.url).href,
  "models/demo/generation_config.json": new URL("./models/demo/generation_config.json", import.meta.url).href,
  "models/demo/preprocessor_config.json": new URL("./models/demo/preprocessor_config.json", import.meta.url)
    .href,
  "models/demo/tokenizer.json": new URL("./models/demo/tokenizer.json", import.meta.url).href,
  "models/demo/model.safetensors": new URL("./models/demo/model.safetensors", import.meta.url).href,
  "models/demo-ggml/ggml-demo.bin": new URL("./models/demo-ggml/ggml-demo.bin", import.meta.url).href,
  "pyodide/pyodide.mjs": new URL("./pyodide/pyodide.mjs", import.meta.url).href,
  "pyodide/pyodide.asm.mjs": new URL("./pyodide/pyodide.asm.mjs", import.meta.url).href,
  "pyodide/pyodide.asm.wasm": new URL("./pyodide/pyodide.asm.wasm", import.meta.url).href,
  "pyodide/python_stdlib.zip": new URL("./pyodide/python_stdlib.zip", import.meta.url).href,
  "pyodide/pyodide-lock.json": new URL("./pyodide/pyodide-lock.json", import.meta.url).href,
  "pyodide/snapshot.bin": new URL("./pyodide/snapshot.bin", import.meta.url).href,
  "pyodide/remotemedia.tar": new URL("./pyodide/remotemedia.tar", import.meta.url).href,
});

type Asset = keyof ReturnType<typeof own>;

/** URL of a file. @internal */
export function assetUrl(file: Asset, { assets }: Places): string {
  return assets === undefined ? own()[file] : inFolder(file, assets);
}

/** URL of `file` in the folder `assets`. */
function inFolder(file: string, assets: URL | string): string {
  const href = absolute(assets);
  return new URL(file, href.endsWith("/") ? href : `${href}/`).href;
}

/** URL of a wasm file. @internal */
export function wasmUrl(which: Role | "coordinator" | "package", places: Places): string {
  return assetUrl(which === "compute" ? "media.wasm" : `${which}.wasm`, places);
}

/** URLs of the files below `folder`, by their names there. @internal */
export function filesBelow(folder: "pyodide/" | "models/", places: Places): { [name: string]: string } {
  const files = (Object.keys(own()) as Asset[]).filter((file) => file.startsWith(folder));
  return Object.fromEntries(files.map((file) => [file.slice(folder.length), assetUrl(file, places)]));
}

/** What the models worker must know of where it is. @internal */
export function modelsBoot(places: Places): ModelsBoot {
  return {
    catalogue: assetUrl("models.json", places),
    files: filesBelow("models/", places),
    wasm: wasmUrl("coordinator", places),
    page: globalThis.document?.baseURI ?? globalThis.location.href,
  };
}

/** What the package worker must know of where it is. @internal */
export function packagesBoot(places: Places): PackagesBoot {
  return { wasm: wasmUrl("package", places), hasher: wasmUrl("coordinator", places) };
}

/** Relative to the page, as in `fetch`. @internal */
export function absolute(url: URL | string): string {
  try {
    return new URL(url, globalThis.location?.href).href;
  } catch (cause) {
    throw new PipelineError("LoadFailed", `${String(url)} is no URL`, { stage: "start", cause });
  }
}
