import { show } from "./app.js";

// As `import { Runtime } from "https://…"` would; only the tests know on which port their other server is.
const words = new URLSearchParams(location.search);
const assets = words.get("assets");
globalThis.shown = import(words.get("from")).then(({ Runtime }) => show(Runtime, assets ? { assets } : {}));
