/** The first lines of the README, pasted into a fresh Vite app that has the packed package. */
import assert from "node:assert/strict";
import { mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { build } from "vite";
import { APPS, BUNDLE, install, ROOT } from "../packed.ts";
import { type Engine, chosenEngines, launch, TestServer } from "./harness/index.ts";

const ENGINES: readonly Engine[] = ["chromium", "firefox"];

async function snippet(file: string): Promise<string> {
  const [, code] = (await readFile(file, "utf8")).split(/^```js\n(.*?)^```/ms);
  return code!;
}

test("the snippet has ten lines, and the package's own README has the same", async () => {
  const code = await snippet(join(ROOT, "README.md"));
  assert.equal(code.split("\n").filter((it) => it.trim() !== "").length, 10);
  assert.equal(await snippet(join(BUNDLE, "README.md")), code);
});

for (const engine of chosenEngines().filter((it) => ENGINES.includes(it))) {
  test(`the snippet works in a fresh Vite app (${engine})`, async () => {
    await install();
    const root = join(APPS, "fresh");
    await rm(root, { recursive: true, force: true });
    await mkdir(root);
    const script = '<script type="module" src="/main.js"></script>';
    await writeFile(join(root, "index.html"), `<!doctype html><title>Fresh</title><body>${script}</body>`);
    await writeFile(join(root, "main.js"), await snippet(join(ROOT, "README.md")));
    await build({ root, logLevel: "warn", configFile: false });
    const server = await TestServer.start({ isolated: false });
    server.mount("/", join(root, "dist"));
    const browser = await launch(engine);
    try {
      const page = await browser.newPage();
      await page.goto(server.url("/"));
      const text = await page.evaluate(
        () =>
          new Promise<string>((resolve) => {
            const look = (): void => {
              if (document.body.innerText) resolve(document.body.innerText);
              else requestAnimationFrame(look);
            };
            look();
          }),
      );
      const counts = (JSON.parse(text) as { results: { char_count: number } }[]).map(
        (it) => it.results.char_count,
      );
      assert.deepEqual(counts, [2, 2, 2]);
      const types = (await page.log()).map((it) => /^log: (\w+)/.exec(it)?.[1]);
      for (const type of ["started", "load", "progress", "output", "finished"]) {
        assert.ok(types.includes(type), `${type} is in ${types}`);
      }
    } finally {
      await browser.close();
      await server.close();
    }
  });
}
