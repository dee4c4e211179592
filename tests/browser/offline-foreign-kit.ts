/** A site of somebody else that keeps the package's files for use without a network. */
import { fileURLToPath } from "node:url";
import type { Page as Tab } from "puppeteer-core";
import type { Page } from "./harness/index.ts";
import type { Visits } from "./offline-kit.ts";

type Kept = import("../../dist/remotemedia/offline.js").Offline;

declare global {
  /** In pages of {@link open}. */
  var offline: Kept;
}

/** A page that counts its loads, and makes a worker of its own. */
const HOST = `<!doctype html><html lang="en"><meta charset="utf-8"><title>A site of somebody else</title>
<link rel="icon" href="data:,"><p>Hello</p>
<script type="module">
  import { Offline } from "./remotemedia/offline.js";
  sessionStorage.setItem("loads", Number(sessionStorage.getItem("loads")) + 1);
  globalThis.offline = await Offline.start(OPTIONS);
</script></html>`;
const MODULE = `import { serve } from "./remotemedia/sw.js";
serve({ isolate: ISOLATE });`;

/** How such a site is made. */
interface Options {
  isolate?: boolean;
  script?: Buffer;
  query?: string;
  type?: "module" | "classic";
}

let sites = 0;

/** A page of a site with a worker of its own making, once that is there. */
export async function open(
  visits: Visits,
  { isolate = false, script, query = "", type = "module" }: Options,
): Promise<{ page: Page; tab: Tab; folder: string }> {
  sites += 1;
  const folder = `/somebody-else-${sites}/`;
  const { server } = visits;
  server.isolated = false;
  const options = JSON.stringify({ worker: `./sw.js${query}`, type });
  server.fault(folder, { body: HOST.replace("OPTIONS", options) });
  server.mount(`${folder}remotemedia/`, fileURLToPath(new URL("../../dist/remotemedia/", import.meta.url)));
  server.fault(`${folder}data.txt`, { body: "data of the host" });
  server.fault(`${folder}sw.js`, { body: script ?? MODULE.replace("ISOLATE", String(isolate)) });
  const { page, tab } = await visits.tab();
  await page.goto(server.url(folder));
  await tab.waitForFunction(() => navigator.serviceWorker.controller?.state === "activated");
  await tab.waitForFunction(() => "offline" in globalThis);
  return { page, tab, folder };
}
