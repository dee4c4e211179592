/** The packed package in apps as people build them: every worker and file of it is found, whatever renames them. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { createServer } from "vite";
import { install } from "../packed.ts";
import { type App, build, SHOWN, sources } from "./apps-kit.ts";
import { type Browser, chosenEngines, type Engine, launch, type Page, TestServer } from "./harness/index.ts";

/** Browsers with a page in them, whatever server it comes from. */
function eachBrowser(name: string, engines: readonly Engine[], suite: (show: Show) => void): void {
  for (const engine of chosenEngines().filter((it) => engines.includes(it))) {
    describe(`${name} (${engine})`, () => {
      let browser: Browser;
      before(async () => void (browser = await launch(engine)));
      after(() => browser.close());
      suite((url) => shownBy(browser, url));
    });
  }
}

type Show = (url: string) => Promise<{ shown: Record<string, unknown>; log: readonly string[] }>;

declare global {
  /** What an app shows. */
  var shown: Promise<Record<string, unknown>>;
}

async function shownBy(browser: Browser, url: string): ReturnType<Show> {
  const page: Page = await browser.newPage();
  try {
    await page.goto(url);
    const shown = await page.evaluate(() => globalThis.shown);
    const text = await page.evaluate(() => document.body.innerText);
    assert.deepEqual(JSON.parse(text), shown, "the page shows it");
    return { shown, log: await page.log() };
  } finally {
    await page.close();
  }
}

/** Serves `folder` below `prefix` while `act` runs. */
async function served<T>(
  folder: string,
  prefix: string,
  act: (server: TestServer) => Promise<T>,
): Promise<T> {
  const server = await TestServer.start();
  server.mount(prefix, folder);
  try {
    return await act(server);
  } finally {
    await server.close();
  }
}

const STRICT = "script-src 'self' 'wasm-unsafe-eval'; worker-src 'self'";

eachBrowser("apps", ["chromium", "firefox"], (show) => {
  const check = async (app: App, prefix = "/", headers: Record<string, string> = {}): Promise<void> => {
    await served(await build(app), prefix, async (server) => {
      server.headers = headers;
      const { shown, log } = await show(server.url(prefix));
      assert.deepEqual(shown, { ...SHOWN, isolated: true }, log.join("\n"));
    });
  };

  test("plain HTML, below a deep path", () => check("plain", "/some/deep/path/"));
  test("plain HTML, where neither eval nor a blob may run", () =>
    check("plain", "/", { "Content-Security-Policy": STRICT }));
  test("Vite, built without configuration", () => check("vite"));
  test("esbuild, with the package's folder beside the page", () => check("esbuild"));

  for (const isolated of [true, false]) {
    test(`a page ${isolated ? "with" : "without"} isolation, and the package on another origin`, async () => {
      await served(await install(), "/npm/remotemedia/", async (cdn) => {
        const origin = new URL(cdn.url("/")).origin;
        cdn.isolated = false;
        cdn.headers = { "Access-Control-Allow-Origin": "*", "Cross-Origin-Resource-Policy": "cross-origin" };
        await served(await build("cdn"), "/", async (server) => {
          server.isolated = isolated;
          const policy = `img-src data:; script-src 'self' 'wasm-unsafe-eval' ${origin}; worker-src blob: ${origin};`;
          server.headers = { "Content-Security-Policy": `${policy} connect-src 'self' ${origin}` };
          const from = encodeURIComponent(cdn.url("/npm/remotemedia/remotemedia.js"));
          const { shown, log } = await show(server.url(`/?from=${from}`));
          assert.deepEqual(shown, { ...SHOWN, isolated }, log.join("\n"));
        });
      });
    });
  }
});

eachBrowser("apps", ["chromium"], (show) => {
  test("webpack, without configuration or a warning", async () => {
    await served(await build("webpack"), "/", async (server) => {
      const { shown, log } = await show(server.url("/"));
      assert.deepEqual(shown, { ...SHOWN, isolated: true }, log.join("\n"));
    });
  });

  for (const exclude of [[], ["remotemedia"]]) {
    test(`Vite's development server, the package ${exclude.length ? "left as it is" : "bundled beforehand"}`, async () => {
      const root = await sources("vite");
      const server = await createServer({
        // Of Pyodide, which has branches for node, it has a lot to say.
        ...{ root, configFile: false, logLevel: "error", cacheDir: join(root, ".vite") },
        optimizeDeps: { exclude },
        server: { host: "127.0.0.1", port: 0, hmr: false, watch: null },
      });
      try {
        await server.listen();
        const { shown, log } = await show(server.resolvedUrls!.local[0]!);
        assert.deepEqual(shown, { ...SHOWN, isolated: false }, log.join("\n"));
      } finally {
        await server.close();
      }
    });
  }
});
