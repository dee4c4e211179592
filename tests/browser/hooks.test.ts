/** `remotemedia/react` and `remotemedia/vue`, in apps built with Vite: what a component shows of a run. */
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { build, SHOWN } from "./apps-kit.ts";
import { type Browser, chosenEngines, type Engine, launch, type Page, TestServer } from "./harness/index.ts";

/** What a panel tells; see `tests/apps/panel.js`. */
interface Told {
  status: string;
  done: number;
  fraction: number | null;
  said: string[];
  outputs: (number | string)[];
  error: string | null;
}

declare global {
  var seen: { statuses: string[]; givenUp: number };
}

/** A page with an app in it, as its user has it. */
class Panel {
  readonly page: Page;

  constructor(page: Page) {
    this.page = page;
  }

  click(id: string): Promise<void> {
    return this.page.evaluate((id) => document.getElementById(id)!.click(), id);
  }

  /** Waits, frame by frame, until there is what `look` looks for. */
  async until<T>(look: () => T | undefined, fits = (_found: T) => true): Promise<T> {
    for (;;) {
      const found = await this.page.evaluate(look);
      if (found !== undefined && found !== null && fits(found)) return found;
      await this.page.evaluate(() => new Promise<void>((resolve) => requestAnimationFrame(() => resolve())));
    }
  }

  /** Waits until the panel tells of a run in this state, with so many items done. */
  async told(status: string, done = 0): Promise<Told> {
    const text = await this.until(
      () => document.getElementById("told")?.textContent ?? undefined,
      (it) => (JSON.parse(it) as Told).status === status && (JSON.parse(it) as Told).done >= done,
    );
    return JSON.parse(text) as Told;
  }

  givenUp(): Promise<true> {
    return this.until(() => (seen.givenUp === 1 ? true : undefined));
  }
}

const ENGINES: readonly Engine[] = ["chromium", "firefox"];

for (const engine of chosenEngines().filter((it) => ENGINES.includes(it))) {
  for (const app of ["react", "vue"] as const) {
    describe(`hooks of ${app} (${engine})`, () => {
      let browser: Browser;
      let server: TestServer;
      let last: Page | undefined;
      before(async () => {
        server = await TestServer.start();
        server.mount("/", await build(app));
        browser = await launch(engine);
      });
      after(async () => {
        await browser.close();
        await server.close();
      });

      const open = async (query = "", runtime = "ready"): Promise<Panel> => {
        await last?.close();
        last = await browser.newPage();
        await last.goto(server.url(`/${query}`));
        const panel = new Panel(last);
        // By then React has mounted everything for the second time, which it does in strict mode.
        const shown = () => document.getElementById("runtime")?.textContent ?? undefined;
        await panel.until(shown, (it) => it === runtime);
        return panel;
      };

      test("a run goes from idle over starting and running to done, with progress and outputs", async () => {
        const panel = await open();
        const idle = { status: "idle", done: 0, fraction: null, said: [], outputs: [], error: null };
        assert.deepEqual(await panel.told("idle"), idle);
        await panel.click("good");
        const done = { ...idle, status: "done", done: 2, fraction: 1, outputs: [15, 21] };
        assert.deepEqual(await panel.told("done"), done);
        const { statuses } = await panel.page.evaluate(() => seen);
        assert.deepEqual(statuses, ["idle", "starting", "running", "done"]);
      });

      test("what is wrong is told as an error, and the next run is free of it", async () => {
        const panel = await open();
        await panel.click("bad");
        assert.equal((await panel.told("failed")).error, "UnknownNode");
        await panel.click("good");
        const { outputs, error } = await panel.told("done");
        assert.deepEqual([outputs, error], [[15, 21], null]);
      });

      test("progress and outputs come while it runs, until it is cancelled", async () => {
        const panel = await open();
        await panel.click("long");
        const { outputs, fraction, error } = await panel.told("running", 3);
        assert.deepEqual([outputs, fraction, error], [[3, 6, 9], null, null]);
        await panel.click("cancel");
        assert.equal((await panel.told("cancelled")).error, "Cancelled");
        await panel.givenUp();
      });

      test("what speech gives provisionally is there once for each segment, as it is now", async () => {
        const panel = await open();
        await panel.click("speech");
        const { said, outputs } = await panel.told("done");
        assert.deepEqual([said, outputs], [[SHOWN.speech], [SHOWN.speech]]);
      });

      test("a new run takes the place of the one before", async () => {
        const panel = await open();
        await panel.click("long");
        await panel.told("running", 1);
        await panel.click("good");
        assert.deepEqual((await panel.told("done")).outputs, [15, 21]);
        await panel.givenUp();
      });

      for (const query of ["", "?shared"]) {
        test(`unmounting cancels the run, in a runtime ${query ? "that is shared" : "of its own"}`, async () => {
          const panel = await open(query);
          await panel.click("long");
          await panel.told("running", 1);
          await panel.click("toggle");
          await panel.givenUp();
          assert.equal(await panel.page.evaluate(() => document.getElementById("told")), null);
          await panel.click("toggle");
          await panel.told("idle");
          await panel.click("good");
          assert.deepEqual((await panel.told("done")).outputs, [15, 21]);
        });
      }

      test("nothing is complained of, and a runtime that cannot start says why", async () => {
        const panel = await open();
        await panel.click("good");
        await panel.told("done");
        const complaints = (await panel.page.log()).filter((it) => /^(error|uncaught|warn)/.test(it));
        assert.deepEqual(complaints, []);
        await open("?assets=./nowhere/", "failed");
      });
    });
  }
}
