/** What browser tests are written with: `eachEngine("name", (it) => test(...))`. */
import { after, before, describe } from "node:test";
import { chosenEngines, type Engine } from "./engines.ts";
import type { Browser, Page } from "./page.ts";
import { launchPuppet } from "./puppeteer.ts";
import { TestServer } from "./server.ts";
import { launchWebkit } from "./webkit.ts";

export { chosenEngines, type Engine } from "./engines.ts";
export { type Browser, type CpuMetrics, type Page, PageError } from "./page.ts";
export { ModelHost } from "./model-host.ts";
export { type Fault, TestServer } from "./server.ts";

/** How often a browser is started before that is an error: the start fails on a machine that is short of memory. */
const STARTS = 3;

/**
 * Starts a browser with a fresh profile, or with the one in a folder, which stays there. Only the start is tried again;
 * what a test claims never is.
 */
export async function launch(engine: Engine, profile?: string): Promise<Browser> {
  for (let start = 1; ; start += 1) {
    try {
      return await (engine === "webkit" ? launchWebkit() : launchPuppet(engine, profile));
    } catch (error) {
      if (start === STARTS) throw error;
      console.error(`${engine} did not start: ${String(error)}; once more`);
    }
  }
}

/** One browser and one server, for all tests of a suite. */
export interface Bench {
  readonly engine: Engine;
  readonly server: TestServer;
  readonly browser: Browser;
  /**
   * A new tab on `path`; `/test.html` has the package as `rm`. Faults are healed and isolation is on, unless said
   * otherwise. The site is opened without its service worker: what a server does is to be seen at once.
   */
  open(path?: string, options?: { isolated?: boolean }): Promise<Page>;
}

/** Options of {@link eachEngine}. */
export interface SuiteOptions {
  /** Only those of these that are chosen. */
  engines?: readonly Engine[];
}

/** Runs a suite once in every chosen engine. The tests are declared in `suite`; the browser runs when they do. */
export function eachEngine(name: string, suite: (bench: Bench) => void, options: SuiteOptions = {}): void {
  for (const engine of chosenEngines()) {
    if (options.engines && !options.engines.includes(engine)) continue;
    describe(`${name} (${engine})`, () => {
      const bench = new SuiteBench(engine);
      before(() => bench.start());
      after(() => bench.stop());
      suite(bench);
    });
  }
}

/** The site's own switch, for those who work on it. */
function withoutWorker(path: string): string {
  if (!path.startsWith("/site/") || path.includes("sw=")) return path;
  const [whole = "", hash] = path.split("#");
  return `${whole}${whole.includes("?") ? "&" : "?"}sw=off${hash === undefined ? "" : `#${hash}`}`;
}

class SuiteBench implements Bench {
  #server: TestServer | undefined;
  #browser: Browser | undefined;
  #page: Page | undefined;

  constructor(readonly engine: Engine) {}

  get server(): TestServer {
    if (!this.#server) throw new Error("the server runs only while tests do");
    return this.#server;
  }

  get browser(): Browser {
    if (!this.#browser) throw new Error("the browser runs only while tests do");
    return this.#browser;
  }

  async open(path = "/test.html", { isolated = true } = {}): Promise<Page> {
    // One page at a time: what an earlier test left working would slow this one down.
    await this.#page?.close();
    this.server.heal();
    this.server.isolated = isolated;
    const page = await this.browser.newPage();
    this.#page = page;
    await page.goto(this.server.url(withoutWorker(path)));
    return page;
  }

  async start(): Promise<void> {
    this.#server = await TestServer.start();
    this.#server.keepsLog = this.engine === "webkit";
    this.#browser = await launch(this.engine);
  }

  async stop(): Promise<void> {
    await this.#browser?.close();
    await this.#server?.close();
  }
}
