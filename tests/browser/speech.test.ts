/** The speech view, driven as its users do, with the built-in model. */
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { test } from "node:test";
import { id } from "./demo-page.ts";
import { type Bench, eachEngine } from "./harness/index.ts";
import { plain, Speech } from "./speech-page.ts";

const RECORDINGS = new URL("../../whisper/demo-model/recordings/", import.meta.url);

interface Described {
  file: string;
  seconds: number;
  text: string;
}

async function described(name: string): Promise<Described> {
  return JSON.parse(await readFile(new URL(`${name}.json`, RECORDINGS), "utf8")) as Described;
}

eachEngine("speech", suite, { engines: ["chromium", "firefox"] });
// Only here a microphone can be played to.
eachEngine("speech from the microphone", microphone, { engines: ["chromium"] });

// Its driver knows scripts only, so that here the page is clicked from within.
eachEngine("speech", scripted, { engines: ["webkit"] });

function suite(bench: Bench): void {
  for (const isolated of [true, false]) {
    test(`a built-in recording becomes text, ${isolated ? "" : "not "}isolated`, async () => {
      const { seconds, text } = await described("command");
      const speech = await Speech.open(bench, { isolated });
      await speech.choose("Command");
      assert.equal(await speech.transcribe(), "done", await speech.text("error"));
      assert.equal(await speech.words(), plain(text));
      assert.match(
        await speech.text("progress"),
        new RegExp(`^${seconds.toFixed(1)} of ${seconds.toFixed(1)} s`),
      );
      assert.match(await speech.text("summary"), /Recording0:04\.7.*real time.*English.*1 segment/);
      assert.equal(
        await speech.page.evaluate(() => document.querySelector(".segments-open")?.childElementCount),
        0,
      );
      assert.deepEqual(await speech.complaints(), []);
    });
  }

  test("a long recording is written down piece by piece, in order", async () => {
    const { text } = await described("long");
    const speech = await Speech.open(bench);
    await speech.choose("Long");
    await speech.click("transcribe");
    await speech.tab.waitForSelector(id("segment"));
    assert.equal(await speech.reaches("running", "done"), "running");
    assert.equal(await speech.over(), "done", await speech.text("error"));
    const words = (await speech.words()).split(" ");
    const said = plain(text).split(" ");
    assert.ok(
      Math.abs(words.length - said.length) < said.length / 10,
      `${words.length} of ${said.length} words`,
    );
    const starts = await speech.tab.$$eval(`${id("segment")} button`, (all) =>
      all.map((it) => it.textContent!),
    );
    assert.deepEqual(starts, [...starts].sort());
  });

  test("a click on a segment plays it, and a click on the waveform goes there", async () => {
    const speech = await Speech.open(bench);
    await speech.choose("Date time");
    assert.equal(await speech.transcribe(), "done", await speech.text("error"));
    const box = (await (await speech.tab.$(id("waveform")))!.boundingBox())!;
    await speech.tab.mouse.click(box.x + box.width / 2, box.y + box.height / 2);
    const { seconds } = await described("date-time");
    await speech.shows("player-time", `0:0${(seconds / 2).toFixed(1)}`);

    const time = await speech.tab.$eval(`${id("segment")}:last-child button`, (it) => it.textContent!);
    await speech.watch();
    await speech.tab.locator(`${id("segment")}:last-child .segment-text`).click();
    await speech.saw("Pause");
    await speech.saw(`segment ${(await speech.segments()).length - 1}`);
    const start = Number(time.split(":")[1]);
    assert.ok((await speech.place()) >= start - 0.06, `${await speech.place()} after ${time}`);
  });

  test("with times of words each word can be gone to", async () => {
    const { text } = await described("command");
    const speech = await Speech.open(bench);
    await speech.choose("Command");
    await speech.tab.locator(`label:has(${id("timestamps-word")})`).click();
    assert.equal(await speech.transcribe(), "done", await speech.text("error"));
    const words = await speech.tab.$$eval(".word", (all) => all.map((it) => it.textContent!.trim()));
    assert.equal(plain(words.join(" ")), plain(text));
    await speech.watch();
    await speech.tab.locator(`${id("segment")} .word:nth-child(4)`).click();
    await speech.saw(`word ${words[3]}`);
    await speech.saw("Pause");
    assert.ok((await speech.place()) > 0.5);
  });

  test("a transcript is saved in every format", async () => {
    const { text } = await described("command");
    const speech = await Speech.open(bench);
    await speech.choose("Command");
    assert.equal(await speech.transcribe(), "done", await speech.text("error"));
    const [line] = await speech.segments();
    const formats: [string, RegExp][] = [
      ["txt", /^.+\n$/],
      ["srt", /^1\n00:00:00,\d{3} --> 00:00:0\d,\d{3}\n/],
      ["vtt", /^WEBVTT\n\n00:00\.\d{3} --> 00:0\d\.\d{3}\n/],
      ["tsv", /^start\tend\ttext\n\d+\t\d+\t/],
      ["json", /^\{/],
    ];
    for (const [format, shape] of formats) {
      await speech.tab.locator(`label:has(${id(`format-${format}`)})`).click();
      const saved = await speech.saved(() => speech.click("download"));
      assert.equal(saved.name, `Command.${format}`);
      assert.match(saved.text, shape);
      assert.ok(saved.text.includes(line!), saved.text);
      if (format === "json")
        assert.equal(plain((JSON.parse(saved.text) as { text: string }).text), plain(text));
    }
    assert.deepEqual(await speech.complaints(), []);
  });

  test("a cancelled transcription keeps what was decided, and can be tried again", async () => {
    const speech = await Speech.open(bench);
    await speech.choose("Long");
    await speech.click("transcribe");
    await speech.tab.waitForSelector(id("segment"));
    await speech.click("cancel");
    assert.equal(await speech.over(), "cancelled");
    const decided = await speech.segments();
    assert.ok(decided.length > 0);
    assert.equal(await speech.tab.$eval(id("error"), (it) => (it as HTMLElement).hidden), true);
    const saved = await speech.saved(() => speech.click("download"));
    assert.equal(saved.text.trim().split("\n").length, decided.length);
    await speech.choose("Command");
    assert.equal(await speech.transcribe(), "done", await speech.text("error"));
    assert.equal(await speech.words(), plain((await described("command")).text));
  });

  test("a file that is dropped is chosen, drawn and transcribed", async () => {
    const { file, text } = await described("stereo");
    const speech = await Speech.open(bench);
    await speech.page.evaluate(async (file) => {
      const bytes = await (await fetch(`./recordings/${file}`)).arrayBuffer();
      const dataTransfer = new DataTransfer();
      dataTransfer.items.add(new File([bytes], "<b>mine</b>.flac", { type: "audio/flac" }));
      document.body.dispatchEvent(new DragEvent("drop", { dataTransfer, bubbles: true, cancelable: true }));
    }, file);
    await speech.shows("sound-title", "<b>mine</b>.flac");
    assert.equal(await speech.transcribe(), "done", await speech.text("error"));
    const [words, said] = [(await speech.words()).split(" "), plain(text).split(" ")];
    assert.ok(
      words.some((it) => said.includes(it)),
      words.join(" "),
    );
    assert.equal(await speech.page.evaluate(() => document.querySelectorAll("#view b").length), 0);
  });

  test("what is no recording says so, with the node, and the next one works", async () => {
    const speech = await Speech.open(bench);
    await speech.page.evaluate(() => {
      const dataTransfer = new DataTransfer();
      dataTransfer.items.add(new File(["no sound in here"], "notes.txt", { type: "text/plain" }));
      document.body.dispatchEvent(new DragEvent("drop", { dataTransfer, bubbles: true, cancelable: true }));
    });
    await speech.shows("sound-title", "notes.txt");
    assert.equal(await speech.transcribe(), "failed");
    assert.equal(await speech.text("error-code"), "NotSupported");
    assert.match(await speech.text("error-where"), /decode/);
    await speech.choose("Command");
    assert.equal(await speech.tab.$eval(id("error"), (it) => (it as HTMLElement).hidden), true);
    assert.equal(await speech.transcribe(), "done", await speech.text("error"));
  });

  test("a model that is not here is offered to be downloaded, and said to be needed", async () => {
    const speech = await Speech.open(bench);
    assert.match(await speech.text("model-note"), /synthesi/);
    const other = await speech.tab.$eval(
      `${id("model-row")}[data-place="absent"]`,
      (it) => (it as HTMLElement).dataset["model"]!,
    );
    await speech.tab.select(id("model"), other);
    await speech.tab.waitForSelector(`${id("missing")}:not([hidden]) button`);
    assert.match(await speech.text("missing"), /not on this device.*Download/);
    assert.equal(await speech.tab.$eval(id("transcribe"), (it) => it.getAttribute("aria-disabled")), "true");
    assert.ok((await speech.tab.$$eval(`${id("language")} option`, (all) => all.length)) > 1);
  });

  test("everything can be done with the keyboard", async () => {
    const speech = await Speech.open(bench);
    const { keyboard } = speech.tab;
    await speech.choose("Date time");
    await keyboard.down("Control");
    await keyboard.press("Enter");
    await keyboard.up("Control");
    assert.equal(await speech.over(), "done", await speech.text("error"));
    await speech.tab.focus(id("waveform"));
    await keyboard.press("ArrowRight");
    await speech.shows("player-time", "0:05.0");
    await keyboard.press("Home");
    await speech.shows("player-time", "0:00.0");
    const focused = () => speech.page.evaluate(() => document.activeElement?.className);
    for (let presses = 0; (await focused()) !== "segment-time"; presses++) {
      assert.ok(presses < 60, "no segment was reached");
      await keyboard.press("Tab");
    }
    await speech.watch();
    await keyboard.press("End");
    await keyboard.press("Enter");
    await speech.saw(`segment ${(await speech.segments()).length - 1}`);
    await speech.saw("Pause");
    assert.ok((await speech.place()) > 1);
    await speech.choose("Long");
    await speech.tab.focus(id("transcribe"));
    await keyboard.press(" ");
    await speech.reaches("starting", "running");
    await keyboard.press("Escape");
    assert.equal(await speech.over(), "cancelled");
  });

  test("screen readers hear how a transcription ends", async () => {
    const speech = await Speech.open(bench);
    await speech.choose("Command");
    assert.equal(await speech.transcribe(), "done", await speech.text("error"));
    await speech.tab.waitForFunction(() =>
      /^Done in .*, 1 segment$/.test(document.querySelector(".stage > [role=status]")?.textContent ?? ""),
    );
  });

  test("nothing is wider than the page, from a telephone to a wall", async () => {
    const speech = await Speech.open(bench);
    assert.equal(await speech.transcribe(), "done");
    for (const width of [360, 768, 1440, 3840]) {
      await speech.tab.setViewport({ width, height: 900 });
      const surplus = await speech.page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
      assert.ok(surplus <= 0, `${surplus} pixels too wide at ${width}`);
    }
  });
}

function microphone(bench: Bench): void {
  test("what is said is written down while it is recorded, kept, and transcribed again", async () => {
    const { text } = await described("command");
    const speech = await Speech.open(bench);
    await speech.click("record");
    // The microphone hears the same sentence over and over.
    await speech.tab.waitForSelector(id("segment"));
    assert.match(await speech.text("sound-title"), /^Recording, /);
    await speech.click("record");
    assert.equal(await speech.over(), "done", await speech.text("error"));
    const live = await speech.words();
    assert.ok(live.includes(plain(text)), live);
    await speech.shows("sound-title", "microphone");
    await speech.watch();
    await speech.click("play");
    await speech.saw("Pause");
    assert.equal(await speech.transcribe(), "done", await speech.text("error"));
    assert.ok((await speech.words()).includes(plain(text)), await speech.words());
    assert.deepEqual(await speech.complaints(), []);
  });

  test("a recording is cancelled, and what was recorded is kept", async () => {
    const speech = await Speech.open(bench);
    await speech.click("record");
    await speech.shows("sound-title", "Recording, 0:01");
    await speech.tab.keyboard.press("Escape");
    assert.equal(await speech.over(), "cancelled");
    await speech.shows("sound-title", "microphone");
    assert.equal(await speech.tab.$eval(id("record"), (it) => it.textContent), "Record");
  });

  test("a microphone that is not allowed says so", async () => {
    const speech = await Speech.open(bench);
    await speech.choose("Numbers");
    await speech.page.evaluate(() => {
      navigator.mediaDevices.getUserMedia = () => Promise.reject(new DOMException("no", "NotAllowedError"));
    });
    await speech.click("record");
    assert.equal(await speech.over(), "failed");
    assert.match(await speech.text("error"), /Microphone.*not allowed/);
    assert.equal(await speech.text("sound-title"), "Numbers");
    assert.equal(await speech.transcribe(), "done", await speech.text("error"));
  });
}

function scripted(bench: Bench): void {
  test("a built-in recording becomes text", async () => {
    const { text } = await described("command");
    const page = await bench.open("/site/#/speech");
    const told = await page.evaluate(async () => {
      const find = (name: string) => document.querySelector<HTMLElement>(`[data-testid="${name}"]`);
      const until = (holds: () => unknown): Promise<void> =>
        new Promise((resolve) => {
          const look = (): void => (holds() ? resolve() : void requestAnimationFrame(look));
          look();
        });
      const sound = (): HTMLElement | undefined =>
        [...document.querySelectorAll<HTMLElement>(".sound")].find((it) =>
          it.textContent?.startsWith("Command"),
        );
      await until(sound);
      sound()?.click();
      await until(() => find("sound-title")?.textContent === "Command");
      await until(() => find("transcribe")?.getAttribute("aria-disabled") === "false");
      find("transcribe")?.click();
      await until(() => /done|failed/.test(find("speech")?.dataset["state"] ?? ""));
      return `${find("error")?.textContent}${document.querySelector(".segment-text")?.textContent}`;
    });
    assert.equal(plain(told), plain(text));
  });
}
