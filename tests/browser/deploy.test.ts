/** The site as hosts serve it: below any path, and with the headers of the file that some of them read. */
import assert from "node:assert/strict";
import { readdirSync, readFileSync, statSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { extname, join } from "node:path";
import { after, before, describe, test } from "node:test";
import { fileURLToPath } from "node:url";
import type { Page as Tab } from "puppeteer-core";
import { id } from "./demo-page.ts";
import { type Bench, type Browser, chosenEngines, eachEngine, launch, type Page } from "./harness/index.ts";

const SITE = fileURLToPath(new URL("../../dist/site/", import.meta.url));

/** A path pattern, and the headers of what fits it. */
interface Rule {
  path: string;
  headers: Map<string, string>;
}

/** Reads a headers file as hosts do: a path, then its headers, indented. Throws for any other line. */
function rulesOf(text: string): Rule[] {
  const rules: Rule[] = [];
  for (const line of text.split("\n")) {
    if (line.trim() === "" || line.startsWith("#")) continue;
    const header = /^ {2}([A-Za-z-]+): (.+)$/.exec(line);
    if (/^\/\S*$/.test(line)) rules.push({ path: line, headers: new Map() });
    else if (header && rules.length > 0) rules.at(-1)!.headers.set(header[1]!.toLowerCase(), header[2]!);
    else throw new Error(`this is no line of a headers file: ${line}`);
  }
  return rules;
}

function fits(rule: Rule, path: string): boolean {
  return rule.path.endsWith("*") ? path.startsWith(rule.path.slice(0, -1)) : path === rule.path;
}

const RULES = rulesOf(readFileSync(join(SITE, "_headers"), "utf8"));
const FILES = readdirSync(SITE, { recursive: true, encoding: "utf8" }).filter((it) =>
  statSync(join(SITE, it)).isFile(),
);

/** The headers of `path`; those of two rules are joined, as some hosts do. */
function headersOf(path: string): Record<string, string> {
  const found: Record<string, string> = {};
  for (const rule of RULES.filter((it) => fits(it, path))) {
    for (const [name, value] of rule.headers)
      found[name] = name in found ? `${found[name]}, ${value}` : value;
  }
  return found;
}

describe("the headers file", () => {
  test("no file gets the same header from two rules", () => {
    for (const file of ["", ...FILES]) {
      const rules = RULES.filter((it) => fits(it, `/${file}`));
      const names = rules.flatMap((it) => [...it.headers.keys()]);
      assert.deepEqual(names, [...new Set(names)], file);
    }
  });

  test("every rule is about something", () => {
    for (const rule of RULES) {
      assert.ok(
        ["", ...FILES].some((it) => fits(rule, `/${it}`)),
        rule.path,
      );
    }
  });

  test("what has a hash in its name is kept for good, and the rest is asked for anew", () => {
    for (const file of FILES) {
      const expected = file.startsWith("assets/") ? /immutable/ : /^no-cache$/;
      const cache = headersOf(`/${file}`)["cache-control"];
      if (/\.(html|js|json|wasm)$/.test(file)) assert.match(cache ?? "", expected, file);
      if (file.endsWith(".wasm"))
        assert.equal(headersOf(`/${file}`)["content-type"], "application/wasm", file);
    }
  });

  test("its policy is the page's own, and one thing that only a header can say", () => {
    const page = readFileSync(join(SITE, "index.html"), "utf8");
    const own = /http-equiv="Content-Security-Policy"\s+content="([^"]+)"/.exec(page)?.[1];
    for (const path of ["/", "/index.html"]) {
      assert.equal(headersOf(path)["content-security-policy"], `${own}; frame-ancestors 'none'`);
    }
  });
});

const TYPES: Record<string, string> = {
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript",
  ".mjs": "text/javascript",
  ".css": "text/css",
  ".json": "application/json",
  ".svg": "image/svg+xml",
};

/** A host that reads the headers file. */
function host(): Promise<Server> {
  const server = createServer((request, response) => {
    const path = decodeURIComponent(new URL(request.url ?? "/", "http://host").pathname);
    const file = path.endsWith("/") ? `${path}index.html` : path;
    const isThere = file !== "/_headers" && FILES.includes(file.slice(1));
    const type = TYPES[extname(file)] ?? "application/octet-stream";
    response.writeHead(isThere ? 200 : 404, { "content-type": type, ...headersOf(path) });
    response.end(isThere ? readFileSync(join(SITE, file)) : "");
  });
  return new Promise((resolve) => server.listen(0, "127.0.0.1", () => resolve(server)));
}

/** Opens every view, runs Rust and Python, and transcribes; gives what the console complains of. */
async function useAll(page: Page): Promise<string[]> {
  const { tab } = page as Page & { tab: Tab };
  await tab.setViewport({ width: 1280, height: 900 });
  const click = (name: string) => tab.locator(id(name)).click();
  await tab.waitForSelector(`${id("run")}[aria-disabled="false"]`);
  await click("example-mixed");
  await click("run");
  await tab.waitForSelector(`${id("console")}[data-state="done"]`);
  await click("view-packages");
  await click("package-calculator");
  await tab.waitForSelector(`${id("package")}:not([hidden])`);
  await click("run");
  await tab.waitForSelector(`${id("console")}[data-state="done"]`);
  await click("view-speech");
  await tab.waitForSelector(`${id("transcribe")}[aria-disabled="false"]`);
  await click("transcribe");
  await tab.waitForSelector(`${id("speech")}[data-state="done"]`);
  await click("view-storage");
  await tab.waitForSelector(id("model-row"));
  await click("view-about");
  await tab.waitForSelector(id("capability-row"));
  await click("docs");
  await tab.waitForSelector("main h1");
  return (await page.log()).filter((it) => /^(error|uncaught)/.test(it));
}

for (const engine of chosenEngines().filter((it) => it !== "webkit")) {
  describe(`a host that reads the headers file (${engine})`, () => {
    let server: Server;
    let browser: Browser;
    before(async () => void ([server, browser] = [await host(), await launch(engine)]));
    after(async () => {
      await browser.close();
      server.closeAllConnections();
      server.close();
    });

    test("everything works under its policies, isolated", async () => {
      const page = await browser.newPage();
      const { port } = server.address() as AddressInfo;
      await page.goto(`http://127.0.0.1:${port}/`);
      assert.equal(await page.evaluate(() => crossOriginIsolated), true);
      assert.deepEqual(await useAll(page), []);
    });
  });
}

eachEngine(
  "a site below a path",
  (bench: Bench) => {
    test("every view opens and runs work, without any header", async () => {
      await bench.open("/blank.html");
      bench.server.mount("/some/sub/path/", SITE);
      const page = await bench.open("/some/sub/path/", { isolated: false });
      // The service worker has the page loaded once more, which must not happen under the first click.
      await (page as Page & { tab: Tab }).tab.waitForFunction(() => globalThis.crossOriginIsolated);
      assert.deepEqual(await useAll(page), []);
      const strays = bench.server.requests.filter(
        (it) => !it.startsWith("/some/sub/path/") && !/^\/(blank\.html|log\.js|favicon\.ico)$/.test(it),
      );
      assert.deepEqual(strays, []);
    });
  },
  { engines: ["chromium", "firefox"] },
);
