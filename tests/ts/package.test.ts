/** The npm package: what is in it, and that what it promises is there. */
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { before, test } from "node:test";
import { promisify } from "node:util";
import { APPS, BUNDLE, install, packList, tool } from "../packed.ts";

const exec = promisify(execFile);

/** Everything that may be in the package, and each at least once. */
const EXPECTED = [
  /^package\.json$/,
  /^README\.md$/,
  /^LICENSE-(MIT|APACHE)$/,
  /^THIRD-PARTY-NOTICES\.txt$/,
  /^(remotemedia|offline|react|vue|(runtime|compute|python|models|package|wasi|plugin|pipelines)-worker)\.js(\.map)?$/,
  /^(sw|service-worker)\.js$/,
  /^assets\.json$/,
  /^(remotemedia|offline|sw|react|vue|worker)\.d\.ts$/,
  /^types\/((generated|hooks)\/)?[a-z-]+\.d\.ts$/,
  /^(coordinator|pipelines|runtime|media|python|package|plugin)\.wasm$/,
  /^models\.json$/,
  /^models\/demo\/(config|generation_config|preprocessor_config|tokenizer)\.json$/,
  /^models\/demo\/model\.safetensors$/,
  /^models\/demo-ggml\/ggml-demo\.bin$/,
  /^pyodide\/(pyodide(\.asm)?\.mjs|pyodide\.asm\.wasm|python_stdlib\.zip|pyodide-lock\.json)$/,
  /^pyodide\/(snapshot\.bin|remotemedia\.tar)$/,
];

interface Manifest {
  name: string;
  exports: Record<string, string | { types: string; default: string }>;
  sideEffects: string[];
  files: string[];
  jsdelivr: string;
  unpkg: string;
  main: string;
  types: string;
}

const manifest = JSON.parse(readFileSync(join(BUNDLE, "package.json"), "utf8")) as Manifest;

/** Import paths of modules, and what they have to offer where there is no browser. */
const MODULES: [path: string, exported: string[]][] = [
  ["remotemedia", ["Runtime", "PipelineError"]],
  ["remotemedia/remotemedia.js", ["Runtime", "PipelineError"]],
  ["remotemedia/offline", ["Offline", "OfflineError"]],
  ["remotemedia/sw", ["serve"]],
  ["remotemedia/react", ["useRun", "useRuntime"]],
  ["remotemedia/vue", ["useRun", "useRuntime"]],
];

before(install);

test("the package has every file it needs, and no other", async () => {
  const files = (await packList()).files.map(({ path }) => path);
  const stray = files.filter((file) => !EXPECTED.some((it) => it.test(file)));
  const missing = EXPECTED.filter((it) => !files.some((file) => it.test(file)));
  assert.deepEqual({ stray, missing }, { stray: [], missing: [] });
});

test("every path that the manifest names leads to a file of the package", async () => {
  const files = (await packList()).files.map(({ path }) => path);
  const targets = Object.values(manifest.exports).flatMap((it) =>
    typeof it === "string" ? [it] : Object.values(it),
  );
  const { jsdelivr, unpkg, main, types, sideEffects } = manifest;
  for (const target of [...targets, jsdelivr, unpkg, main, types, ...sideEffects]) {
    const [start, end] = target.replace("./", "").split("*");
    const fits = files.some((it) =>
      end === undefined ? it === start : it.startsWith(start!) && it.endsWith(end),
    );
    assert.ok(fits, target);
  }
});

