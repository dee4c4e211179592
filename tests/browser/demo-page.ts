import type { KeyInput, Page as Tab } from "puppeteer-core";
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

  /** `place`: what the address says behind the site's. */
  static async open(bench: Bench, options: { isolated?: boolean } = {}, place = ""): Promise<Demo> {
    return Demo.on(await bench.open(`/site/${place}`, options));
  }

  /** The page whatever view it shows. */
  static in(page: Page): Demo {
    return new Demo(page, (page as Page & { tab: Tab }).tab);
  }

  /** The page in a tab that has loaded it. */
  static async on(page: Page): Promise<Demo> {
    const demo = Demo.in(page);
    await demo.tab.setViewport({ width: 1280, height: 900 });
    await demo.tab.waitForSelector(`${id("run")}[aria-disabled="false"]`);
    return demo;
  }

  async click(name: string): Promise<void> {
    await this.tab.locator(id(name)).click();
  }

  /** Chooses one of several, by its label. */
  async choose(name: string): Promise<void> {
    await this.tab.locator(`label:has(${id(name)})`).click();
  }

  /** Drops a file on the page. */
  async drop(name: string, type: string, content: string): Promise<void> {
    await this.page.evaluate(
      ([name, type, content]) => {
        const dataTransfer = new DataTransfer();
        dataTransfer.items.add(new File([content], name, { type }));
        document.body.dispatchEvent(new DragEvent("drop", { dataTransfer, bubbles: true, cancelable: true }));
      },
      [name, type, content] as const,
    );
  }

  /** Presses a button that saves a file, and gives that file. */
  async saved(press: () => Promise<void>): Promise<{ name: string; bytes: Uint8Array<ArrayBuffer> }> {
    // Browsers without a window differ in where they put downloads; what is handed to them is the same.
    await this.page.evaluate(() => {
      const kept = globalThis as unknown as { saved?: [string, Blob]; blob?: Blob };
      const { createObjectURL } = URL;
      delete kept.saved;
      URL.createObjectURL = (blob) => createObjectURL((kept.blob = blob as Blob));
      HTMLAnchorElement.prototype.click = function () {
        if (kept.blob) kept.saved = [this.download, kept.blob];
      };
    });
    await press();
    await this.tab.waitForFunction(() => (globalThis as unknown as { saved?: unknown }).saved);
    const [name, base64] = await this.page.evaluate(async () => {
      const [name, blob] = (globalThis as unknown as { saved: [string, Blob] }).saved;
      const bytes = new Uint8Array(await blob.arrayBuffer());
      return [name, btoa(bytes.reduce((text, it) => text + String.fromCharCode(it), ""))] as const;
    });
    return { name, bytes: Uint8Array.from(atob(base64), (it) => it.charCodeAt(0)) };
  }

  /** Replaces a field's text, as pasting does. */
  async fill(name: string, text: string): Promise<void> {
    if (name === "manifest") return this.#fillCode(text);
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

  /** Goes to the manifest's editor, which is fetched when somebody does. */
  async code(): Promise<void> {
    const found = await this.tab.waitForSelector(id("manifest"));
    await found!.evaluate((it) => (it as HTMLElement).focus());
    const content = await this.tab.waitForSelector(`${id("manifest")}[data-code] >>> .cm-content`);
    await content!.evaluate((it) => (it as HTMLElement).focus());
  }

  /** The text of the manifest's editor, folded or out of sight as it may be, by copying all of it. */
  async manifest(): Promise<string> {
    await this.code();
    await this.chord("a");
    return this.#copied();
  }

  /** The stretch of the manifest that is selected. */
  async selected(): Promise<string> {
    await this.tab.waitForSelector(`${id("manifest")}[data-code]`);
    return this.#copied();
  }

  /** Presses a key together with Control. */
  async chord(key: KeyInput): Promise<void> {
    await this.tab.keyboard.down("Control");
    await this.tab.keyboard.press(key);
    await this.tab.keyboard.up("Control");
  }

  async #fillCode(text: string): Promise<void> {
    await this.code();
    await this.chord("a");
    await this.tab.$eval(
      `${id("manifest")} >>> .cm-content`,
      (content, text) => {
        const clipboardData = new DataTransfer();
        clipboardData.setData("text/plain", text);
        // Firefox does not take the object, but the text.
        const init = { clipboardData, dataType: "text/plain", data: text, bubbles: true, cancelable: true };
        content.dispatchEvent(new ClipboardEvent("paste", init));
      },
      text,
    );
  }

  #copied(): Promise<string> {
    return this.tab.$eval(`${id("manifest")} >>> .cm-content`, (content) => {
      const clipboardData = new DataTransfer();
      const init = { clipboardData, dataType: "text/plain", data: "", bubbles: true, cancelable: true };
      const event = new ClipboardEvent("copy", init);
      content.dispatchEvent(event);
      return event.clipboardData!.getData("text/plain");
    });
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
