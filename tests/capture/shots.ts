/**
 * Pictures of every view in both schemes, from a telephone to a desk, for people to look at.
 *
 *     cargo xtask shots [VIEW]
 */
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Page as Tab } from "puppeteer-core";
import { launch, type Page, TestServer } from "../browser/harness/index.ts";
import { id } from "../browser/demo-page.ts";
import { SCENES } from "./scenes.ts";

const WIDTHS = [360, 768, 1440];
const SCHEMES = ["light", "dark"] as const;
/** The lowest page that is shown whole, in CSS pixels; what is longer is cut there. */
const LONGEST = 6000;

const [folder = "target/shots", only = ""] = process.argv.slice(2);

const server = await TestServer.start();
const browser = await launch("chromium");
try {
  await mkdir(folder, { recursive: true });
  for (const [name, { address, prepare }] of Object.entries(SCENES)) {
    if (!name.startsWith(only)) continue;
    const page = await browser.newPage();
    const { tab } = page as Page & { tab: Tab };
    await tab.setViewport({ width: 1440, height: 900 });
    await page.goto(server.url(`/site/${address}`));
    await prepare(tab, id);
    for (const colorScheme of SCHEMES) {
      for (const width of WIDTHS) await shoot(page, tab, { name, width, colorScheme });
    }
    await page.close();
  }
} finally {
  await browser.close();
  await server.close();
}

async function shoot(
  page: Page,
  tab: Tab,
  { name, width, colorScheme }: { name: string; width: number; colorScheme: "light" | "dark" },
): Promise<void> {
  await page.screenshot({ width, height: 900, colorScheme });
  // What follows the width does so in its own time.
  await tab.evaluate(() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done))));
  const height = await page.evaluate(() => document.documentElement.scrollHeight);
  await tab.setViewport({ width, height: Math.min(height, LONGEST) });
  const file = join(folder, `${name}-${width}-${colorScheme}.png`);
  await writeFile(file, await tab.screenshot());
  console.log(file);
}
