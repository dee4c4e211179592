/** A run over time: read with mouse, keys and without eyes, saved for profilers, and left in the browser's own. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { Demo, id } from "./demo-page.ts";
import { type Bench, eachEngine } from "./harness/index.ts";

const ENDLESS = `from remotemedia import Node

class Endless(Node):
    def process(self, data):
        self.log("begins")
        while True:
            pass
`;

eachEngine("trace", suite, { engines: ["chromium", "firefox"] });

/** What is focused: its lane, and what is read of it. */
function focused(
  demo: Demo,
): Promise<{ lane: string | undefined; label: string | null; tip: string | null }> {
  return demo.page.evaluate(() => {
    const item = document.activeElement!;
    const tip = document.querySelector<HTMLElement>("[data-testid=trace-tip]")!;
    return {
      lane: item.closest<HTMLElement>("[data-lane]")?.dataset["lane"],
      label: item.getAttribute("aria-label"),
      tip: tip.hidden ? null : tip.textContent,
    };
  });
}

/** Where a node's work is drawn on its track: its start and end as shares of the track's width. */
function drawn(demo: Demo, lane: string): Promise<[number, number]> {
  return demo.page.evaluate((lane) => {
    const track = document.querySelector(`[data-lane="${lane}"] .trace-track`)!.getBoundingClientRect();
    const work = document.querySelector(`[data-lane="${lane}"] .trace-span`)!.getBoundingClientRect();
    return [(work.left - track.left) / track.width, (work.right - track.left) / track.width];
  }, lane);
}

function lanes(demo: Demo): Promise<string[]> {
  return demo.tab.$$eval(id("trace-lane"), (all) => all.map((it) => (it as HTMLElement).dataset["lane"]!));
}

