import { existsSync } from "node:fs";
import { delimiter, join } from "node:path";
import { fileURLToPath } from "node:url";
import puppeteer, {
  type Browser as Puppet,
  type CDPSession,
  type LaunchOptions,
  type Page as Tab,
} from "puppeteer-core";
import {
  type Browser,
  type CpuMetrics,
  evaluationSource,
  outcome,
  type Page,
  type ScreenshotOptions,
} from "./page.ts";

type Engine = "chromium" | "firefox";

const PROGRAMS: Record<Engine, readonly string[]> = {
  chromium: ["chromium", "google-chrome", "chromium-browser"],
  firefox: ["firefox-esr", "firefox"],
};

const HEARD = "../../../whisper/demo-model/recordings/command.wav";

// The sandbox needs a user of its own, and the GPU a screen; the rest is traffic that tests did not ask for.
const CHROMIUM_FLAGS = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
  "--disable-dev-shm-usage",
  "--autoplay-policy=no-user-gesture-required",
  "--use-fake-ui-for-media-stream",
  "--use-fake-device-for-media-stream",
  // What its microphone hears, over and over.
  `--use-file-for-fake-audio-capture=${fileURLToPath(new URL(HEARD, import.meta.url))}`,
];

/** Longest single answer of a browser, in milliseconds: a watchdog, no deadline. */
const WATCHDOG_MS = 600_000;

/** Starts Chromium (over its own protocol) or Firefox (over WebDriver BiDi), with a profile of its own unless given one. */
export async function launchPuppet(engine: Engine, profile?: string): Promise<Browser> {
  const options: LaunchOptions = {
    browser: engine === "chromium" ? "chrome" : "firefox",
    executablePath: find(engine),
    headless: true,
    protocolTimeout: WATCHDOG_MS,
    args: engine === "chromium" ? CHROMIUM_FLAGS : [],
    pipe: engine === "chromium",
    ...(profile === undefined ? {} : { userDataDir: profile }),
  };
  const puppet = await puppeteer.launch(options);
  const version = await puppet.version();
  return { engine, version, newPage: () => openTab(engine, puppet), close: () => puppet.close() };
}

function find(engine: Engine): string {
  const folders = (process.env["PATH"] ?? "").split(delimiter);
  const candidates = PROGRAMS[engine].flatMap((program) => folders.map((folder) => join(folder, program)));
  const found = candidates.find((it) => existsSync(it));
  if (!found)
    throw new Error(`${engine} is not installed: none of ${PROGRAMS[engine].join(", ")} is in PATH`);
  return found;
}

async function openTab(engine: Engine, puppet: Puppet): Promise<Page> {
  const tab = await puppet.newPage();
  tab.setDefaultTimeout(WATCHDOG_MS);
  return new PuppetPage(engine, tab);
}

class PuppetPage implements Page {
  readonly #log: string[] = [];
  #session: CDPSession | undefined;

  constructor(
    readonly engine: Engine,
    readonly tab: Tab,
  ) {
    tab.on("console", (message) => this.#log.push(`${message.type()}: ${message.text()}`));
    tab.on("pageerror", (error) => this.#log.push(`uncaught: ${String(error)}`));
  }

  async log(): Promise<readonly string[]> {
    return this.#log;
  }

  async goto(url: string): Promise<void> {
    await this.tab.goto(url, { waitUntil: "load" });
  }

  async evaluate<T, A>(body: (arg: A) => T | Promise<T>, arg?: A): Promise<T> {
    return outcome<T>((await this.tab.evaluate(evaluationSource(body, arg))) as string);
  }

  async screenshot({ width, height, colorScheme }: ScreenshotOptions = {}): Promise<Uint8Array> {
    if (width && height) await this.tab.setViewport({ width, height });
    if (colorScheme) {
      await this.tab.emulateMediaFeatures([{ name: "prefers-color-scheme", value: colorScheme }]);
    }
    return this.tab.screenshot();
  }

  async cpu(): Promise<CpuMetrics> {
    if (!this.#session) {
      this.#session = await this.tab.createCDPSession();
      // Thread ticks count what this thread computed, not how long others kept it waiting.
      await this.#session.send("Performance.enable", { timeDomain: "threadTicks" });
    }
    const { metrics } = await this.#session.send("Performance.getMetrics");
    const value = (name: string) => metrics.find((it) => it.name === name)?.value ?? 0;
    return {
      taskSeconds: value("TaskDuration"),
      scriptSeconds: value("ScriptDuration"),
      heapBytes: value("JSHeapUsedSize"),
    };
  }

  close(): Promise<void> {
    return this.tab.close();
  }
}
