import { Runtime } from "./remotemedia/remotemedia.js";
import { show } from "./app.js";

globalThis.shown = show(Runtime);
