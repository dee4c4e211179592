/** A front end in Rust, main-thread/examples/yew, as its user drives it: the bridge of gloo-worker in a real browser. */
import assert from "node:assert/strict";
import { test } from "node:test";
import type { Page as Tab } from "puppeteer-core";
import { type Bench, eachEngine, type Page } from "./harness/index.ts";
import { chain } from "./kit.ts";

/** Workers that the page has made; see {@link keepWorkers}. */
declare global {
  var made: { worker: Worker; path: string }[];
}

/** In the page, before the app: nothing else shows what gloo-worker makes. */
function keepWorkers(): void {
  globalThis.made = [];
  globalThis.Worker = class extends Worker {
    constructor(...args: ConstructorParameters<typeof Worker>) {
      super(...args);
      globalThis.made.push({ worker: this, path: new URL(args[0], location.href).pathname });
    }
  };
}

/** In the page: gives one end of the bridge a message, lists of numbers being bytes. */
function send(side: "page" | "worker", message: unknown): void {
  const data: unknown = Array.isArray(message)
    ? message.map((it: unknown) => (Array.isArray(it) ? Uint8Array.from(it as number[]) : it))
    : message;
  const { worker } = globalThis.made.at(-1)!;
  if (side === "worker") worker.postMessage(data);
  else worker.dispatchEvent(new MessageEvent("message", { data }));
}

/** The app. */
class App {
  private constructor(
    readonly page: Page,
    readonly tab: Tab,
  ) {}

  /** Loads the app, which is up when it is `ready`; without the file `missing`. */
  static async load(bench: Bench, options: { isolated?: boolean; missing?: string } = {}): Promise<App> {
    const page = await bench.open("/blank.html", options);
    if (options.missing !== undefined) bench.server.fault(options.missing, { status: 404 });
    const { tab } = page as Page & { tab: Tab };
    await tab.evaluateOnNewDocument(keepWorkers);
    await page.goto(bench.server.url("/yew/"));
    return new App(page, tab);
  }

  static async open(bench: Bench, options: { isolated?: boolean } = {}): Promise<App> {
    const app = await App.load(bench, options);
    assert.equal(await app.reaches("ready", "failed"), "ready", (await app.lines("complaints")).join("\n"));
    return app;
  }

  /** Runs Python that never ends. */
  async spin(): Promise<void> {
    await this.fill("python", PYTHON);
    await this.fill("manifest", JSON.stringify(chain("Spin")));
    await this.click("run");
    await this.hears(/spinning/);
  }

  async reaches(...states: string[]): Promise<string> {
    const selector = states.map((state) => `main[data-state="${state}"]`).join(", ");
    const main = await this.tab.waitForSelector(selector, { timeout: 120_000 });
    return main!.evaluate((it) => it.getAttribute("data-state")!);
  }

  /** Replaces a field's text, as pasting does. */
  async fill(name: string, text: string): Promise<void> {
    await this.tab.$eval(
      `#${name}`,
      (field, text) => {
        (field as HTMLTextAreaElement).select();
        document.execCommand("insertText", false, text);
      },
      text,
    );
  }

  async click(name: string): Promise<void> {
    await this.tab.locator(`#${name}:enabled`).click();
  }

  lines(name: string): Promise<string[]> {
    return this.tab.$$eval(`#${name} > li`, (items) => items.map((it) => it.textContent ?? ""));
  }

  /** Waits for a line that `pattern` fits. */
  async hears(pattern: RegExp): Promise<void> {
    await this.tab.waitForFunction(
      (source) => new RegExp(source).test(document.querySelector("#complaints")?.textContent ?? ""),
      { timeout: 120_000 },
      pattern.source,
    );
  }
}

const PYTHON = `
from remotemedia import Node, node

@node()
def shout(text: str) -> str:
    return text.upper() + "!"

class Spin(Node):
    def process(self, data):
        print("spinning")
        while True:
            pass

class Break(Node):
    def process(self, data):
        raise ValueError("no such thing as " + str(data))
`;

