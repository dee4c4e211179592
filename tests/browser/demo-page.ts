import type { Page as Tab } from "puppeteer-core";
import type { Bench, Page } from "./harness/index.ts";

/** A row of the board. */
export interface NodeRow {
  id: string;
  state: string;
  /** Value of its progress bar, in percent; none while it is indeterminate. */
  bar: string | null;
  figures: string;
}

/** The demo page as its user sees it, in an engine whose driver has mouse and keyboard. */
export class Demo {
  private constructor(
    readonly page: Page,
    readonly tab: Tab,
  ) {}

  static async open(bench: Bench, options: { isolated?: boolean } = {}): Promise<Demo> {
    const page = await bench.open("/site/", options);
    const demo = new Demo(page, (page as Page & { tab: Tab }).tab);
    await demo.tab.setViewport({ width: 1280, height: 900 });
    await demo.tab.waitForSelector(`${id("run")}[aria-disabled="false"]`);
    return demo;
  }

  async click(name: string): Promise<void> {
    await this.tab.locator(id(name)).click();
  }

  /** Replaces a field's text, as pasting does. */
  async fill(name: string, text: string): Promise<void> {
    await this.tab.$eval(
      id(name),
      (field, text) => {
        field.closest("details")?.setAttribute("open", "");
        (field as HTMLTextAreaElement).select();
        document.execCommand("insertText", false, text);
      },
      text,
    );
  }

  async text(name: string): Promise<string> {
    // What is told at the end of a run may come a frame after the state.
    const found = await this.tab.waitForSelector(id(name));
    return found!.evaluate((it) => it.textContent ?? "");
  }

  async isShown(name: string): Promise<boolean> {
    return this.tab.$eval(id(name), (it) => (it as HTMLElement).offsetParent !== null);
  }

  /** Waits until the run is over; gives how it ended. */
  async over(): Promise<string> {
    return this.reaches("done", "failed", "cancelled");
  }

  async reaches(...states: string[]): Promise<string> {
    const console = `${id("console")}:is(${states.map((it) => `[data-state="${it}"]`).join()})`;
    const found = await this.tab.waitForSelector(console);
    return found!.evaluate((it) => (it as HTMLElement).dataset["state"]!);
  }

  /** Presses Run, and waits until that run is over. */
  async run(): Promise<string> {
    await this.click("run");
    return this.over();
  }

  async results(): Promise<unknown> {
    const button = await this.tab.waitForSelector(id("show-json"));
    await button!.evaluate((it) => (it as HTMLElement).click());
    return JSON.parse(await this.text("results-json"));
  }

  async nodes(): Promise<NodeRow[]> {
    return this.tab.$$eval(id("node"), (rows) =>
      rows.map((row) => ({
        id: (row as HTMLElement).dataset["node"]!,
        state: (row as HTMLElement).dataset["state"]!,
        bar: row.querySelector("[role=progressbar]")!.getAttribute("aria-valuenow"),
        figures: row.querySelector(".node-figures")!.textContent!,
      })),
    );
  }

  async states(): Promise<string> {
    return (await this.nodes()).map((it) => `${it.id} ${it.state}`).join(", ");
  }

  /** Errors in the console: scripts', and what the page's own policy forbids. */
  async complaints(): Promise<string[]> {
    return (await this.page.log()).filter((it) => /^(error|uncaught)/.test(it));
  }
}

/** The selector of what the page calls `name`. */
export function id(name: string): string {
  return `[data-testid="${name}"]`;
}
