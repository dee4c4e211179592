/** What tests of the service worker share: a browser that can be started again, and a server that can be switched off. */
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import type { ServerResponse } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe } from "node:test";
import { fileURLToPath } from "node:url";
import type { Page as Tab } from "puppeteer-core";
import { Demo, id } from "./demo-page.ts";
import { type Browser, chosenEngines, type Engine, launch, type Page, TestServer } from "./harness/index.ts";
import { ISOLATION } from "./harness/server.ts";
import { plain, Speech } from "./speech-page.ts";

const SITE = fileURLToPath(new URL("../../dist/site/", import.meta.url));
const SAID = new URL("../../whisper/demo-model/recordings/command.json", import.meta.url);

/** The engines whose drivers keep profiles. */
const ENGINES: readonly Engine[] = ["chromium", "firefox"];

/** Runs a suite once in every chosen engine that can keep a profile; each test starts a {@link Visit} of its own. */
export function eachVisitor(name: string, suite: (visits: Visits) => void, engines = ENGINES): void {
  for (const engine of chosenEngines().filter((it) => engines.includes(it))) {
    describe(`${name} (${engine})`, () => {
      const visits = new Visits(engine);
      before(() => visits.start());
      after(() => visits.stop());
      suite(visits);
    });
  }
}

/** Longest wait for anything, in milliseconds: a watchdog, no deadline. */
const WAIT_MS = Number(process.env["RM_WAIT_MS"] ?? 120_000);

/** How the site is served. */
export interface Place {
  /** Folder of the site; a path of its own. */
  path?: string;
  /** Whether the server sends the headers that isolate pages. */
  isolated?: boolean;
}

/** One server and one browser. Each visit goes to another path, where nothing is kept yet. */
export class Visits {
  server!: TestServer;
  browser!: Browser;
  #profile = "";
  #count = 0;

  constructor(readonly engine: Engine) {}

