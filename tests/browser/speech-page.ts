import type { Page as Tab } from "puppeteer-core";
import { id } from "./demo-page.ts";
import type { Bench, Page } from "./harness/index.ts";

/** A file that the page gave to its user. */
export interface Saved {
  name: string;
  type: string;
  text: string;
}

/** The speech view as its user sees it, in an engine whose driver has mouse and keyboard. */
export class Speech {
  private constructor(
    readonly page: Page,
    readonly tab: Tab,
  ) {}

  static async open(bench: Bench, options: { isolated?: boolean } = {}): Promise<Speech> {
    return Speech.on(await bench.open("/site/#/speech", options));
  }

  /** The view in a tab that shows it. */
  static async on(page: Page): Promise<Speech> {
    const speech = new Speech(page, (page as Page & { tab: Tab }).tab);
    await speech.tab.setViewport({ width: 1280, height: 900 });
    await speech.ready();
    return speech;
  }

  /** Waits until a recording can be transcribed. */
  async ready(): Promise<void> {
    await this.tab.waitForSelector(`${id("transcribe")}[aria-disabled="false"]`);
  }

  async click(name: string): Promise<void> {
    await this.tab.locator(id(name)).click();
  }

  /** Chooses one of the recordings that are listed, by its title, and waits until it can be played. */
  async choose(title: string): Promise<void> {
    await this.tab.locator(`${id("sound")} ::-p-text(${title})`).click();
    await this.shows("sound-title", title);
    await this.tab.waitForSelector(`${id("play")}[aria-disabled="false"]`);
  }

  async text(name: string): Promise<string> {
    const found = await this.tab.waitForSelector(id(name));
    return found!.evaluate((it) => it.textContent ?? "");
  }

  /** Waits until what is called `name` says `part`. */
  async shows(name: string, part: string): Promise<void> {
    await this.tab.waitForFunction(
      (selector, part) => document.querySelector(selector)?.textContent?.includes(part),
      {},
      id(name),
      part,
    );
  }

  async reaches(...states: string[]): Promise<string> {
    const stage = `${id("speech")}:is(${states.map((it) => `[data-state="${it}"]`).join()})`;
    const found = await this.tab.waitForSelector(stage);
    return found!.evaluate((it) => (it as HTMLElement).dataset["state"]!);
  }

  /** Waits until the transcription is over; gives how it ended. */
  async over(): Promise<string> {
    return this.reaches("done", "failed", "cancelled");
  }

  /** Presses Transcribe, and waits until that is over. */
  async transcribe(): Promise<string> {
    await this.click("transcribe");
    return this.over();
  }

  /** The decided segments. */
  async segments(): Promise<string[]> {
    return this.tab.$$eval(`${id("segment")} .segment-text`, (all) => all.map((it) => it.textContent ?? ""));
  }

  /** The transcript as one line of words, without marks and capitals. */
  async words(): Promise<string> {
    return plain((await this.segments()).join(" "));
  }

  /** From here on it is noted what was shown, however shortly: sound does not wait for tests. */
  async watch(): Promise<void> {
    await this.page.evaluate(() => {
      const seen = ((globalThis as unknown as { seen: Set<string> }).seen = new Set());
      const look = (): void => {
        const now = document.querySelector(".segment-now");
        if (now) seen.add(`segment ${[...now.parentElement!.children].indexOf(now)}`);
        const word = document.querySelector(".word-now");
        if (word) seen.add(`word ${word.textContent}`);
        seen.add(document.querySelector('[data-testid="play"]')!.textContent!);
      };
      const options = { subtree: true, childList: true, characterData: true, attributes: true };
      new MutationObserver(look).observe(document.querySelector(".stage")!, options);
    });
  }

  /** Waits until `what` was shown since `watch()`: `Pause`, `segment 0`, `word hundred`. */
  async saw(what: string): Promise<void> {
    await this.tab.waitForFunction(
      (what) => (globalThis as unknown as { seen: Set<string> }).seen.has(what),
      {},
      what,
    );
  }

  /** The place that is heard, in seconds. */
  async place(): Promise<number> {
    const [minutes, seconds] = (await this.text("player-time")).split(" / ")[0]!.split(":");
    return 60 * Number(minutes) + Number(seconds);
  }

  /** Presses a button that saves a file, and gives that file. */
  async saved(press: () => Promise<void>): Promise<Saved> {
    // Browsers without a window differ in where they put downloads; what is handed to them is the same.
    await this.page.evaluate(() => {
      const kept = globalThis as unknown as { saved?: Saved; blob?: Blob };
      const { createObjectURL } = URL;
      URL.createObjectURL = (blob) => createObjectURL((kept.blob = blob as Blob));
      HTMLAnchorElement.prototype.click = function () {
        const name = this.download;
        void kept.blob!.text().then((text) => (kept.saved = { name, type: kept.blob!.type, text }));
      };
    });
    await press();
    const found = await this.tab.waitForFunction(() => (globalThis as unknown as { saved?: Saved }).saved);
    const saved = (await found.jsonValue()) as Saved;
    await this.page.evaluate(() => void delete (globalThis as unknown as { saved?: Saved }).saved);
    return saved;
  }

  /** Errors in the console: scripts', and what the page's own policy forbids. */
  async complaints(): Promise<string[]> {
    return (await this.page.log()).filter((it) => /^(error|uncaught)/.test(it));
  }
}

/** Words only: what can be compared. */
export function plain(text: string): string {
  return text
    .toLowerCase()
    .replace(/[^a-z0-9' ]/g, " ")
    .split(/\s+/)
    .filter(Boolean)
    .join(" ");
}
