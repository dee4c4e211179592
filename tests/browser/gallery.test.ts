/** Every example of the gallery, run to its end by one click. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { strFromU8, unzipSync } from "fflate";
import { Demo, id } from "./demo-page.ts";
import { type Bench, eachEngine } from "./harness/index.ts";
import { plain } from "./speech-page.ts";

eachEngine("gallery", suite, { engines: ["chromium", "firefox"] });
// Only here a microphone can be played to.
eachEngine("gallery with a microphone", microphone, { engines: ["chromium"] });

type Rows = { [name: string]: unknown }[];

const COMMAND = "set the timer for six hundred and forty three minutes";

/** Presses Run on a card, and waits until that run is done. */
async function run(bench: Bench, name: string): Promise<Demo> {
  const demo = await Demo.open(bench);
  await demo.click(`run-${name}`);
  assert.equal(await demo.over(), "done", await demo.text("error"));
  assert.deepEqual(await demo.complaints(), []);
  assert.equal(await demo.page.evaluate(() => location.hash), `#/pipelines/${name}`);
  return demo;
}

function suite(bench: Bench): void {
  test("there are at least eight examples, each with a title, a line about it, and what it is of", async () => {
    const demo = await Demo.open(bench);
    const cards = await demo.tab.$$eval(".example", (all) =>
      all.map((it) => [...it.querySelectorAll("span")].map((part) => part.textContent)),
    );
    assert.ok(cards.length >= 8);
    for (const [title, summary, tags] of cards) assert.ok(title && summary && tags);
  });

  const plainOnes: [string, unknown[]][] = [
    ["calculator", [20, 24, 16]],
    ["branches", [1, 2, 4, 8, 16, 32].map((it) => ({ double: 2 * it, more: it + 10, half: it / 2 }))],
  ];
  for (const [name, outputs] of plainOnes) {
    test(`the example ${name} runs by one click`, async () => {
      assert.deepEqual(await (await run(bench, name)).results(), outputs);
    });
  }

  for (const [name, count] of [
    ["text", 2],
    ["mixed", 3],
    ["audio", 20],
  ] as const) {
    test(`the example ${name} runs by one click`, async () => {
      assert.equal(((await (await run(bench, name)).results()) as unknown[]).length, count);
    });
  }

  test("a recording becomes text, shown as text", async () => {
    const demo = await run(bench, "transcribe");
    const text = plain(await demo.text("results-text"));
    assert.ok(text.includes("the party is after wednesday the first of may"), text);
    await demo.tab.locator(`label:has(${id("show-table")})`).click();
    assert.match(await demo.text("results-table"), /avg_logprob/);
  });

  test("keywords of speech are counted, and drawn as bars", async () => {
    const demo = await run(bench, "keywords");
    assert.match(await demo.text("chart"), /^count by word.*black: 2/);
    const rows = (await demo.results()) as { word: string; count: number }[];
    assert.equal(rows.length, 10);
    const counts = rows.map((it) => it.count);
    assert.deepEqual(
      counts,
      counts.toSorted((a, b) => b - a),
    );
    assert.ok(rows.some((it) => it.word === "party" && it.count === 2));
  });

  test("a batch of recordings becomes one archive of subtitle files", async () => {
    const demo = await run(bench, "subtitles");
    assert.match(
      await demo.text("results-files"),
      /command\.srt.*date-time\.srt.*numbers\.srt.*stereo\.srt/s,
    );
    const saved = await demo.saved(() => demo.click("download-archive"));
    assert.equal(saved.name, "results.zip");
    const files = unzipSync(saved.bytes);
    assert.deepEqual(Object.keys(files).sort(), [
      "command.srt",
      "date-time.srt",
      "numbers.srt",
      "stereo.srt",
    ]);
    const command = strFromU8(files["command.srt"]!);
    assert.match(command, /^1\n00:00:00,\d{3} --> 00:00:0\d,\d{3}\n/);
    assert.ok(plain(command).includes(COMMAND), command);
  });

  test("a recording is converted, played and downloaded", async () => {
    const demo = await run(bench, "convert");
    assert.match(await demo.text("results-audio"), /built-in-16000\.wav.*0:20\.0, 16000 Hz, mono/);
    await demo.tab.waitForFunction(() => {
      const player = document.querySelector<HTMLAudioElement>('[data-testid="results-audio"] audio');
      return player && Math.abs(player.duration - 20) < 0.01;
    });
    const { name, bytes } = await demo.saved(() => demo.click("download-wav"));
    assert.equal(name, "built-in-16000.wav");
    const header = new DataView(bytes.buffer, bytes.byteOffset);
    assert.equal(bytes.length, 44 + 20 * 16_000 * 2);
    assert.deepEqual([header.getUint16(22, true), header.getUint32(24, true)], [1, 16_000]);
  });

  test("where somebody speaks is a table, which its columns sort", async () => {
    const demo = await run(bench, "voices");
    const starts = () =>
      demo.tab.$$eval(`${id("results-table")} td:nth-child(2)`, (all) =>
        all.map((it) => Number(it.textContent)),
      );
    const before = await starts();
    assert.ok(before.length > 2);
    assert.deepEqual(
      before,
      before.toSorted((a, b) => a - b),
    );
    const sort = () => demo.tab.locator(`${id("results-table")} th .sort ::-p-text(start)`).click();
    await sort();
    await sort();
    assert.deepEqual(await starts(), before.toReversed());
    await sort();
    assert.deepEqual(await starts(), before);
    const { bytes } = await demo.saved(() => demo.click("download-csv"));
    assert.match(new TextDecoder().decode(bytes), /^start,end\r\n\d/);
  });

  test("a generator hands out its values one by one, which become a curve", async () => {
    const demo = await run(bench, "pi");
    assert.match(await demo.text("chart"), /^pi by points.*100 points/);
    const rows = (await demo.results()) as { points: number; pi: number }[];
    assert.equal(rows.at(-1)!.points, 100_000);
    assert.ok(Math.abs(rows.at(-1)!.pi - Math.PI) < 0.05);
  });

  test("a card that is run takes the place of what runs", async () => {
    const demo = await Demo.open(bench);
    await demo.fill(
      "python",
      "from remotemedia import node\n\n@node()\ndef ever(x):\n    while True: pass\n",
    );
    const nodes = [{ id: "loop", node_type: "ever" }];
    await demo.fill("manifest", JSON.stringify({ version: "v1", nodes, connections: [] }));
    await demo.click("run");
    await demo.reaches("running");
    await demo.click("run-calculator");
    await demo.reaches("done");
    assert.deepEqual(await demo.results(), [20, 24, 16]);
  });

  test("an address opens an example, and does not run it", async () => {
    const demo = await Demo.open(bench, {}, "#/pipelines/voices");
    assert.equal(await demo.tab.$eval(id("example-voices"), (it) => it.getAttribute("aria-pressed")), "true");
    assert.match(await demo.manifest(), /VoiceActivity/);
    await demo.page.evaluate(() => (location.hash = "#/pipelines/branches"));
    await demo.tab.waitForSelector(`${id("example-branches")}[aria-pressed="true"]`);
    assert.equal(await demo.reaches("idle", "starting", "running", "done"), "idle");
  });

  test("items are written as JSON, as numbers, or line by line, and go along", async () => {
    const demo = await Demo.open(bench);
    await demo.choose("input-numbers");
    assert.equal(await demo.tab.$eval(id("inputs"), (it) => (it as HTMLTextAreaElement).value), "5\n7\n3");
    await demo.fill("inputs", "1, 2.5\n-3");
    assert.equal(await demo.run(), "done", await demo.text("error"));
    assert.deepEqual(await demo.results(), [12, 15, 4]);
    await demo.fill("inputs", "1 two");
    assert.equal(await demo.run(), "failed");
    assert.match(await demo.text("error-message"), /entry 2 is no number: two/);
    await demo.click("example-mixed");
    await demo.choose("input-lines");
    await demo.fill("inputs", "hello there\n[1]");
    assert.equal(await demo.run(), "done", await demo.text("error"));
    assert.deepEqual(
      ((await demo.results()) as Rows).map((it) => it["original_text"]),
      ["hello there", "[1]"],
    );
    await demo.choose("input-json");
    assert.equal(
      await demo.tab.$eval(id("inputs"), (it) => (it as HTMLTextAreaElement).value),
      '["hello there", "[1]"]',
    );
  });

  test("a recording of the site is chosen by its title", async () => {
    const demo = await Demo.open(bench);
    await demo.click("example-transcribe");
    await demo.tab.waitForSelector(`${id("samples")} option[value="command.wav"]`);
    await demo.tab.select(id("samples"), "command.wav");
    await demo.tab.waitForFunction(
      (list) => document.querySelector(list)?.textContent?.startsWith("command.wav"),
      {},
      id("recordings"),
    );
    assert.equal(await demo.run(), "done", await demo.text("error"));
    assert.ok(plain(await demo.text("results-text")).includes(COMMAND));
  });

  test("a file of any kind goes in, and comes out to be downloaded", async () => {
    const demo = await Demo.open(bench);
    const nodes = [{ id: "same", node_type: "PassThrough" }];
    await demo.fill("manifest", JSON.stringify({ version: "v1", nodes, connections: [] }));
    await demo.drop("notes.txt", "text/plain", "two\nlines");
    assert.equal(await demo.run(), "done", await demo.text("error"));
    assert.match(await demo.text("results-files"), /notes\.txt/);
    const { name, bytes } = await demo.saved(() =>
      demo.tab.locator(`${id("results-files")} li button`).click(),
    );
    assert.equal(name, "notes.txt");
    assert.equal(new TextDecoder().decode(bytes), "two\nlines");
  });
}

