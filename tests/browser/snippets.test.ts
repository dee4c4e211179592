/** Every piece of JavaScript in the documentation, run in a page over the built package. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { snippets } from "../book/documents.ts";
import { bundled, expectedOf } from "../book/modules.ts";
import { eachEngine } from "./harness/index.ts";

/** Values that are not texts are compared by what JSON keeps of them. */
const plain = (values: unknown[]): unknown => JSON.parse(JSON.stringify(values));

eachEngine(
  "snippets",
  (bench) => {
    for (const snippet of snippets("js", "ts", "jsx", "tsx")) {
      test(snippet.name, async () => {
        const page = await bench.open("/blank.html");
        bench.server.fault("/snippet.js", { body: bundled(snippet) });
        const { isClicked } = snippet;
        const expected = expectedOf(snippet);
        const printed = await page.evaluate(run, { isClicked, prints: expected.length });
        const found = printed.filter((it) => !expected.every((value) => !isSame(it, value)));
        assert.deepEqual(plain(found), plain(expected), `it printed ${JSON.stringify(printed)}`);
        const complaints = (await page.log()).filter((it) => /^(error|uncaught)/.test(it));
        assert.deepEqual(complaints, []);
      });
    }

    // What is for CPython only is run there (`python-worker/tests/test_book.py`).
    const elsewhere = /unittest|^docs\/src\/python-package\.md/;
    for (const snippet of snippets("python").filter((it) => !elsewhere.test(`${it.name} ${it.code}`))) {
      test(`${snippet.name} is registered`, async () => {
        const page = await bench.open();
        const found = await page.evaluate(async (source) => {
          const runtime = await rm.Runtime.start();
          const kinds = await runtime.registerPython(source);
          return kinds.map(({ language }) => language);
        }, snippet.code);
        assert.ok(found.length > 0);
        assert.deepEqual(new Set(found), new Set(["python"]));
      });
    }

    for (const snippet of snippets("html")) {
      test(snippet.name, async () => {
        await bench.open("/blank.html");
        bench.server.fault("/snippet.html", { body: snippet.code });
        const page = await bench.browser.newPage();
        await page.goto(bench.server.url("/snippet.html"));
        const expected = expectedOf(snippet).map(
          (it) => `log: ${typeof it === "string" ? it : JSON.stringify(it)}`,
        );
        // A page says when it is done by what it shows.
        await page.evaluate(async () => {
          while (!document.querySelector("output")?.textContent) await new Promise(requestAnimationFrame);
        });
        const log = await page.log();
        for (const line of expected) assert.ok(log.includes(line), `${line} is not in ${log.join("\n")}`);
        assert.deepEqual(
          log.filter((it) => /^(error|uncaught)/.test(it)),
          [],
        );
        await page.close();
      });
    }
  },
  { engines: ["chromium"] },
);

/** Runs the snippet in the page, to its last print where it goes on by itself after a click; gives what it printed. */
async function run({ isClicked, prints }: { isClicked: boolean; prints: number }): Promise<unknown[]> {
  const printed: unknown[] = [];
  console.log = (...values: unknown[]) => printed.push(...structuredClone(values));
  await import(/* @vite-ignore */ "/snippet.js" as string);
  const until = async (is: () => unknown): Promise<void> => {
    while (!is()) await new Promise(requestAnimationFrame);
  };
  if (isClicked) {
    await until(() => document.querySelector("button"));
    // What a framework does after it has painted comes before any user.
    await new Promise((resolve) => requestIdleCallback(resolve));
    document.querySelector("button")!.click();
    await until(() => printed.length >= prints);
  }
  return printed;
}

function isSame(found: unknown, expected: unknown): boolean {
  try {
    assert.deepEqual(plain([found]), plain([expected]));
    return true;
  } catch {
    return false;
  }
}
