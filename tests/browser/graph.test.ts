/** The drawn pipeline: placed, alive while it runs, walked with the keyboard, read without eyes. */
import assert from "node:assert/strict";
import { readdir } from "node:fs/promises";
import { test } from "node:test";
import { Demo, id } from "./demo-page.ts";
import { type Bench, eachEngine } from "./harness/index.ts";

const SITE = new URL("../../dist/site/assets/", import.meta.url);

function manifest(nodes: [id: string, type?: string, params?: object][], ...edges: string[]): string {
  const connections = edges.map((it) => it.split(">")).map(([from, to]) => ({ from, to }));
  const written = nodes.map(([id, node_type, params]) => ({ id, node_type, params }));
  return JSON.stringify({ version: "v1", metadata: { name: "test" }, nodes: written, connections }, null, 2);
}

/** One source, three ways, one sink. */
const FAN = manifest(
  [
    ["source", "MultiplyNode", { factor: 2 }],
    ["left", "PassThrough"],
    ["middle", "PassThrough"],
    ["right", "PassThrough"],
    ["join", "PassThrough"],
  ],
  ..."source>left source>middle source>right left>join middle>join right>join".split(" "),
);

const ENDLESS = `from remotemedia import Node

class Endless(Node):
    def process(self, data):
        while True:
            pass
`;

const BROKEN = `from remotemedia import Node

class Breaks(Node):
    def process(self, data):
        self.log("about to divide", "warn")
        return data / 0
`;

eachEngine("graph", suite, { engines: ["chromium", "firefox"] });
eachEngine("graph without motion", still, { engines: ["chromium"] });

/** A rectangle on the page. */
interface Box {
  x: number;
  y: number;
  width: number;
  height: number;
}

/** The graph as it is drawn: its direction, and where its cards are. */
async function drawn(demo: Demo, count: number): Promise<{ layout: string; cards: Map<string, Box> }> {
  await demo.tab.waitForFunction((n) => document.querySelectorAll(".node-placed").length === n, {}, count);
  const found = await demo.page.evaluate(() => {
    const cards = [...document.querySelectorAll<HTMLElement>("[data-testid=node]")].map((card) => {
      const { x, y, width, height } = card.getBoundingClientRect();
      return [card.dataset["node"]!, { x, y, width, height }] as [string, Box];
    });
    return { cards, layout: document.querySelector<HTMLElement>("[data-testid=graph]")!.dataset["layout"]! };
  });
  return { layout: found.layout, cards: new Map(found.cards) };
}

function focused(demo: Demo): Promise<string | undefined> {
  return demo.page.evaluate(() => document.activeElement?.closest<HTMLElement>(".node")?.dataset["node"]);
}

/** Presses a node, and waits for its details. */
async function open(demo: Demo, node: string): Promise<void> {
  const button = `[data-node="${node}"] button`;
  // Out from under the controls, which stay where they are while the page scrolls.
  await demo.tab.$eval(button, (it) => it.scrollIntoView({ block: "center" }));
  await demo.tab.locator(button).click();
  await detailed(demo, node);
}

/** Waits until the details of a node are shown. */
async function detailed(demo: Demo, node: string): Promise<void> {
  const title = (node: string): boolean =>
    document.querySelector("[data-testid=details]:not([hidden]) h3")?.textContent === node;
  await demo.tab.waitForFunction(title, {}, node);
}

function overlap(a: Box, b: Box): boolean {
  return a.x < b.x + b.width && b.x < a.x + a.width && a.y < b.y + b.height && b.y < a.y + a.height;
}

