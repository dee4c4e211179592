/** The demo page, driven as its users do: by mouse, keyboard and files. */
import assert from "node:assert/strict";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import type { Page as Tab } from "puppeteer-core";
import { Demo, id } from "./demo-page.ts";
import { type Bench, eachEngine, type Page } from "./harness/index.ts";

function manifest(nodes: object[], connections: object[] = []): string {
  return JSON.stringify({ version: "v1", metadata: { name: "test" }, nodes, connections }, null, 2);
}

/** A mono recording of a sine at 48 kHz, 16 bits. */
function sine(amplitude: number, seconds: number): Buffer {
  const samples = Int16Array.from({ length: 48_000 * seconds }, (_, n) =>
    Math.round(32_767 * amplitude * Math.sin((2 * Math.PI * 440 * n) / 48_000)),
  );
  const header = Buffer.alloc(44);
  header.write("RIFF", 0);
  header.writeUInt32LE(36 + samples.byteLength, 4);
  header.write("WAVEfmt ", 8);
  [16, 0x0001_0001, 48_000, 96_000, 0x0010_0002].forEach((it, n) => header.writeUInt32LE(it, 16 + 4 * n));
  header.write("data", 36);
  header.writeUInt32LE(samples.byteLength, 40);
  return Buffer.concat([header, Buffer.from(samples.buffer)]);
}

const ENDLESS = `from remotemedia import Node

class Endless(Node):
    def process(self, data):
        print("never done with", data)
        while True:
            pass
`;

const BROKEN = `from remotemedia import Node

class Breaks(Node):
    def process(self, data):
        return self.divide(data)

    def divide(self, x):
        return x / 0
`;

eachEngine("demo", suite, { engines: ["chromium", "firefox"] });
// Its driver knows scripts only, so that here the page is clicked from within.
eachEngine("demo", scripted, { engines: ["webkit"] });