function suite(bench: Bench): void {
  test("there is no trace before a run; then a lane for the run and for every node, none wider than the page", async () => {
    const demo = await Demo.open(bench);
    assert.equal(await demo.isShown("trace"), false);
    assert.equal(await demo.run(), "done", await demo.text("error"));
    assert.equal(await demo.isShown("trace"), true);
    const found = (await lanes(demo)).filter((it) => it !== "Start-up");
    assert.deepEqual(found, ["Run", "multiply", "add"]);
    assert.match(await demo.text("trace-summary"), /^[\d.,]+ m?s, \d lanes, \d moments$/);
    for (const width of [360, 768, 1440, 3840]) {
      await demo.tab.setViewport({ width, height: 900 });
      const surplus = await demo.page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
      assert.ok(surplus <= 0, `${surplus} pixels too wide at ${width}`);
    }
    assert.deepEqual(await demo.complaints(), []);
  });

  test("keys go from one thing to the next, and say of each what a mouse is told", async () => {
    const demo = await Demo.open(bench);
    assert.equal(await demo.run(), "done", await demo.text("error"));
    await demo.tab.focus(`[data-lane=Run] .trace-item[tabindex="0"]`);
    const { keyboard } = demo.tab;
    const start = await focused(demo);
    assert.match(start.label!, /^Run\. Run \(done\)\. .* by the events' arrival\./);
    assert.equal(start.tip, start.label);
    await keyboard.press("End");
    assert.match((await focused(demo)).label!, /^Run\. Done\. At /);
    await keyboard.press("ArrowLeft");
    assert.equal((await focused(demo)).lane, "Run");
    for (let presses = 0; (await focused(demo)).lane !== "add"; presses += 1) {
      assert.ok(presses < 5, "the lane was not reached");
      await keyboard.press("ArrowDown");
    }
    const work = await focused(demo);
    assert.match(work.label!, /^add\. (Work \(done\)|First result)\./);
    assert.equal(work.tip, work.label);
    await keyboard.press("Escape");
    assert.equal((await focused(demo)).tip, null);

    const multiply = `[data-lane=multiply] .trace-span`;
    const label = await demo.tab.$eval(multiply, (it) => it.getAttribute("aria-label"));
    await demo.tab.locator(multiply).hover();
    assert.equal(await demo.text("trace-tip"), label);
  });

  test("Enter, a dragged mouse, a wheel and buttons change what is shown, and All brings the whole back", async () => {
    const demo = await Demo.open(bench);
    assert.equal(await demo.run(), "done", await demo.text("error"));
    const [left, right] = await drawn(demo, "add");
    const whole = async (): Promise<void> => {
      await demo.click("trace-whole");
      const [from, to] = await drawn(demo, "add");
      assert.ok(Math.abs(from - left) < 0.01 && Math.abs(to - right) < 0.01, `${from} ${to}`);
    };
    await demo.click("trace-in");
    const [near, far] = await drawn(demo, "Run");
    assert.ok(near <= 0 && far >= 1, `${near} ${far}`);
    await demo.click("trace-later");
    await demo.click("trace-out");
    await whole();

    await demo.tab.focus("[data-lane=add] .trace-output");
    await demo.tab.keyboard.press("Enter");
    const [from, to] = await drawn(demo, "Run");
    assert.ok(from < 0 || to > 1, `${from} ${to}`);
    const isSeen = await demo.page.evaluate(() => {
      const { left, right } = document.activeElement!.parentElement!.getBoundingClientRect();
      const item = document.activeElement!.getBoundingClientRect();
      return item.left >= left - 6 && item.right <= right + 6;
    });
    assert.ok(isSeen, "what was entered is out of sight");
    await demo.tab.keyboard.press("0");
    await whole();

    const track = (await (await demo.tab.$("[data-lane=multiply] .trace-track"))!.boundingBox())!;
    const { mouse } = demo.tab;
    // At its very beginning the node has not worked yet.
    await mouse.move(track.x + 2, track.y + track.height / 2);
    await mouse.down();
    await mouse.move(track.x + 60, track.y + 4, { steps: 3 });
    await mouse.up();
    const [, end] = await drawn(demo, "Run");
    assert.ok(end >= 1, `${end}`);
    assert.equal(await demo.tab.$eval(".trace-choice", (it) => (it as HTMLElement).hidden), true);
    await whole();

    await demo.page.evaluate(() => {
      const it = document.querySelector(".timeline")!;
      const { left, width, top } = it.getBoundingClientRect();
      const place = { clientX: left + width / 2, clientY: top + 30, deltaY: -90, ctrlKey: true };
      it.dispatchEvent(new WheelEvent("wheel", { ...place, bubbles: true, cancelable: true }));
    });
    assert.ok((await drawn(demo, "Run"))[1] >= 1);
    await whole();
  });

  test("the table says in words all that the timeline shows", async () => {
    const demo = await Demo.open(bench);
    assert.equal(await demo.run(), "done", await demo.text("error"));
    const shown = await demo.tab.$$eval(".trace-item", (all) => all.length);
    await demo.tab.$eval(id("trace-as-table"), (it) => (it as HTMLElement).click());
    const rows = await demo.tab.$$eval(`${id("trace-table")} tbody tr`, (all) =>
      all.map((row) => [...row.children].map((it) => it.textContent)),
    );
    assert.equal(rows.length, shown);
    const work = rows.find(([, , lane, what]) => lane === "add" && what === "Work (done)");
    assert.match(work![5]!, /^3 items; busy for .* of run; p50 .*; \d+ B in, \d+ B out$/);
    assert.equal(work![4], "arrival of events");
    assert.ok(rows.some(([, , , , how]) => how === "measured"));
    assert.equal(await demo.isShown("timeline"), false);
  });

  test("the download is a trace that profilers read", async () => {
    const demo = await Demo.open(bench);
    await demo.click("example-mixed");
    assert.equal(await demo.run(), "done", await demo.text("error"));
    const { name, bytes } = await demo.saved(() => demo.click("trace-download"));
    assert.equal(name, "trace.json");
    const trace = JSON.parse(Buffer.from(bytes).toString()) as {
      traceEvents: { ph: string; name: string; ts: number; dur?: number; args?: { name?: string } }[];
    };
    const threads = trace.traceEvents.filter((it) => it.name === "thread_name").map((it) => it.args?.name);
    for (const lane of ["Run", "multiply", "text"]) assert.ok(threads.includes(lane), threads.join());
    for (const { ph, ts, dur } of trace.traceEvents) {
      assert.ok("MXiC".includes(ph) && Number.isInteger(ts) && ts >= 0, `${ph} ${ts}`);
      assert.equal(ph === "X", dur !== undefined);
    }
  });

  test("the browser's own timeline has the last run, and does not grow from run to run", async () => {
    const demo = await Demo.open(bench);
    const entries = () =>
      demo.page.evaluate(() =>
        [...performance.getEntriesByType("measure"), ...performance.getEntriesByType("mark")].flatMap(
          (it) => {
            const { devtools } = ((it as PerformanceMark).detail ?? {}) as {
              devtools?: { trackGroup?: string };
            };
            return it.name.startsWith("RemoteMedia: ")
              ? [`${it.entryType} ${it.name} ${devtools?.trackGroup}`]
              : [];
          },
        ),
      );
    assert.deepEqual(await entries(), []);
    assert.equal(await demo.run(), "done", await demo.text("error"));
    const first = await entries();
    assert.ok(first.includes("measure RemoteMedia: add: Work (done) RemoteMedia"), first.join("\n"));
    assert.ok(first.includes("mark RemoteMedia: Run: Done undefined"), first.join("\n"));
    for (let runs = 0; runs < 3; runs += 1) assert.equal(await demo.run(), "done");
    const names = await entries();
    assert.equal(new Set(names).size, names.length);
    assert.ok(names.length <= first.length + 2, `${names.length} after ${first.length}`);
  });

  test("a run is seen while it works, and what was said, asked and ended are on its lanes", async () => {
    const demo = await Demo.open(bench);
    await demo.fill("python", ENDLESS);
    const nodes = [{ id: "loop", node_type: "Endless" }];
    const written = { version: "v1", metadata: { name: "test" }, nodes, connections: [] };
    await demo.fill("manifest", JSON.stringify(written));
    await demo.click("run");
    await demo.tab.waitForSelector(`[data-lane=loop] [aria-label^="loop. info: begins"]`);
    await demo.tab.waitForSelector(`[data-lane=Run] [aria-label^="Run. Run (running)"]`);
    await demo.click("cancel");
    assert.equal(await demo.over(), "cancelled");
    const said = await demo.tab.$$eval("[data-lane=Run] .trace-moment", (all) =>
      all.map((it) => it.getAttribute("aria-label")!.replace(/ At .*$/, "")),
    );
    assert.deepEqual(said, ["Run. The runtime began.", "Run. Cancelling was asked for.", "Run. Cancelled."]);
    // Another run begins anew.
    await demo.click("example-calculator");
    assert.equal(await demo.run(), "done", await demo.text("error"));
    assert.ok(!(await lanes(demo)).includes("loop"));
  });
}