function suite(bench: Bench): void {
  const button = (node: string): string => `[data-node="${node}"] button`;

  test("cards lie apart, across where there is room and down on a telephone, and nothing is wider than the page", async () => {
    const demo = await Demo.open(bench);
    await demo.fill("manifest", FAN);
    for (const [width, layout] of [
      [1440, "across"],
      [3840, "across"],
      [360, "down"],
    ] as const) {
      await demo.tab.setViewport({ width, height: 900 });
      await demo.tab.waitForSelector(`${id("graph")}[data-layout=${layout}]`);
      const { cards } = await drawn(demo, 5);
      const boxes = [...cards.values()];
      const hit = boxes.filter((box, index) => boxes.slice(index + 1).some((it) => overlap(box, it)));
      assert.deepEqual(hit, [], `at ${width}`);
      const [source, left, right, join] = ["source", "left", "right", "join"].map((it) => cards.get(it)!);
      const [ahead, beside] = layout === "across" ? (["x", "y"] as const) : (["y", "x"] as const);
      assert.ok(source![ahead] < left![ahead] && left![ahead] < join![ahead], `at ${width}`);
      assert.ok(left![beside] < right![beside], `at ${width}`);
      assert.equal(await demo.tab.$$eval(`${id("edge")} path`, (all) => all.length), 12);
      const surplus = await demo.page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
      assert.ok(surplus <= 0, `${surplus} pixels too wide at ${width}`);
    }
    assert.deepEqual(await demo.complaints(), []);
  });

  test("a connection shows what waits on it, until nothing does", async () => {
    const demo = await Demo.open(bench);
    await demo.fill("python", ENDLESS);
    await demo.fill(
      "manifest",
      manifest(
        [
          ["give", "PassThrough"],
          ["loop", "Endless"],
        ],
        "give>loop",
      ),
    );
    await demo.fill("inputs", JSON.stringify(Array.from({ length: 12 }, (_, index) => index)));
    await demo.click("run");
    await demo.tab.waitForSelector(`${id("edge")}[data-from=give][data-to=loop][data-items="12"]`);
    assert.equal(await demo.tab.$eval(".wire-label", (it) => it.textContent), "12");
    await open(demo, "loop");
    assert.match(await demo.text("details-links"), /Takes from give: 12 items \(.*\) waiting, 12 at most/);
    await demo.click("cancel");
    assert.equal(await demo.over(), "cancelled");
    await demo.tab.waitForSelector(`${id("edge")}[data-items="0"]`);
    assert.match(await demo.text("details-links"), /0 items \(0 B\) waiting, 12 at most/);
  });

  test("a run leaves its figures on every card, and all of them in its details", async () => {
    const demo = await Demo.open(bench);
    assert.equal(await demo.run(), "done", await demo.text("error"));
    for (const { figures } of await demo.nodes()) {
      assert.match(figures, /^3 items.* % of run.* busy$/);
    }
    await open(demo, "multiply");
    const details = await demo.text("details");
    assert.match(details, /multiply.*MultiplyNode, in Rust/);
    assert.match(details, /"factor": 2/);
    assert.match(await demo.text("details-figures"), /Busy share.*p50 per item.*p95 per item.*Bytes in48 B/);
    await demo.tab.locator(`${id("details-links")} button`).click();
    await detailed(demo, "add");
    assert.match(await demo.text("details"), /^add/);
    assert.equal(await focused(demo), "add");
    await demo.click("details-close");
    await demo.tab.waitForSelector(`${id("details")}[hidden]`);
  });

  test("arrow keys follow the connections, Enter opens a node, and other keys change the size", async () => {
    const demo = await Demo.open(bench);
    await demo.tab.setViewport({ width: 1440, height: 900 });
    await demo.fill("manifest", FAN);
    await drawn(demo, 5);
    await demo.tab.focus(button("source"));
    const { keyboard } = demo.tab;
    for (const [key, node] of [
      ["ArrowRight", "middle"],
      ["ArrowDown", "right"],
      ["ArrowRight", "join"],
      ["ArrowLeft", "middle"],
      ["ArrowUp", "left"],
      ["Home", "source"],
      ["End", "join"],
      ["ArrowRight", "join"],
    ] as const) {
      await keyboard.press(key);
      assert.equal(await focused(demo), node, key);
    }
    await keyboard.press("Enter");
    assert.match(await demo.text("details"), /^join/);
    assert.equal(await demo.tab.$eval(button("join"), (it) => it.getAttribute("aria-expanded")), "true");
    await keyboard.press("Enter");
    assert.equal(await demo.isShown("details"), false);

    const scale = async (): Promise<number> => Number.parseInt(await demo.text("graph-scale"), 10);
    const fitting = await scale();
    await keyboard.press("+");
    const larger = await scale();
    assert.ok(larger > fitting, `${larger} ${fitting}`);
    await keyboard.press("-");
    assert.ok((await scale()) < larger);
    await keyboard.press("0");
    assert.ok(Math.abs((await scale()) - fitting) <= 1);
    // Tab leaves the graph: it is one stop, however many nodes it has.
    await keyboard.press("Tab");
    assert.equal(await focused(demo), undefined);
  });

  test("what is wrong is marked on its node, and leads to its place in the manifest", async () => {
    const demo = await Demo.open(bench);
    const nodes: [string, string?, object?][] = [
      ["a", "MultiplyNode", { factor: "3" }],
      ["b", "Nonsense"],
      ["c"],
    ];
    await demo.fill("manifest", manifest(nodes, "a>b", "b>nowhere", "c>c"));
    await drawn(demo, 4);
    await demo.tab.waitForSelector(`${id("node")}[data-fault]`);
    const marked = await demo.tab.$$eval(`${id("node")}[data-fault]`, (all) =>
      all.map((it) => (it as HTMLElement).dataset["node"]).toSorted(),
    );
    assert.deepEqual(marked, ["a", "b", "c", "nowhere"]);
    assert.equal(await demo.tab.$$eval("[data-missing]", (all) => all.length), 1);
    await open(demo, "b");
    await demo.tab.locator(`${id("details-trouble")} button ::-p-text(Nonsense)`).click();
    const selected = await demo.page.evaluate(() => {
      const field = document.activeElement;
      if (!(field instanceof HTMLTextAreaElement)) return String(getSelection());
      return field.value.slice(field.selectionStart, field.selectionEnd);
    });
    assert.equal(selected, '"Nonsense"');
    // While a text cannot be read, what could be read last stays.
    await demo.fill("manifest", '{ "nodes": [');
    await demo.tab.waitForSelector(`${id("manifest-problems")} li`);
    await drawn(demo, 4);
  });

  test("the node that failed is marked, and its traceback is one click away", async () => {
    const demo = await Demo.open(bench);
    await demo.fill("python", BROKEN);
    const nodes: [string, string][] = [
      ["double", "MultiplyNode"],
      ["half", "Breaks"],
    ];
    await demo.fill("manifest", manifest(nodes, "double>half"));
    assert.equal(await demo.run(), "failed");
    await demo.tab.waitForSelector(`${id("node")}[data-node=half][data-state=failed]`);
    await demo.click("error-node");
    await detailed(demo, "half");
    assert.equal(await focused(demo), "half");
    const details = await demo.text("details");
    assert.match(details, /^half.*NodeFailed: .*ZeroDivisionError.*Traceback.*line 6, in process/s);
    assert.match(details, /warn.*about to divide/);
  });

  test("two hundred nodes are placed, seen at once, and reached by one key", async () => {
    const demo = await Demo.open(bench);
    const nodes = Array.from({ length: 200 }, (_, index): [string, string] => [`n${index}`, "PassThrough"]);
    const edges = nodes.slice(1).map(([to], index) => `n${Math.max(0, index - ((index * 7) % 5))}>${to}`);
    // In one line: browsers take minutes to insert thousands.
    await demo.fill("manifest", JSON.stringify(JSON.parse(manifest(nodes, ...edges))));
    await drawn(demo, 200);
    await demo.click("zoom-fit");
    const sight = () =>
      demo.page.evaluate(() => {
        const box = document.querySelector(".graph-box")!.getBoundingClientRect();
        return [...document.querySelectorAll("[data-testid=node]")].filter((card) => {
          const { top, left, bottom, right } = card.getBoundingClientRect();
          return top >= box.top && left >= box.left && bottom <= box.bottom + 1 && right <= box.right + 1;
        }).length;
      });
    assert.equal(await sight(), 200);
    await demo.tab.focus(button("n0"));
    for (let presses = 0; presses < 12; presses += 1) await demo.tab.keyboard.press("+");
    await demo.tab.keyboard.press("End");
    const node = (await focused(demo))!;
    const isSeen = await demo.tab.$eval(`[data-node="${node}"]`, (card) => {
      const [box, { top, left }] = [
        document.querySelector(".graph-box")!.getBoundingClientRect(),
        card.getBoundingClientRect(),
      ];
      return top >= box.top - 1 && top < box.bottom && left >= box.left - 1 && left < box.right;
    });
    assert.ok(isSeen, `${node} is out of sight`);
    assert.equal(await demo.run(), "done", await demo.text("error"));
    assert.ok((await demo.nodes()).every((it) => it.state === "done"));
  });

  test("a wheel with Control changes the size, a mouse drags the paper", async () => {
    const demo = await Demo.open(bench);
    await demo.fill("manifest", FAN);
    await drawn(demo, 5);
    const box = (await (await demo.tab.$(".graph-box"))!.boundingBox())!;
    const before = await demo.text("graph-scale");
    await demo.page.evaluate(() => {
      const it = document.querySelector(".graph-box")!;
      const { left, top } = it.getBoundingClientRect();
      for (let turns = 0; turns < 8; turns += 1) {
        const place = { clientX: left + 200, clientY: top + 100, deltaY: -60, ctrlKey: true };
        it.dispatchEvent(new WheelEvent("wheel", { ...place, bubbles: true, cancelable: true }));
      }
      it.scrollTo(100, 100);
    });
    assert.notEqual(await demo.text("graph-scale"), before);
    const paper = await demo.page.evaluate(() => {
      const { left, right, top, bottom } = document.querySelector(".graph-box")!.getBoundingClientRect();
      for (let y = Math.max(top, 0) + 5; y < Math.min(bottom, innerHeight) - 20; y += 5)
        for (let x = left + 5; x < right - 20; x += 5)
          if (document.elementFromPoint(x, y)?.closest(".graph-field, .node")?.className === "graph-field")
            return { x, y };
      return undefined;
    });
    assert.ok(paper, "all of the box is covered by cards");
    const { mouse } = demo.tab;
    await mouse.move(paper.x, paper.y);
    await mouse.down();
    await mouse.move(paper.x - 40, paper.y - 30, { steps: 4 });
    await mouse.up();
    const scroll = await demo.tab.$eval(".graph-box", (it) => [it.scrollLeft, it.scrollTop]);
    assert.deepEqual(scroll, [140, 130]);
    assert.ok(box.width > 0);
  });

  test("without eyes the graph is a list in which every node says what it is connected to", async () => {
    const demo = await Demo.open(bench);
    await demo.fill("manifest", FAN);
    await drawn(demo, 5);
    const told = await demo.tab.$$eval(`.graph ol[aria-label=Nodes] > li > button`, (all) =>
      all.map((it) => {
        const words = document.getElementById(it.getAttribute("aria-describedby")!)!.textContent;
        return `${it.textContent}: ${words}`;
      }),
    );
    assert.deepEqual(told, [
      "sourceMultiplyNode: Takes the inputs. Gives to left, middle, right.",
      "leftPassThrough: Takes from source. Gives to join.",
      "middlePassThrough: Takes from source. Gives to join.",
      "rightPassThrough: Takes from source. Gives to join.",
      "joinPassThrough: Takes from left, middle, right. Gives results.",
    ]);
  });

  test("where nothing can place the cards they are a list that shows the same", async () => {
    const script = (await readdir(SITE)).find((it) => /^layout-worker.*\.js$/.test(it));
    assert.ok(script, "the site has no script that places cards");
    const page = await bench.open("/blank.html");
    bench.server.fault(`/site/assets/${script}`, { status: 404 });
    await page.goto(bench.server.url("/site/"));
    const demo = await Demo.on(page);
    await demo.tab.waitForSelector(`${id("graph")}[data-layout=list]`);
    assert.equal(await demo.run(), "done", await demo.text("error"));
    assert.equal(await demo.states(), "multiply done, add done");
    await open(demo, "add");
    assert.match(await demo.text("details"), /^add/);
  });
}

function still(bench: Bench): void {
  test("who wants no motion gets none", async () => {
    const demo = await Demo.open(bench);
    await demo.tab.emulateMediaFeatures([{ name: "prefers-reduced-motion", value: "reduce" }]);
    await demo.fill("python", ENDLESS.replace("while", 'self.progress(1, 2, "seconds")\n        while'));
    await demo.fill("manifest", manifest([["loop", "Endless"]]));
    await demo.click("run");
    await demo.tab.waitForSelector(`${id("node")}[data-state=running]`);
    const [moving, transition] = await demo.page.evaluate(() => [
      document.getAnimations().length,
      getComputedStyle(document.querySelector(".bar-fill")!).transitionProperty,
    ]);
    assert.deepEqual([moving, transition], [0, "none"]);
    await demo.click("cancel");
    assert.equal(await demo.over(), "cancelled");
  });
}
