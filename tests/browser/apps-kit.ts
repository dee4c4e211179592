/** Apps that use the package: copied, built by their own tools, served and shown. */
import assert from "node:assert/strict";
import { cp, mkdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { after, before, describe } from "node:test";
import { build as esbuild } from "esbuild";
import * as vite from "vite";
import webpack from "webpack";
import { APPS, install, ROOT } from "../packed.ts";
import { type Browser, chosenEngines, type Engine, launch, type Page, TestServer } from "./harness/index.ts";

/** An app in `tests/apps`. */
export type App = "plain" | "vite" | "webpack" | "esbuild" | "cdn" | "react" | "vue";

/** What each app has to show; see `tests/apps/app.js`. */
export const SHOWN = {
  rust: [15, 21],
  python: [
    {
      original_text: "made in python",
      processed_by: "TextProcessorNode[text]",
      results: { uppercase: "MADE IN PYTHON" },
    },
  ],
  speech: "Set the timer for six hundred and forty three minutes.",
  packaged: [[15], [7]],
  models: ["demo", "demo-ggml"],
};

/** React mounts everything twice, and Vue warns, only while one develops. */
const DEVELOPMENT = {
  "process.env.NODE_ENV": JSON.stringify("development"),
  "__VUE_OPTIONS_API__": "true",
  "__VUE_PROD_DEVTOOLS__": "false",
  "__VUE_PROD_HYDRATION_MISMATCH_DETAILS__": "false",
};

/** A fresh copy of the app, with the package installed where it finds it; gives its folder. */
export async function sources(app: App): Promise<string> {
  await install();
  const folder = join(APPS, app);
  await rm(folder, { recursive: true, force: true });
  await cp(join(ROOT, "tests/apps", app), folder, { recursive: true });
  for (const shared of ["app.js", "panel.js"])
    await cp(join(ROOT, "tests/apps", shared), join(folder, shared));
  await mkdir(join(folder, "public"));
  await cp(join(ROOT, "whisper/demo-model/recordings/command.wav"), join(folder, "public/command.wav"));
  return folder;
}

/** Builds the app the way its users would, with no configuration but where things are; gives what to serve. */
export async function build(app: App, base = "/"): Promise<string> {
  const folder = await sources(app);
  const out = join(folder, "dist");
  if (app === "vite" || app === "react" || app === "vue") {
    const define = app === "vite" ? {} : DEVELOPMENT;
    await vite.build({ root: folder, base, logLevel: "warn", configFile: false, define });
    return out;
  }
  await mkdir(out);
  await cp(join(folder, "index.html"), join(out, "index.html"));
  await cp(join(folder, "public"), out, { recursive: true });
  if (app === "webpack") await runWebpack(folder, out);
  else if (app === "esbuild") {
    await esbuild({
      entryPoints: [join(folder, "main.js")],
      ...{ bundle: true, format: "esm", minify: true, outdir: out, logLevel: "warning" },
    });
  } else {
    for (const script of ["main.js", "app.js"]) await cp(join(folder, script), join(out, script));
  }
  if (app === "plain" || app === "esbuild")
    await cp(await install(), join(out, "remotemedia"), { recursive: true });
  return out;
}

async function runWebpack(folder: string, out: string): Promise<void> {
  const compiler = webpack({
    ...{ mode: "production", context: folder, entry: "./main.js" },
    output: { path: out },
    performance: { hints: false },
  });
  try {
    const stats = await new Promise<webpack.Stats | undefined>((resolve, reject) => {
      compiler!.run((error, result) => (error ? reject(error) : resolve(result)));
    });
    const { errors = [], warnings = [] } = stats!.toJson({ all: false, errors: true, warnings: true });
    const said = [...errors, ...warnings].map(({ message }) => message);
    if (said.length > 0) throw new Error(said.join("\n"));
  } finally {
    await new Promise<void>((resolve) => compiler!.close(() => resolve()));
  }
}

/** Browsers with a page in them, whatever server it comes from. */
export function eachBrowser(name: string, engines: readonly Engine[], suite: (show: Show) => void): void {
  for (const engine of chosenEngines().filter((it) => engines.includes(it))) {
    describe(`${name} (${engine})`, () => {
      let browser: Browser;
      before(async () => void (browser = await launch(engine)));
      after(() => browser.close());
      suite((url) => shownBy(browser, url));
    });
  }
}

/** Opens an app, and gives what it shows and logs. */
export type Show = (url: string) => Promise<{ shown: Record<string, unknown>; log: readonly string[] }>;

declare global {
  /** What an app shows. */
  var shown: Promise<Record<string, unknown>>;
}

async function shownBy(browser: Browser, url: string): ReturnType<Show> {
  const page: Page = await browser.newPage();
  try {
    await page.goto(url);
    const shown = await page.evaluate(async () => {
      // Not every engine has run the page's modules by its `load` event.
      while (!globalThis.shown) await new Promise(requestAnimationFrame);
      return globalThis.shown;
    });
    const text = await page.evaluate(() => document.body.innerText);
    assert.deepEqual(JSON.parse(text), shown, "the page shows it");
    return { shown, log: await page.log() };
  } finally {
    await page.close();
  }
}

/** Serves `folder` below `prefix` while `act` runs. */
export async function served<T>(
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