eachEngine(
  "front end in Rust",
  (bench) => {
    test("a pipeline runs to its results, and every node's progress is seen", async () => {
      const app = await App.open(bench);
      await app.click("run");
      assert.equal(await app.reaches("done", "failed"), "done");
      assert.deepEqual(await app.lines("outputs"), ["20", "24", "16"]);
      const bars = await app.tab.$$eval("#nodes > li", (rows) =>
        rows.map((row) => [row.textContent, row.querySelector("progress")?.value]),
      );
      assert.deepEqual(bars, [
        ["double  3", 1],
        ["add  3", 1],
      ]);
      assert.deepEqual(await app.lines("complaints"), []);
      // The second run is a run like the first.
      await app.fill("inputs", "[1.5]");
      await app.click("run");
      await app.tab.waitForFunction(() => document.querySelector("#outputs")?.textContent === "13");
    });

    test("nothing of the runtime is in the page: its one worker has the others", async () => {
      const app = await App.open(bench);
      await app.click("run");
      await app.reaches("done");
      const made = await app.tab.evaluate(() => globalThis.made.map(({ path }) => path));
      assert.deepEqual([...new Set(made)], ["/remotemedia/pipelines-worker.js"]);
      assert.ok(bench.server.requests.includes("/remotemedia/runtime-worker.js"));
    });

    test("a manifest's defects are all told, asked for or run", async () => {
      const app = await App.open(bench);
      await app.fill("manifest", JSON.stringify(chain("NoSuchNode", ["AddNode", { addend: "x" }])));
      await app.click("check");
      await app.hears(/NoSuchNode/);
      const checked = (await app.lines("complaints")).sort();
      assert.deepEqual(
        checked.map((line) => line.split(":")[0]),
        ["InvalidManifest /nodes/1/params/addend", "UnknownNode /nodes/0/node_type"],
      );
      await app.click("run");
      assert.equal(await app.reaches("done", "failed"), "failed");
      const [first, ...others] = await app.lines("complaints");
      assert.match(first!, /^InvalidManifest: /);
      assert.deepEqual(others.sort(), checked);
      await app.fill("manifest", JSON.stringify(chain("AddNode")));
      await app.click("check");
      await app.hears(/no problems/);
    });

    test("Python nodes are learned and run; what they raise names the node", async () => {
      const app = await App.open(bench);
      await app.fill("python", PYTHON);
      await app.fill("manifest", JSON.stringify(chain("shout")));
      await app.fill("inputs", '["it runs", "é"]');
      await app.click("run");
      assert.equal(await app.reaches("done", "failed"), "done", (await app.lines("complaints")).join("\n"));
      assert.deepEqual(await app.lines("outputs"), ['"IT RUNS!"', '"É!"']);
      await app.fill("manifest", JSON.stringify(chain("Break")));
      await app.click("run");
      assert.equal(await app.reaches("failed"), "failed");
      assert.match((await app.lines("complaints"))[0]!, /^NodeFailed: `break` .*no such thing as it runs/);
    });

    for (const isolated of [true, false]) {
      test(`endless Python is cancelled ${isolated ? "with" : "without"} isolation, and the next run runs`, async () => {
        const app = await App.open(bench, { isolated });
        await app.spin();
        await app.click("cancel");
        assert.equal(await app.reaches("cancelled", "failed", "done"), "cancelled");
        assert.deepEqual((await app.lines("complaints")).slice(1), ["Cancelled: the run was cancelled"]);
        await app.fill("manifest", JSON.stringify(chain("AddNode")));
        await app.click("run");
        assert.equal(await app.reaches("done", "failed"), "done");
      });
    }

    test("a worker that was ended is noticed, and the run fails", async () => {
      const app = await App.open(bench);
      await app.spin();
      await app.tab.evaluate(() => globalThis.made.at(-1)!.worker.terminate());
      assert.equal(await app.reaches("failed"), "failed");
      assert.match((await app.lines("complaints")).at(-1)!, /^WorkerCrashed: .*was ended from outside/);
    });

    for (const side of ["page", "worker"] as const) {
      test(`bytes for the ${side} that are no message are an error and no panic`, async () => {
        for (const [what, garbage] of [
          ["no array", 7],
          ["no bytes", ["x"]],
          ["not ours", [[1, 2, 3]]],
          ["another build", [[82, 71, side === "page" ? 1 : 0, 0, 0, 0, 9, 9, 9, 9, 9, 9, 9, 9, 0]]],
        ] as const) {
          const app = await App.open(bench);
          await app.tab.evaluate(send, side, garbage);
          await app.click("run");
          assert.equal(await app.reaches("failed"), "failed", what);
          assert.match((await app.lines("complaints")).at(-1)!, /^ProtocolMismatch: /, what);
          const panics = (await app.page.log()).filter((line) => /panic|unreachable|RuntimeError/.test(line));
          assert.deepEqual(panics, [], what);
        }
      });
    }

    test("what is missing of the bundle is told", async () => {
      for (const [file, pattern] of [
        ["/remotemedia/pipelines-worker.js", /LoadFailed: .*pipelines-worker\.js is missing/],
        ["/remotemedia/pipelines.wasm", /StartFailed: .*pipelines\.wasm/],
        ["/remotemedia/runtime-worker.js", /LoadFailed: .*runtime-worker\.js is missing/],
      ] as const) {
        const app = await App.load(bench, { missing: file });
        await app.hears(pattern);
        assert.equal(await app.reaches("failed"), "failed");
      }
    });
  },
  // Not in Firefox: `new Worker` in a worker now and then does not come back there, seen in one of about six runs of all this
  // with Firefox ESR 153; docs/src/rust-front-ends.md says what that means for users.
  { engines: ["chromium"] },
);
