import { type ChildProcess, spawn } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { createServer, type AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Browser, evaluationSource, outcome, type Page, type ScreenshotOptions } from "./page.ts";

/** Longest script, in milliseconds: a watchdog, no deadline. */
const WATCHDOG_MS = 600_000;

/** What ends this process without its `exit` event. */
const SIGNALS = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

/** How often, and how long (in milliseconds), the driver is asked whether it listens. */
const DRIVER_PROBES = 100;
const PROBE_MS = 100;

/** Starts WebKitGTK through its WebDriver, on a virtual screen. */
export async function launchWebkit(): Promise<Browser> {
  const driver = await Driver.start();
  try {
    const capabilities = await driver.open();
    const version = `${capabilities.browserName} ${capabilities.browserVersion}`;
    const page = new WebkitPage(driver);
    return { engine: "webkit", version, newPage: async () => page.fresh(), close: () => driver.close() };
  } catch (error) {
    await driver.close();
    throw error;
  }
}

interface Capabilities {
  browserName: string;
  browserVersion: string;
}

/** The driver's process and its one session. */
class Driver {
  readonly lines: string[] = [];
  #session = "";

  private constructor(
    readonly process: ChildProcess,
    readonly port: number,
    readonly profile: string,
  ) {}

  static async start(): Promise<Driver> {
    const profile = mkdtempSync(join(tmpdir(), "rm-webkit-"));
    const port = await freePort();
    const env = {
      ...process.env,
      HOME: profile,
      XDG_DATA_HOME: join(profile, "data"),
      XDG_CACHE_HOME: join(profile, "cache"),
      XDG_CONFIG_HOME: join(profile, "config"),
      // Off by default in this port; Safari has it.
      JSC_useSharedArrayBuffer: "1",
      LIBGL_ALWAYS_SOFTWARE: "1",
      WEBKIT_DISABLE_DMABUF_RENDERER: "1",
    };
    const command = ["-a", "WebKitWebDriver", `--port=${port}`];
    // A group of its own, so that the screen and the browser end with the driver.
    const child = spawn("xvfb-run", command, { env, detached: true, stdio: ["ignore", "pipe", "pipe"] });
    const driver = new Driver(child, port, profile);
    child.on("error", (error) => driver.lines.push(String(error)));
    for (const stream of [child.stdout, child.stderr])
      stream?.on("data", (text) => driver.#hear(String(text)));
    process.once("exit", driver.kill);
    for (const signal of SIGNALS) process.once(signal, driver.interrupt);
    await driver.#listening();
    return driver;
  }

  #hear(text: string): void {
    this.lines.push(...text.split("\n").filter((it) => it.length > 0));
  }

  async #listening(): Promise<void> {
    for (let probe = 0; probe < DRIVER_PROBES; probe += 1) {
      const status = await fetch(`http://127.0.0.1:${this.port}/status`).catch(() => undefined);
      if (status?.ok) return;
      await new Promise((resolve) => setTimeout(resolve, PROBE_MS));
    }
    this.kill();
    throw new Error(`WebKitWebDriver does not listen\n${this.lines.join("\n")}`);
  }

  async open(): Promise<Capabilities> {
    const browser = { binary: miniBrowser(), args: ["--automation"] };
    const wanted = { capabilities: { alwaysMatch: { "webkitgtk:browserOptions": browser } } };
    const opened = await this.#send<{ sessionId: string; capabilities: Capabilities }>(
      "POST",
      "/session",
      wanted,
    );
    this.#session = `/session/${opened.sessionId}`;
    await this.command("POST", "/timeouts", { script: WATCHDOG_MS, pageLoad: WATCHDOG_MS });
    return opened.capabilities;
  }

  /** Sends one command of the session. */
  command<T>(method: string, path: string, body?: object): Promise<T> {
    return this.#send<T>(method, this.#session + path, body);
  }

  async #send<T>(method: string, path: string, body?: object): Promise<T> {
    const init = body ? { method, body: JSON.stringify(body) } : { method };
    const response = await fetch(`http://127.0.0.1:${this.port}${path}`, init);
    const { value } = (await response.json()) as { value: T & { error?: string; message?: string } };
    if (!response.ok) throw new Error(`WebDriver ${path}: ${value.error}: ${value.message}`);
    return value;
  }

  async close(): Promise<void> {
    // The driver serves one session at a time and keeps one that is not deleted.
    if (this.#session) await this.command("DELETE", "").catch(() => undefined);
    this.kill();
  }

  readonly interrupt = (): void => {
    this.kill();
    process.exit(1);
  };

  readonly kill = (): void => {
    process.removeListener("exit", this.kill);
    for (const signal of SIGNALS) process.removeListener(signal, this.interrupt);
    try {
      if (this.process.pid) process.kill(-this.process.pid, "SIGKILL");
    } catch {
      // It has ended already.
    }
    rmSync(this.profile, { recursive: true, force: true, maxRetries: 3 });
  };
}

class WebkitPage implements Page {
  readonly engine = "webkit";

  constructor(readonly driver: Driver) {}

  async fresh(): Promise<WebkitPage> {
    await this.goto("about:blank");
    return this;
  }

  /** This driver does not tell; the server puts a script that keeps the log into every page. */
  async log(): Promise<string[]> {
    const script = "return globalThis.__log ?? []";
    return this.driver.command<string[]>("POST", "/execute/sync", { script, args: [] });
  }

  async goto(url: string): Promise<void> {
    await this.driver.command("POST", "/url", { url });
  }

  async evaluate<T, A>(body: (arg: A) => T | Promise<T>, arg?: A): Promise<T> {
    const script = `const done = arguments[arguments.length - 1]; ${evaluationSource(body, arg)}.then(done);`;
    return outcome<T>(await this.driver.command<string>("POST", "/execute/async", { script, args: [] }));
  }

  async screenshot({ width, height, colorScheme }: ScreenshotOptions = {}): Promise<Uint8Array> {
    if (colorScheme) throw new Error("WebKit cannot emulate a color scheme");
    if (width && height) await this.driver.command("POST", "/window/rect", { width, height });
    return Buffer.from(await this.driver.command<string>("GET", "/screenshot"), "base64");
  }

  cpu(): Promise<never> {
    return Promise.reject(new Error("WebKit tells no CPU time"));
  }

  async close(): Promise<void> {
    await this.goto("about:blank");
  }
}

/** Debian keeps it in a folder named after the architecture and the library's version. */
function miniBrowser(): string {
  const folders = readdirSync("/usr/lib").map((it) => `/usr/lib/${it}`);
  const versions = ["webkit2gtk-4.1", "webkitgtk-6.0", "webkit2gtk-4.0"];
  const candidates = [...folders, "/usr/libexec"].flatMap((it) =>
    versions.map((version) => `${it}/${version}/MiniBrowser`),
  );
  const found = candidates.find((it) => existsSync(it));
  if (!found) throw new Error("MiniBrowser is not installed: Debian's package webkit2gtk-driver has it");
  return found;
}

async function freePort(): Promise<number> {
  const probe = createServer();
  await new Promise<void>((resolve) => probe.listen(0, "127.0.0.1", resolve));
  const { port } = probe.address() as AddressInfo;
  await new Promise((resolve) => probe.close(resolve));
  return port;
}
