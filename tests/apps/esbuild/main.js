import { Runtime } from "remotemedia";
import { show } from "./app.js";

// esbuild does not look for workers and wasm: the package's folder is copied beside the page.
globalThis.shown = show(Runtime, { assets: "./remotemedia/" });
