import type { Page as Tab } from "puppeteer-core";
import { id } from "./demo-page.ts";
import type { Bench, Page } from "./harness/index.ts";

/** A view of the site as its user sees it, in an engine whose driver has mouse and keyboard. */
export class SitePage {
  private constructor(
    readonly page: Page,
    readonly tab: Tab,
  ) {}

  /** Opens the view called `view` at 1280 × 900. */
  static async open(bench: Bench, view: string, options: { isolated?: boolean } = {}): Promise<SitePage> {
    const page = await bench.open(`/site/?sw=off#/${view}`, options);
    const site = new SitePage(page, (page as Page & { tab: Tab }).tab);
    await site.tab.setViewport({ width: 1280, height: 900 });
    await site.sees(id("capabilities"));
    return site;
  }

  async click(selector: string): Promise<void> {
    await this.tab.locator(selector).click();
  }

  /** Waits until there is such an element. */
  async sees(selector: string): Promise<void> {
    await this.tab.waitForSelector(selector);
  }

  async text(selector: string): Promise<string> {
    const found = await this.tab.waitForSelector(selector);
    return found!.evaluate((it) => it.textContent ?? "");
  }

  /** Waits until what `selector` finds says `part`. */
  async says(selector: string, part: string): Promise<void> {
    await this.tab.waitForFunction(
      (selector, part) => document.querySelector(selector)?.textContent?.includes(part),
      {},
      selector,
      part,
    );
  }

  /** Types into a field, after what is in it. */
  async type(selector: string, text: string): Promise<void> {
    await this.tab.locator(selector).click();
    await this.tab.keyboard.type(text);
  }

  async count(selector: string): Promise<number> {
    return this.tab.$$eval(selector, (all) => all.length);
  }

  /** What the keys go to: its `data-testid`, else its text. */
  async focus(): Promise<string> {
    return this.page.evaluate(() => {
      const focused = document.activeElement as HTMLElement | null;
      return focused?.dataset["testid"] ?? focused?.textContent ?? "";
    });
  }

  /** Pixels that the page is wider than its window, at the width where that is worst. */
  async surplus(): Promise<{ width: number; surplus: number }> {
    const found: { width: number; surplus: number }[] = [];
    for (const width of [360, 768, 1440, 3840]) {
      await this.tab.setViewport({ width, height: 900 });
      const surplus = await this.page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
      found.push({ width, surplus });
    }
    return found.sort((a, b) => b.surplus - a.surplus)[0]!;
  }

  /** Errors in the console: scripts', and what the page's own policy forbids. */
  async complaints(): Promise<string[]> {
    return (await this.page.log()).filter((it) => /^(error|uncaught)/.test(it));
  }
}
