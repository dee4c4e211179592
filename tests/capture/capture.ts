/**
 * A short film of the site as it is: opened, a pipeline of Rust and Python run, a recording transcribed.
 *
 *     cargo xtask capture
 */
import { writeFile } from "node:fs/promises";
import type { Page as Tab } from "puppeteer-core";
import { id } from "../browser/demo-page.ts";
import { launch, type Page, TestServer } from "../browser/harness/index.ts";
import { Film } from "./film.ts";

/** Pixels; a README is about as wide. */
const SIZE = { width: 800, height: 600 };
/** Bytes that the film may have, at most: everybody who opens the README fetches it. */
const MOST = 2_000_000;

const [file = "docs/capture.gif"] = process.argv.slice(2);

const server = await TestServer.start();
const browser = await launch("chromium");
try {
  const page = await browser.newPage();
  const { tab } = page as Page & { tab: Tab };
  await page.screenshot({ ...SIZE, colorScheme: "light" });
  // What has been fetched once comes from the cache, as it does for everybody who returns.
  await page.goto(server.url("/site/?sw=off"));
  await tab.waitForSelector(`${id("run")}[aria-disabled="false"]`);
  const film = await Film.start(tab);
  await play(tab);
  const { gif, pictures, seconds } = await film.end();
  if (gif.length > MOST) throw new Error(`the film has ${gif.length} bytes, more than ${MOST}`);
  await writeFile(file, gif);
  console.log(`${file}: ${gif.length} bytes, ${pictures} pictures, ${seconds.toFixed(1)} s`);
} finally {
  await browser.close();
  await server.close();
}

async function play(tab: Tab): Promise<void> {
  const click = (name: string): Promise<void> => tab.locator(id(name)).click();
  await pause(900);
  await click("example-mixed");
  await pause(800);
  await click("run");
  await tab.waitForSelector(`${id("console")}[data-state="done"]`);
  await pause(1500);
  await tab.evaluate(() => scrollTo(0, 0));
  await click("view-speech");
  await tab.waitForSelector(`${id("transcribe")}[aria-disabled="false"]`);
  await tab.locator(`${id("sound")} ::-p-text(Date time)`).click();
  await tab.waitForSelector(`${id("play")}[aria-disabled="false"]`);
  await pause(600);
  await click("transcribe");
  await tab.waitForSelector(`${id("speech")}[data-state="done"]`);
  await tab.$eval(id("segment"), (it) => it.scrollIntoView({ block: "center" }));
  await pause(800);
}

/** For the eye: a viewer needs time. */
function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
