/** The packed package in pages without a bundler, or one that looks for nothing: below a path, behind a policy, far away. */
import assert from "node:assert/strict";
import { cp } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { install } from "../packed.ts";
import { type App, build, eachBrowser, served, type Show, SHOWN } from "./apps-kit.ts";
import { type TestServer } from "./harness/index.ts";

const STRICT = "script-src 'self' 'wasm-unsafe-eval'; worker-src 'self'";

/** Shows the app that has the package on another server, which `prepare` may change. */
async function checkFar(
  show: Show,
  words: (folder: string) => Record<string, string>,
  isolated: boolean,
  expected: (folder: string) => object,
  prepare = (_cdn: TestServer) => {},
): Promise<void> {
  await served(await install(), "/npm/remotemedia/", async (cdn) => {
    const origin = new URL(cdn.url("/")).origin;
    cdn.isolated = false;
    cdn.headers = { "Access-Control-Allow-Origin": "*", "Cross-Origin-Resource-Policy": "cross-origin" };
    prepare(cdn);
    const out = await build("cdn");
    await cp(join(await install(), "remotemedia.js"), join(out, "own.js"));
    await served(out, "/", async (server) => {
      server.isolated = isolated;
      const policy = `script-src 'self' 'wasm-unsafe-eval' ${origin}; worker-src blob:; connect-src 'self' ${origin}`;
      server.headers = { "Content-Security-Policy": policy };
      const folder = cdn.url("/npm/remotemedia/");
      const query = new URLSearchParams(words(folder));
      const { shown, log } = await show(server.url(`/?${query}`));
      assert.deepEqual(shown, expected(folder), log.join("\n"));
    });
  });
}

const fromThere = (folder: string) => ({ from: `${folder}remotemedia.js` });

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

  test("the package on another origin, the page isolated", () =>
    checkFar(show, fromThere, true, () => ({ ...SHOWN, isolated: true })));
  test("the package on another origin, the page not isolated", () =>
    checkFar(show, fromThere, false, () => ({ ...SHOWN, isolated: false })));
  test("the module beside the page, its assets on another origin", () =>
    checkFar(
      show,
      (assets) => ({ from: "./own.js", assets }),
      true,
      () => ({ ...SHOWN, isolated: true }),
    ));
  test("a worker's script that another origin lacks is named", async () => {
    const why = (folder: string) =>
      `LoadFailed: the runtime worker did not start: ${folder}runtime-worker.js is missing (404)`;
    await checkFar(
      show,
      fromThere,
      true,
      (folder) => ({ error: why(folder) }),
      (cdn) => cdn.fault("/npm/remotemedia/runtime-worker.js", { status: 404 }),
    );
  });
});

eachBrowser("apps", ["webkit"], (show) => {
  test("the package on another origin, the page isolated", () =>
    checkFar(show, fromThere, true, () => ({ ...SHOWN, isolated: true })));
});