  async start(): Promise<void> {
    this.#profile = await mkdtemp(join(tmpdir(), "remotemedia-profile-"));
    this.server = await TestServer.start();
    this.browser = await launch(this.engine, this.#profile);
  }

  async stop(): Promise<void> {
    await this.browser?.close();
    await this.server?.close();
    // Firefox may still be writing into it when it is gone already.
    await rm(this.#profile, { recursive: true, force: true, maxRetries: 20, retryDelay: 250 });
  }

  /** Ends the browser and starts it again, with what it keeps. */
  async restartBrowser(): Promise<void> {
    await this.browser.close();
    this.browser = await launch(this.engine, this.#profile);
  }

  /** A visit to the site at a path where it was not before. */
  async visit({ path, isolated = true }: Place = {}): Promise<Visit> {
    this.#count += 1;
    const folder = path ?? `/visit-${this.#count}/`;
    await this.server.close();
    await this.server.listen();
    this.server.heal();
    this.server.isolated = isolated;
    this.server.mount(folder, SITE);
    return new Visit(this, folder);
  }

  async tab(): Promise<{ page: Page; tab: Tab }> {
    const page = await this.browser.newPage();
    const { tab } = page as Page & { tab: Tab };
    // Less than the time a test has: so it is said what was waited for.
    tab.setDefaultTimeout(WAIT_MS);
    return { page, tab };
  }
}

/** What is kept of the files of a site, as its cache says. */
export interface Kept {
  cache: string;
  hashes: string[];
  pieces: string[];
}

/** The site at one path. */
export class Visit {
  /** Files that the server has in another version. */
  readonly #changed = new Map<string, Buffer>();

  constructor(
    readonly visits: Visits,
    readonly folder: string,
  ) {}

  get server(): TestServer {
    return this.visits.server;
  }

  url(file = ""): string {
    return this.server.url(this.folder + file);
  }

  /** A new tab on the site once its worker is there and the page is isolated. */
  async open(view = ""): Promise<Page> {
    const { page } = await this.visits.tab();
    await page.goto(this.url(view));
    await this.settled(page);
    return page;
  }

  /** Waits until the page is served by its worker, isolated, and can run pipelines. */
  async settled(page: Page): Promise<void> {
    const { tab } = page as Page & { tab: Tab };
    await tab.waitForFunction(
      () => globalThis.crossOriginIsolated && navigator.serviceWorker.controller?.state === "activated",
    );
    await tab.waitForSelector(`:is(${id("run")}, ${id("transcribe")})[aria-disabled="false"]`);
  }

  async demo(): Promise<Demo> {
    return Demo.on(await this.open());
  }

  /** Runs an example of the site; fails unless it ends well. */
  async runs(demo: Demo, example: string): Promise<unknown[]> {
    await demo.click(`example-${example}`);
    await demo.click("run");
    assert.equal(await demo.over(), "done", `${example}: ${await text(demo.tab, "error")}`);
    return (await demo.results()) as unknown[];
  }

  /** Transcribes the built-in recording; fails unless it is what was said. */
  async transcribes(page: Page): Promise<void> {
    const { tab } = page as Page & { tab: Tab };
    await page.evaluate(() => void (location.hash = "#/speech"));
    const speech = await Speech.on(page);
    await speech.choose("Command");
    assert.equal(await speech.transcribe(), "done", await text(tab, "error"));
    const { text: said } = JSON.parse(readFileSync(SAID, "utf8")) as { text: string };
    assert.equal(await speech.words(), plain(said));
    await page.evaluate(() => void (location.hash = "#/pipelines"));
    await tab.waitForSelector(id("console"));
  }

  async kept(page: Page): Promise<Kept> {
    return page.evaluate(async (folder) => {
      const cache = (await caches.keys()).find((name) => name.endsWith(folder)) ?? "";
      const keys = cache === "" ? [] : await (await caches.open(cache)).keys();
      const names = keys.map(({ url }) => url.split("/.remotemedia/")[1] ?? "");
      const hashes = names.filter((name) => /^[0-9a-f]{64}$/.test(name));
      return { cache, hashes, pieces: names.filter((name) => name.startsWith("pieces/")) };
    }, this.folder);
  }

  /** Waits until the file is kept, or is not any more. */
  async keeps(page: Page, file: string, kept = true): Promise<void> {
    const { tab } = page as Page & { tab: Tab };
    await tab.waitForFunction(
      async (folder, hash, kept) => {
        const name = (await caches.keys()).find((it) => it.endsWith(folder)) ?? "none";
        const found = await caches.match(new URL(`.remotemedia/${hash}`, `${origin}${folder}`), {
          cacheName: name,
        });
        return (found !== undefined) === kept;
      },
      { polling: 100 },
      this.folder,
      hashOf(this.file(file)),
      kept,
    );
  }

  /** A file as this version of the server has it. */
  file(file: string): Buffer {
    return this.#changed.get(file) ?? readFileSync(join(SITE, file));
  }

  /** The server has another content at `file` from now on. */
  change(file: string, content: Buffer): void {
    this.#changed.set(file, content);
    this.server.fault(this.folder + file, { body: content });
    if (file === "index.html")
      this.server.serve(this.folder, (_, response) => this.#sendPage(response, content));
  }

  /** A folder is its page. */
  #sendPage(response: ServerResponse, content: Buffer): void {
    const headers = this.server.isolated ? ISOLATION : {};
    response.writeHead(200, { "Content-Type": "text/html; charset=utf-8", ...headers }).end(content);
  }

  /** The server has the worker of a version made of what was changed, as a build would have written it. */
  deploy(): void {
    let script = readFileSync(join(SITE, "sw.js"), "utf8");
    for (const [file, content] of this.#changed) {
      const entry = new RegExp(`(file:"${file.replace(/[.]/g, "\\.")}",bytes:)[^,]+(,sha256:")[0-9a-f]{64}`);
      assert.match(script, entry, `${file} is not in the list`);
      script = script.replace(entry, `$1${content.length}$2${hashOf(content)}`);
    }
    const version = hashOf(Buffer.from(script)).slice(0, 16);
    this.server.fault(`${this.folder}sw.js`, {
      body: script.replace(/version:"[0-9a-f]{16}"/, `version:"${version}"`),
    });
  }

  /** Requests for a file so far. */
  asked(file: string): number {
    return this.server.requests.filter((it) => it === this.folder + file).length;
  }
}

export function hashOf(data: Buffer): string {
  return createHash("sha256").update(data).digest("hex");
}

/** What an element says, if it is there. */
export async function text(tab: Tab, name: string): Promise<string> {
  return tab.evaluate((selector) => document.querySelector(selector)?.textContent ?? "", id(name));
}

/** Waits until an element says it. */
export async function says(tab: Tab, name: string, part: string): Promise<void> {
  await tab.waitForFunction(
    (selector, part) => document.querySelector(selector)?.textContent?.includes(part),
    {},
    id(name),
    part,
  );
}

/** The same bytes, but for one in the middle. */
export function flipped(data: Buffer): Buffer {
  const other = Buffer.from(data);
  const middle = Math.floor(other.length / 2);
  other[middle] = (other[middle] ?? 0) ^ 0xff;
  return other;
}

/** How far the button got: waits until all that can be kept is. */
export async function fetchEverything(page: Page): Promise<void> {
  const { tab } = page as Page & { tab: Tab };
  await tab.evaluate(() => void (location.hash = "#/storage"));
  await tab.waitForSelector(`${id("offline-fetch")}[aria-disabled="false"]`);
  await tab.waitForSelector(`${id("offline-part")}[data-part="models"]`);
  await press(tab, "offline-fetch");
  await allKept(tab);
}

/** Presses a button, wherever the page has moved it meanwhile. */
export async function press(tab: Tab, name: string): Promise<void> {
  await tab.$eval(id(name), (it) => (it as HTMLElement).click());
}

export async function allKept(tab: Tab): Promise<void> {
  await tab.waitForFunction(
    (part) => {
      const parts = [...document.querySelectorAll<HTMLElement>(part)];
      return parts.length > 1 && parts.every((it) => "kept" in it.dataset);
    },
    {},
    id("offline-part"),
  );
}