test("types come first wherever there are some, and every script, wasm and model has its path", async () => {
  for (const [path, target] of Object.entries(manifest.exports)) {
    if (typeof target !== "string") assert.deepEqual(Object.keys(target), ["types", "default"], path);
  }
  for (const { path } of (await packList()).files) {
    if (!/\.(js|wasm)$|^(models|pyodide)\//.test(path)) continue;
    const whole = manifest.exports[`./${path}`];
    assert.ok(whole ?? manifest.exports[`./${path.split("/")[0]}/*`], path);
  }
});

test("the links of the package's README work on npm", () => {
  const text = readFileSync(join(BUNDLE, "README.md"), "utf8");
  const links = [...text.matchAll(/\]\(([^)#]+)/g)].map(([, link]) => link!);
  for (const link of links.filter((it) => !it.startsWith("https://"))) {
    assert.ok(existsSync(join(BUNDLE, link)), link);
  }
});

test("every script and wasm has a budget, and nothing else that is not there", async () => {
  const text = readFileSync(new URL("../../xtask/js/budgets.json", import.meta.url), "utf8");
  const budgets = JSON.parse(text) as { files: Record<string, object>; together: { files: string[] }[] };
  const files = (await packList()).files.map(({ path }) => path);
  const code = files.filter((it) => /^[^/]+\.(js|wasm)$/.test(it));
  assert.deepEqual(
    code.filter((it) => !(it in budgets.files)),
    [],
  );
  const named = [...Object.keys(budgets.files), ...budgets.together.flatMap((it) => it.files)];
  assert.deepEqual(
    named.filter((it) => !files.includes(it)),
    [],
  );
});

test("every module can be imported where there is no browser, and starting says why it cannot", async () => {
  for (const [path, exported] of MODULES) {
    const script = `console.log(JSON.stringify(Object.keys(await import(${JSON.stringify(path)}))))`;
    const { stdout } = await exec(process.execPath, ["--input-type=module", "-e", script], { cwd: APPS });
    const names = JSON.parse(stdout) as string[];
    assert.deepEqual(names.sort(), [...exported].sort(), path);
  }
  const script = `
    const { Runtime, PipelineError } = await import("remotemedia");
    const error = await Runtime.start().catch((it) => it);
    console.log(error instanceof PipelineError, error.code);`;
  const { stdout } = await exec(process.execPath, ["--input-type=module", "-e", script], { cwd: APPS });
  assert.equal(stdout.trim(), "true NotSupported");
});

test("the hooks render on a server, where nothing is started", async () => {
  const script = `
    import { createElement } from "react";
    import { renderToString } from "react-dom/server";
    import * as react from "remotemedia/react";
    import { createSSRApp, h } from "vue";
    import { renderToString as renderVue } from "vue/server-renderer";
    import * as vue from "remotemedia/vue";
    const React = () => [react.useRun().status, " ", react.useRuntime().status].join("");
    const Vue = { setup: () => { const [a, b] = [vue.useRun().status, vue.useRuntime().status]; return () => a.value + " " + b.value; } };
    console.log(renderToString(createElement(React)), "|", await renderVue(createSSRApp(Vue)));`;
  const { stdout } = await exec(process.execPath, ["--input-type=module", "-e", script], { cwd: APPS });
  assert.equal(stdout.trim(), "idle starting | idle starting");
});

test("the types are found and hold, as bundlers look for them and as node does", async () => {
  const folder = join(APPS, "types");
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, "package.json"), JSON.stringify({ type: "module" }));
  await writeFile(join(folder, "consumer.ts"), CONSUMER);
  for (const [module, moduleResolution] of [
    ["esnext", "bundler"],
    ["node16", "node16"],
  ]) {
    const compilerOptions = {
      ...{ module, moduleResolution, target: "es2022", strict: true, noEmit: true, types: [] },
      lib: ["es2023", "dom", "dom.iterable", "dom.asynciterable", "esnext.disposable"],
      // The declarations themselves must be right as well.
      skipLibCheck: false,
    };
    await writeFile(
      join(folder, "tsconfig.json"),
      JSON.stringify({ compilerOptions, files: ["consumer.ts"] }),
    );
    const problems = await tool("typescript/bin/tsc", ["-p", folder]).then(
      () => "",
      (error: { stdout: string }) => error.stdout,
    );
    assert.equal(problems, "", moduleResolution);
  }
});

const CONSUMER = `
import { PipelineError, Runtime, type RunEvent, type Value } from "remotemedia";
import { type RunState, type RunStatus, useRun, useRuntime } from "remotemedia/react";
import { useRun as useVueRun } from "remotemedia/vue";
import type { Ref } from "vue";
import { Offline } from "remotemedia/offline";
import { serve } from "remotemedia/sw";
import "remotemedia/worker";
import "remotemedia/compute-worker";
import "remotemedia/pyodide-worker";
import "remotemedia/models-worker";
import "remotemedia/plugin-worker";
import "remotemedia/package-worker";
import "remotemedia/wasi-worker";

const runtime: Runtime = await Runtime.start({
  assets: "/remotemedia/",
  workerUrls: { runtime: new URL("remotemedia/worker", import.meta.url) },
});
const run = runtime.run({ version: "v1" }, { inputs: [1], onEvent: (event: RunEvent) => console.log(event.type) });
const outputs: Value[] = (await run).outputs;

function Component(): RunStatus {
  const { start, status } = useRuntime({ computeWorkers: 1 });
  const react: RunState = useRun({ start });
  const vue: Readonly<Ref<RunStatus>> = useVueRun({ start }).status;
  // @ts-expect-error: the status of a runtime is no status of a run.
  const none: RunStatus = status;
  return react.outputs.length > 0 ? vue.value : react.progress["n"]?.fraction === 1 ? "done" : none;
}

// @ts-expect-error: there is no such option.
runtime.run({}, { input: [1] });
// @ts-expect-error: a code is one of a closed list.
new PipelineError("Oops", "");
console.log(outputs, Component, Offline, serve);
`;
