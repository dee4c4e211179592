import type { Page as Tab } from "puppeteer-core";

type Id = (name: string) => string;

/** A view in one of its states. */
export interface Scene {
  address: string;
  prepare: (tab: Tab, id: Id) => Promise<void>;
}

/** Every view, as it is when it has something to show. */
export const SCENES: Record<string, Scene> = {
  pipelines: { address: "", prepare: runMixed },
  packages: { address: "#/packages", prepare: runKeywords },
  consent: { address: "#/packages", prepare: askFirst },
  pack: { address: "", prepare: openPack },
  speech: { address: "#/speech", prepare: transcribe },
  storage: {
    address: "#/storage",
    prepare: async (tab, id) => void (await tab.waitForSelector(id("offline-part"))),
  },
  about: {
    address: "#/about",
    prepare: async (tab, id) => void (await tab.waitForSelector(id("capability-row"))),
  },
  badge: { address: "", prepare: openBadge },
};

async function openBadge(tab: Tab, id: Id): Promise<void> {
  await tab.locator(id("capabilities")).click();
  await tab.waitForSelector(`${id("capability")}:nth-child(8)`);
}

async function runMixed(tab: Tab, id: Id): Promise<void> {
  await tab.waitForSelector(`${id("run")}[aria-disabled="false"]`);
  await tab.locator(id("example-mixed")).click();
  await tab.locator(id("run")).click();
  await tab.waitForSelector(`${id("console")}[data-state="done"]`);
}

async function transcribe(tab: Tab, id: Id): Promise<void> {
  await tab.waitForSelector(`${id("transcribe")}[aria-disabled="false"]`);
  await tab.locator(id("transcribe")).click();
  await tab.waitForSelector(`${id("speech")}[data-state="done"]`);
}

async function openKeywords(tab: Tab, id: Id): Promise<void> {
  await tab.locator(id("package-keywords")).click();
  await tab.waitForSelector(`${id("package")}:not([hidden])`);
  await tab.waitForSelector(`${id("run")}[aria-disabled="false"]`);
}

async function askFirst(tab: Tab, id: Id): Promise<void> {
  await openKeywords(tab, id);
  await tab.locator(id("run")).click();
  await tab.waitForSelector(id("consent"));
}

async function runKeywords(tab: Tab, id: Id): Promise<void> {
  await askFirst(tab, id);
  await tab.locator(id("confirm")).click();
  await tab.waitForSelector(`${id("console")}[data-state="done"]`);
}

async function openPack(tab: Tab, id: Id): Promise<void> {
  await tab.waitForSelector(`${id("run")}[aria-disabled="false"]`);
  await tab.locator(id("example-audio")).click();
  await tab.locator(id("pack")).click();
  await tab.waitForSelector(id("pack-dialog"));
}
