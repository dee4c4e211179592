import { show } from "./app.js";

// As `import { Runtime } from "https://…"` would; only the tests know on which port their other server is.
const from = new URLSearchParams(location.search).get("from");
globalThis.shown = import(from).then(({ Runtime }) => show(Runtime));