function microphone(bench: Bench): void {
  test("what is said becomes captions while it is said, until nobody listens any more", async () => {
    const demo = await Demo.open(bench);
    await demo.click("run-captions");
    // The microphone hears the same sentence over and over.
    await demo.tab.waitForFunction(
      (results) => document.querySelector(results)?.textContent?.toLowerCase().includes("timer"),
      {},
      id("results-text"),
    );
    assert.equal(await demo.reaches("running", "done", "failed"), "running");
    await demo.click("stop-listening");
    assert.equal(await demo.over(), "done", await demo.text("error"));
    assert.ok(plain(await demo.text("results-text")).includes("set the timer for six hundred"));
    assert.equal(await demo.isShown("stop-listening"), false);
    await demo.click("use-recording");
    assert.match(await demo.text("recordings"), /microphone .*\.wav/);
    assert.deepEqual(await demo.complaints(), []);
  });

  test("Escape ends listening and the run", async () => {
    const demo = await Demo.open(bench);
    await demo.click("run-captions");
    await demo.tab.waitForSelector(`${id("stop-listening")}[aria-disabled="false"]`);
    await demo.tab.keyboard.press("Escape");
    assert.equal(await demo.over(), "cancelled");
    await demo.tab.waitForFunction(
      (state) => document.querySelector(state)?.textContent?.startsWith("heard"),
      {},
      id("microphone-state"),
    );
  });

  test("a microphone that is not allowed says so", async () => {
    const demo = await Demo.open(bench);
    await demo.page.evaluate(() => {
      navigator.mediaDevices.getUserMedia = () => Promise.reject(new DOMException("no", "NotAllowedError"));
    });
    await demo.click("run-captions");
    assert.equal(await demo.over(), "failed");
    assert.match(await demo.text("error"), /Microphone.*not allowed/);
  });
}
