import { Buffer } from "node:buffer";
import type { Page as Tab } from "puppeteer-core";
import { Demo, id } from "./demo-page.ts";
import type { Bench, Page } from "./harness/index.ts";

/** The view of packages as its user sees it. */
export class PackagesPage {
  private constructor(
    readonly page: Page,
    readonly tab: Tab,
    /** What it has in common with the view of pipelines: the console, results, fields. */
    readonly demo: Demo,
  ) {}

  static async open(bench: Bench, place = ""): Promise<PackagesPage> {
    return PackagesPage.on(await bench.open(`/site/?sw=off#/packages${place}`));
  }

  /** The page in a tab that has loaded it. */
  static async on(page: Page): Promise<PackagesPage> {
    const { tab } = page as Page & { tab: Tab };
    await tab.setViewport({ width: 1280, height: 900 });
    await tab.waitForSelector(id("open-package"));
    await tab.waitForSelector(id("capabilities"));
    return new PackagesPage(page, tab, Demo.in(page));
  }

  /** Drops a file on the page. */
  async drop(name: string, content: Uint8Array): Promise<void> {
    await this.page.evaluate(
      ([name, base64]) => {
        const bytes = Uint8Array.from(atob(base64), (it) => it.charCodeAt(0));
        const dataTransfer = new DataTransfer();
        dataTransfer.items.add(new File([bytes], name));
        document.body.dispatchEvent(new DragEvent("drop", { dataTransfer, bubbles: true, cancelable: true }));
      },
      [name, Buffer.from(content).toString("base64")] as const,
    );
  }

  /** Waits until the package called `name` is open. */
  async opened(name: string): Promise<void> {
    await this.tab.waitForFunction(
      (shown, selector, name) => {
        const package_ = document.querySelector(shown);
        return package_ !== null && document.querySelector(selector)?.textContent === name;
      },
      {},
      `${id("package")}:not([hidden])`,
      id("package-name"),
      name,
    );
    await this.tab.waitForSelector(`${id("run")}[aria-disabled="false"]`);
  }

  /** Drops a package called `name` in its manifest, and waits until it is open. */
  async give(name: string, content: Uint8Array): Promise<void> {
    await this.drop(`${name}.rmpkg`, content);
    await this.opened(name);
  }

  async text(name: string): Promise<string> {
    return this.demo.text(name);
  }

  async isThere(name: string): Promise<boolean> {
    return (await this.tab.$(id(name))) !== null;
  }

  /** What the keys go to: its `data-testid`, else its text. */
  async focus(): Promise<string> {
    return this.page.evaluate(() => {
      const focused = document.activeElement as HTMLElement | null;
      return focused?.dataset["testid"] ?? focused?.textContent ?? "";
    });
  }
}
