/** The documentation as its reader uses it. */
import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import { createRequire } from "node:module";
import type { AddressInfo } from "node:net";
import { extname } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import type { Page as Tab } from "puppeteer-core";
import { eachEngine, type Page } from "./harness/index.ts";

const AXE = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

const tabOf = (page: Page): Tab => (page as Page & { tab: Tab }).tab;

/** The site below a path, and nothing else. */
class Below {
  /** What was asked for and is not there. */
  readonly strays: string[] = [];
  readonly #server: Server;

  private constructor(readonly path: string) {
    this.#server = createServer((request, response) => {
      const asked = new URL(request.url ?? "/", "http://localhost").pathname;
      const file = fileURLToPath(new URL(`../../dist/site/${asked.slice(path.length)}`, import.meta.url));
      if (asked.startsWith(path) && existsSync(file)) {
        response.writeHead(200, { "Content-Type": TYPES[extname(file)] ?? "" }).end(readFileSync(file));
      } else {
        this.strays.push(asked);
        response.writeHead(404).end();
      }
    });
  }

  static async start(path: string): Promise<Below> {
    const below = new Below(path);
    await new Promise<void>((resolve) => below.#server.listen(0, "127.0.0.1", resolve));
    return below;
  }

  url(page: string): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}${this.path}${page}`;
  }

  async close(): Promise<void> {
    const closed = new Promise<void>((resolve) => this.#server.close(() => resolve()));
    this.#server.closeAllConnections();
    await closed;
  }
}

const TYPES: { [ending: string]: string } = {
  ".html": "text/html; charset=utf-8",
  ".css": "text/css",
  ".js": "text/javascript",
  ".svg": "image/svg+xml",
};

const SCHEMES = ["light", "dark"];

interface Violation {
  id: string;
  nodes: { target: unknown }[];
}

/** What axe finds on a page, a line each. */
async function violations(tab: Tab): Promise<string[]> {
  // The page's own policy forbids scripts that are not its files; what a driver evaluates is none.
  await tab.evaluate(AXE);
  const found = (await tab.evaluate(
    "axe.run(document, { resultTypes: ['violations'] }).then((it) => it.violations)",
  )) as Violation[];
  return found.map(({ id, nodes }) => `${id}: ${nodes.map((it) => String(it.target)).join(", ")}`);
}

eachEngine(
  "book",
  (bench) => {
    test("opens, and leads from chapter to chapter", async () => {
      const page = await bench.open("/site/docs/");
      const tab = tabOf(page);
      assert.equal(await tab.$eval("h1", (it) => it.textContent), "What it is");
      for (const expected of ["Getting started", "Runs and events"]) {
        await Promise.all([tab.waitForNavigation(), tab.locator(".neighbours [rel=next]").click()]);
        assert.equal(await tab.$eval("h1", (it) => it.textContent), expected);
      }
      assert.equal(await tab.$eval(".contents [aria-current]", (it) => it.textContent), "Runs and events");
      assert.deepEqual(
        (await page.log()).filter((it) => /^(error|uncaught)/.test(it)),
        [],
      );
    });

    test("turns pages with the arrow keys", async () => {
      const tab = tabOf(await bench.open("/site/docs/getting-started.html"));
      await Promise.all([tab.waitForNavigation(), tab.keyboard.press("ArrowLeft")]);
      assert.equal(await tab.$eval("h1", (it) => it.textContent), "What it is");
    });

    test("finds VoiceActivity, with the keyboard alone", async () => {
      const tab = tabOf(await bench.open("/site/docs/"));
      await tab.keyboard.press("/");
      await tab.keyboard.type("VoiceActivity");
      await tab.waitForSelector("#found [aria-selected=true]");
      const first = await tab.$eval("#found [aria-selected=true] strong", (it) => it.textContent);
      assert.equal(first, "Node reference › VoiceActivity");
      assert.match(await tab.$eval("#search-state", (it) => it.textContent ?? ""), /^\d+ found$/);
      await Promise.all([tab.waitForNavigation(), tab.keyboard.press("Enter")]);
      assert.match(tab.url(), /nodes\.html#voiceactivity$/);
    });

    test("says so where nothing is found", async () => {
      const tab = tabOf(await bench.open("/site/docs/"));
      await tab.locator("#search").fill("zzzzqqqq");
      await tab.waitForFunction(() =>
        document.querySelector("#search-state")?.textContent?.includes("zzzzqqqq"),
      );
      assert.equal(await tab.$eval("#found", (it) => (it as HTMLElement).hidden), true);
    });

    test("says so where its index cannot be had, and searches once it can", async () => {
      const tab = tabOf(await bench.open("/site/docs/"));
      bench.server.fault("/site/docs/theme/search-index.js", { status: 500 });
      await tab.locator("#search").fill("Whisper");
      await tab.waitForFunction(() => document.querySelector("#search-state.failed")?.textContent);
      bench.server.heal();
      await tab.locator("#search").fill("Whisper model");
      await tab.waitForSelector("#found [role=option]");
      assert.equal(await tab.$("#search-state.failed"), null);
    });

    test("keeps the colours its reader has chosen", async () => {
      const tab = tabOf(await bench.open("/site/docs/"));
      const scheme = (): Promise<string | undefined> =>
        tab.evaluate(() => document.documentElement.dataset["scheme"]);
      for (const expected of ["light", "dark"]) {
        await tab.locator(".scheme").click();
        assert.equal(await scheme(), expected);
      }
      await tab.reload();
      assert.equal(await scheme(), "dark");
      await tab.locator(".scheme").click();
      assert.equal(await scheme(), undefined);
    });

    test("shows its contents on a narrow screen when asked, and nothing is wider than the screen", async () => {
      const tab = tabOf(await bench.open("/site/docs/nodes.html"));
      await tab.setViewport({ width: 360, height: 740 });
      const isShown = (): Promise<boolean> =>
        tab.$eval("#contents", (it) => (it as HTMLElement).offsetParent !== null);
      assert.equal(await isShown(), false);
      await tab.locator(".menu").click();
      assert.equal(await isShown(), true);
      const [wide, width] = await tab.evaluate(() => {
        const { scrollWidth, clientWidth } = document.documentElement;
        return [scrollWidth, clientWidth];
      });
      assert.equal(wide, width);
    });

    test("works below any path, and asks for nothing outside of it", async () => {
      const tab = tabOf(await bench.open("/blank.html"));
      const server = await Below.start("/some/where/");
      await tab.goto(server.url("docs/runs.html"));
      await tab.locator("#search").fill("Whisper");
      await tab.waitForSelector("#found [role=option]");
      await Promise.all([tab.waitForNavigation(), tab.locator(".neighbours [rel=next]").click()]);
      await Promise.all([tab.waitForNavigation(), tab.locator(".brand").click()]);
      assert.equal(await tab.$eval("h1", (it) => it.textContent), "What it is");
      await server.close();
      assert.deepEqual(server.strays, []);
    });

    // What axe finds is the same in every engine, and takes a while: in one, each page in light or in dark colours.
    if (bench.engine === "chromium") {
      test("has no page of which axe complains", async () => {
        const tab = tabOf(await bench.open("/site/docs/"));
        const pages = await tab.$$eval(".contents a", (links) =>
          links.map((it) => (it as HTMLAnchorElement).href),
        );
        assert.ok(pages.length > 20);
        for (const [at, page] of pages.entries()) {
          await tab.evaluate((scheme) => localStorage.setItem("book-scheme", scheme), SCHEMES[at % 2]!);
          await tab.goto(page);
          assert.deepEqual(await violations(tab), [], page);
        }
      });
    }
  },
  { engines: ["chromium", "firefox"] },
);
