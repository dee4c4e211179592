/** What a visitor's browser has to fetch before the site can be used. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { brotliCompressSync } from "node:zlib";
import { transformSync } from "esbuild";
import { id } from "./demo-page.ts";
import { type Bench, eachEngine } from "./harness/index.ts";
import { SitePage } from "./site-page.ts";

const DIST = new URL("../../dist/", import.meta.url);
/** Bytes of scripts, as brotli sends them. */
const MOST = 150_000;
/** What the service worker adds: the page asks for it once it works. Left out here, it would fetch all there is. */
const KEEPERS = ["/site/remotemedia/offline.js", "/site/sw.js"];

eachEngine("budget", suite, { engines: ["chromium"] });

/** Bytes of a script as a release has it: minified, and compressed by the server. */
function sent(path: string): number {
  const code = readFileSync(new URL(`.${path}`, DIST), "utf8");
  const isMinified = path.startsWith("/site/assets/");
  const minified = isMinified
    ? code
    : transformSync(code, { minify: true, format: "esm", target: "es2022", legalComments: "none" }).code;
  return brotliCompressSync(minified).length;
}

function suite(bench: Bench): void {
  test(`scripts of fewer than ${MOST / 1000} kB are fetched until a pipeline can be run`, async (context) => {
    const site = await SitePage.open(bench, "pipelines");
    await site.sees(`${id("run")}[aria-disabled="false"]`);
    const asked = bench.server.requests.filter((it) => /\.m?js$/.test(it));
    const scripts = [...new Set([...asked, ...KEEPERS])].map((path) => ({ path, bytes: sent(path) }));
    const total = scripts.reduce((sum, { bytes }) => sum + bytes, 0);
    for (const { path, bytes } of scripts) context.diagnostic(`${String(bytes).padStart(7)} ${path}`);
    context.diagnostic(`${String(total).padStart(7)} in all, of ${MOST}`);
    assert.ok(scripts.length > KEEPERS.length + 2, "no script was asked for");
    assert.ok(total < MOST, `${total} bytes`);
  });
}
