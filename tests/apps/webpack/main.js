import { Runtime } from "remotemedia";
import { show } from "./app.js";

globalThis.shown = show(Runtime);
