// node run.mjs pipeline_executor_wasm.wasm < request.json
import { readFile } from "node:fs/promises";
import { WASI } from "node:wasi";

const module = await WebAssembly.compile(await readFile(process.argv[2]));
const wasi = new WASI({ version: "preview1", preopens: { "/recordings": "." } });
const instance = await WebAssembly.instantiate(module, wasi.getImportObject());
process.exitCode = wasi.start(instance);