function suite(bench: Bench): void {
  let folder: string;
  before(async () => void (folder = await mkdtemp(join(tmpdir(), "remotemedia-"))));
  after(() => rm(folder, { recursive: true }));

  const examples: [string, unknown[], string][] = [
    ["calculator", [20, 24, 16], "multiply done, add done"],
    [
      "text",
      [
        {
          original_text: "Hello WASM",
          results: { uppercase: "HELLO WASM", word_count: 2 },
          processed_by: "TextProcessorNode[text1]",
        },
        {
          original_text: "Python in Browser",
          results: { lowercase: "python in browser", char_count: 17 },
          processed_by: "TextProcessorNode[text1]",
        },
      ],
      "text1 done",
    ],
    [
      "mixed",
      ["15", "21", "30"].map((text) => ({
        original_text: text,
        results: { uppercase: text, word_count: 1, char_count: 2 },
        processed_by: "TextProcessorNode[text]",
      })),
      "multiply done, text done",
    ],
  ];
  for (const [name, outputs, states] of examples) {
    test(`the example ${name} gives its documented results`, async () => {
      const demo = await Demo.open(bench);
      await demo.click(`example-${name}`);
      assert.equal(await demo.run(), "done", await demo.text("error"));
      assert.deepEqual(await demo.results(), outputs);
      assert.equal(await demo.states(), states);
      for (const node of await demo.nodes()) {
        assert.equal(node.bar, "100");
        assert.match(node.figures, new RegExp(`^${outputs.length} items.* busy$`));
      }
      assert.match(await demo.text("metrics"), /Total.*Python start.*p95/);
      assert.deepEqual(await demo.complaints(), []);
    });
  }

  for (const isolated of [true, false]) {
    test(`the built-in recording gives a curve of loudness, ${isolated ? "" : "not "}isolated`, async () => {
      const demo = await Demo.open(bench, { isolated });
      assert.match(await demo.text("capabilities"), isolated ? /^isolated/ : /^not isolated/);
      await demo.click("example-audio");
      await demo.tab.waitForSelector(`${id("recordings")} li`);
      assert.equal(await demo.run(), "done", await demo.text("error"));
      assert.match(await demo.text("chart"), /^loudness dBFS by second.*20 points/);
      const seconds = (await demo.results()) as { second: number; loudness_dBFS: number }[];
      assert.deepEqual(
        seconds.map((it) => it.second),
        [...Array(20).keys()],
      );
      assert.ok(seconds.every((it) => it.loudness_dBFS >= -96 && it.loudness_dBFS < 0));
      const [first, loud, pause] = [0, 8, 9].map((n) => seconds[n]!.loudness_dBFS) as [
        number,
        number,
        number,
      ];
      assert.ok(first < loud && pause < first - 20, `${first} ${loud} ${pause}`);
      assert.match(await demo.text("logs"), /recording 1: 20\.00 s/);
      assert.equal(await demo.states(), "decode done, resample done, loudness done");
      assert.deepEqual(await demo.complaints(), []);
    });
  }

  test("recordings that the user chooses are measured one after the other", async () => {
    const files = await Promise.all(
      [0.5, 0.05].map(async (amplitude, n) => {
        const file = join(folder, `${n}.wav`);
        await writeFile(file, sine(amplitude, 2 + n));
        return file;
      }),
    );
    const demo = await Demo.open(bench);
    await demo.click("example-audio");
    await demo.tab.waitForSelector(`${id("recordings")} li`);
    const input = (await demo.tab.$(id("file-input")))!.asElement() as unknown as {
      uploadFile(...paths: string[]): Promise<void>;
    };
    await input.uploadFile(...files);
    await demo.tab.waitForSelector(`${id("recordings")} li:nth-child(2)`);
    assert.equal(await demo.run(), "done", await demo.text("error"));
    const rows = (await demo.results()) as { recording: number; second: number; loudness_dBFS: number }[];
    assert.deepEqual(
      rows.map((it) => [it.recording, it.second, Math.round(it.loudness_dBFS)]),
      [...[0, 1].map((second) => [1, second, -9]), ...[0, 1, 2].map((second) => [2, second, -29])],
    );
  });

  test("a recording may be dropped anywhere on the page", async () => {
    const demo = await Demo.open(bench);
    await demo.click("example-audio");
    await demo.tab.waitForSelector(`${id("recordings")} li`);
    await demo.page.evaluate((wav) => {
      const bytes = Uint8Array.from(atob(wav), (it) => it.charCodeAt(0));
      const dataTransfer = new DataTransfer();
      dataTransfer.items.add(new File([bytes], "dropped.wav", { type: "audio/wav" }));
      document.body.dispatchEvent(new DragEvent("drop", { dataTransfer, bubbles: true, cancelable: true }));
    }, sine(0.5, 1).toString("base64"));
    assert.match(await demo.text("recordings"), /dropped\.wav/);
    assert.equal(await demo.run(), "done", await demo.text("error"));
    assert.equal(((await demo.results()) as unknown[]).length, 1);
  });

  test("every defect of an edited manifest is listed with its place, before and after a run", async () => {
    const demo = await Demo.open(bench);
    const nodes = [
      { id: "a", node_type: "MultiplyNode", params: { factor: "3" } },
      { id: "b", node_type: "Nonsense" },
    ];
    await demo.fill("manifest", manifest(nodes, [{ from: "a", to: "nowhere" }]));
    await demo.tab.waitForSelector(`${id("manifest-problems")} li:nth-child(3)`);
    const listed = await demo.text("manifest-problems");
    const places = ["/nodes/0/params/factor", "/nodes/1/node_type", "/connections/0/to"];
    for (const place of places) assert.ok(listed.includes(place), listed);

    await demo.tab.locator(`${id("manifest-problems")} button ::-p-text(Nonsense)`).click();
    assert.equal(await demo.selected(), '"Nonsense"');

    assert.equal(await demo.run(), "failed");
    assert.equal(await demo.text("error-code"), "InvalidManifest");
    const told = await demo.text("error");
    for (const place of places) assert.ok(told.includes(place), told);
  });

  test("a manifest that is no JSON says where", async () => {
    const demo = await Demo.open(bench);
    await demo.fill("manifest", '{\n  "version": v1\n}');
    await demo.tab.waitForSelector(`${id("manifest-problems")} button`);
    assert.match(await demo.text("manifest-problems"), /line 2 column/);
    assert.equal(await demo.run(), "failed");
    assert.equal(await demo.text("error-code"), "InvalidManifest");
  });

  test("inputs that are no list are refused before anything runs", async () => {
    const demo = await Demo.open(bench);
    for (const [text, message] of [
      ["[1,", /no JSON/],
      ['{"a": 1}', /must be a JSON array/],
    ] as const) {
      await demo.fill("inputs", text);
      assert.equal(await demo.run(), "failed");
      assert.equal(await demo.text("error-code"), "InvalidInput");
      assert.match(await demo.text("error-message"), message);
    }
  });

  test("integers beyond the doubles pass unharmed", async () => {
    const demo = await Demo.open(bench);
    await demo.fill("inputs", "[9007199254740993, 18446744073709551615]");
    await demo.fill("manifest", manifest([{ id: "same", node_type: "PassThrough" }]));
    assert.equal(await demo.run(), "done", await demo.text("error"));
    assert.equal(await demo.text("results-json"), "[9007199254740993, 18446744073709551615]");
  });

  test("what users and nodes write is shown as text", async () => {
    const demo = await Demo.open(bench);
    const evil = "<img src=x onerror=alert(1)><b>bold</b>";
    await demo.fill("manifest", manifest([{ id: evil, node_type: "PassThrough" }]));
    await demo.fill("inputs", JSON.stringify([evil, { [evil]: evil }]));
    assert.equal(await demo.run(), "done", await demo.text("error"));
    assert.deepEqual(await demo.results(), [evil, { [evil]: evil }]);
    assert.equal((await demo.nodes())[0]!.id, evil);
    await demo.fill("manifest", manifest([{ id: evil, node_type: evil }]));
    assert.equal(await demo.run(), "failed");
    assert.equal(await demo.page.evaluate(() => document.querySelectorAll("#view img, #view b").length), 0);
  });

  test("an error in Python shows the node and the traceback", async () => {
    const demo = await Demo.open(bench);
    await demo.fill("python", BROKEN);
    const nodes = [
      { id: "double", node_type: "MultiplyNode" },
      { id: "half", node_type: "Breaks" },
    ];
    await demo.fill("manifest", manifest(nodes, [{ from: "double", to: "half" }]));
    assert.equal(await demo.run(), "failed");
    assert.equal(await demo.text("error-code"), "NodeFailed");
    assert.match(await demo.text("error-where"), /half/);
    assert.match(await demo.text("error-message"), /ZeroDivisionError/);
    assert.match(await demo.text("traceback"), /line 8, in divide\n.*return x \/ 0/);
    assert.match(await demo.states(), /half failed/);
  });

  test("a Python source that cannot be read says which line", async () => {
    const demo = await Demo.open(bench);
    await demo.fill("python", "from remotemedia import Node\n\nclass Broken(Node:\n    pass\n");
    assert.equal(await demo.run(), "failed");
    assert.match(await demo.text("python-problems"), /line 3/);
    assert.ok(await demo.isShown("error"));
  });

  for (const isolated of [true, false]) {
    test(`an endless Python node is cancelled, ${isolated ? "" : "not "}isolated, and the next run works`, async () => {
      const demo = await Demo.open(bench, { isolated });
      await demo.fill("python", ENDLESS);
      await demo.fill("manifest", manifest([{ id: "loop", node_type: "Endless" }]));
      await demo.click("run");
      await demo.tab.waitForFunction(
        (logs) => document.querySelector(logs)?.textContent?.includes("never done"),
        {},
        id("logs"),
      );
      await demo.click("cancel");
      assert.equal(await demo.over(), "cancelled");
      assert.equal(await demo.isShown("error"), false);
      await demo.click("example-mixed");
      assert.equal(await demo.run(), "done", await demo.text("error"));
      assert.equal(((await demo.results()) as unknown[]).length, 3);
    });
  }

  test("everything can be done with the keyboard", async () => {
    const demo = await Demo.open(bench);
    const { keyboard } = demo.tab;
    const focused = () => demo.page.evaluate(() => (document.activeElement as HTMLElement).dataset["testid"]);
    const tabTo = async (name: string) => {
      for (let presses = 0; (await focused()) !== name; presses++) {
        assert.ok(presses < 40, `${name} was not reached`);
        await keyboard.press("Tab");
      }
    };
    await tabTo("example-mixed");
    await keyboard.press("Enter");
    await tabTo("inputs");
    await demo.chord("a");
    await keyboard.type("[1, 2]");
    await demo.chord("Enter");
    assert.equal(await demo.over(), "done", await demo.text("error"));
    assert.equal(((await demo.results()) as unknown[]).length, 2);
    assert.equal(await focused(), "inputs");

    await demo.fill("python", ENDLESS);
    await demo.fill("manifest", manifest([{ id: "loop", node_type: "Endless" }]));
    await tabTo("run");
    await keyboard.press(" ");
    await demo.reaches("starting", "running");
    assert.equal(await focused(), "run");
    await keyboard.press("Escape");
    assert.equal(await demo.over(), "cancelled");
  });

  test("screen readers hear how a run ends, and find each bar by its name", async () => {
    const demo = await Demo.open(bench);
    await demo.click("run");
    await demo.tab.waitForFunction(() =>
      /^Done in .*, 3 results$/.test(document.querySelector(".console [role=status]")?.textContent ?? ""),
    );
    const bars = await demo.tab.$$eval("[role=progressbar]", (all) =>
      all.map((it) => [it.getAttribute("aria-label"), it.getAttribute("aria-valuetext")]),
    );
    assert.deepEqual(bars, [
      ["Progress of multiply", "done, 3 of 3 items"],
      ["Progress of add", "done, 3 of 3 items"],
    ]);
  });

  test("a runtime that does not start says why, and starts when asked again", async () => {
    const page = await bench.open("/blank.html");
    const { tab } = page as Page & { tab: Tab };
    bench.server.fault("/site/remotemedia/runtime.wasm", { status: 404 });
    await tab.goto(bench.server.url("/site/"));
    await tab.waitForSelector(`${id("error")}:not([hidden])`);
    const code = await tab.$eval(id("error-code"), (it) => it.textContent);
    assert.ok(code === "LoadFailed" || code === "StartFailed", String(code));
    bench.server.heal();
    await tab.locator("::-p-text(Try again)").click();
    await tab.waitForSelector(`${id("run")}[aria-disabled="false"]`);
    assert.equal(await tab.$eval(id("error"), (it) => (it as HTMLElement).hidden), true);
  });

  test("nothing is wider than the page, from a telephone to a wall", async () => {
    const demo = await Demo.open(bench);
    assert.equal(await demo.run(), "done");
    for (const width of [360, 768, 1440, 3840]) {
      await demo.tab.setViewport({ width, height: 900 });
      const surplus = await demo.page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
      assert.ok(surplus <= 0, `${surplus} pixels too wide at ${width}`);
    }
  });
}

function scripted(bench: Bench): void {
  for (const [name, count] of [
    ["calculator", 3],
    ["mixed", 3],
    ["audio", 20],
  ] as const) {
    test(`the example ${name} gives its results`, async () => {
      const page = await bench.open("/site/");
      const text = await page.evaluate(async (name) => {
        const find = (name: string) => document.querySelector<HTMLElement>(`[data-testid="${name}"]`)!;
        const until = (holds: () => boolean): Promise<void> =>
          new Promise((resolve) => {
            const look = (): void => (holds() ? resolve() : void requestAnimationFrame(look));
            look();
          });
        // The driver may answer before the page's modules have run.
        await until(() => find("run")?.getAttribute("aria-disabled") === "false");
        find(`example-${name}`).click();
        await until(() => name !== "audio" || find("recordings").childElementCount > 0);
        find("run").click();
        await until(() => /done|failed/.test(find("console").dataset["state"]!));
        return `${find("run-state").textContent}: ${find("error").textContent}${find("results-summary").textContent}`;
      }, name);
      assert.equal(text, `done: ${count} results`);
    });
  }
}
