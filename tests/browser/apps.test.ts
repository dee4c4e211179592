/** The packed package in pages without a bundler, or one that looks for nothing: below a path, behind a policy, far away. */
import assert from "node:assert/strict";
import { cp } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { install } from "../packed.ts";
import { type App, build, eachBrowser, served, SHOWN } from "./apps-kit.ts";

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
  test("esbuild, with the package's folder beside the page", () => check("esbuild"));

  for (const [what, isolated, assetsOnly] of [
    ["the package on another origin, the page isolated", true, false],
    ["the package on another origin, the page not isolated", false, false],
    ["the module beside the page, its assets on another origin", true, true],
  ] as const) {
    test(what, async () => {
      await served(await install(), "/npm/remotemedia/", async (cdn) => {
        const origin = new URL(cdn.url("/")).origin;
        cdn.isolated = false;
        cdn.headers = { "Access-Control-Allow-Origin": "*", "Cross-Origin-Resource-Policy": "cross-origin" };
        const out = await build("cdn");
        await cp(join(await install(), "remotemedia.js"), join(out, "own.js"));
        await served(out, "/", async (server) => {
          server.isolated = isolated;
          const policy = `img-src data:; script-src 'self' 'wasm-unsafe-eval' ${origin}; worker-src blob: ${origin};`;
          server.headers = { "Content-Security-Policy": `${policy} connect-src 'self' ${origin}` };
          const folder = cdn.url("/npm/remotemedia/");
          const words: Record<string, string> = assetsOnly
            ? { from: "./own.js", assets: folder }
            : { from: `${folder}remotemedia.js` };
          const { shown, log } = await show(server.url(`/?${new URLSearchParams(words)}`));
          assert.deepEqual(shown, { ...SHOWN, isolated }, log.join("\n"));
        });
      });
    });
  }
});
