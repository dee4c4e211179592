/** What a page and its workers hold in memory; Chromium only. */
import type { CDPSession, Page as Tab } from "puppeteer-core";
import type { Page } from "./page.ts";

/** What one thread holds. */
export interface Held {
  /** Address of its script; the page's own for the page. */
  url: string;
  /** Bytes in use after a collection of garbage: JavaScript objects, and buffers, the memory of wasm among them. */
  bytes: number;
}

/** What the page and each of its workers hold now. */
export async function heaps(page: Page): Promise<Held[]> {
  const { tab } = page as Page & { tab?: Tab };
  if (page.engine !== "chromium" || !tab) throw new Error(`${page.engine} does not tell what it holds`);
  const session = await tab.createCDPSession();
  try {
    const threads = [[tab.url(), session] as const];
    for (const worker of tab.workers()) threads.push([worker.url(), worker.client]);
    return await Promise.all(threads.map(async ([url, session]) => ({ url, bytes: await inUse(session) })));
  } finally {
    await session.detach();
  }
}

/** What all of them hold together, in bytes. */
export async function heapBytes(page: Page): Promise<number> {
  return (await heaps(page)).reduce((sum, { bytes }) => sum + bytes, 0);
}

async function inUse(session: CDPSession): Promise<number> {
  await session.send("HeapProfiler.collectGarbage");
  const usage = await session.send("Runtime.getHeapUsage");
  // Newer than the types of the protocol that are at hand.
  const { backingStorageSize = 0 } = usage as { backingStorageSize?: number };
  return usage.usedSize + backingStorageSize;
}
