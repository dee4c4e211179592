// The worker as a script of its own: `service-worker.js?assets=./remotemedia/&isolate`, below the pages it serves.
import { serve } from "./serve.js";

const options = new URLSearchParams(globalThis.location.search);
const assets = options.get("assets");

serve({
  // By default the script lies where the package is.
  assets: assets ?? "./",
  isolate: options.has("isolate"),
});
