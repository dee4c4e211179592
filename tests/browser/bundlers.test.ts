/** The packed package in apps that bundlers build: every worker and file of it is found, whatever renames them. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { test } from "node:test";
import { createServer } from "vite";
import { build, eachBrowser, served, type Show, SHOWN, sources } from "./apps-kit.ts";

async function check(show: Show, folder: string, prefix = "/"): Promise<void> {
  await served(folder, prefix, async (server) => {
    const { shown, log } = await show(server.url(prefix));
    assert.deepEqual(shown, { ...SHOWN, isolated: true }, log.join("\n"));
  });
}

eachBrowser("bundlers", ["chromium", "firefox"], (show) => {
  test("Vite, built without configuration", async () => check(show, await build("vite")));
});

eachBrowser("bundlers", ["chromium"], (show) => {
  test("Vite, built for any path", async () => check(show, await build("vite", "./"), "/some/deep/path/"));
  test("webpack, without configuration or a warning", async () => check(show, await build("webpack")));

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
