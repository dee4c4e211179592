// Where models are kept: a private file system, a cache, or memory.
import { CacheShelf } from "./cache.js";
import { MemoryShelf } from "./memory.js";
import { OpfsShelf } from "./opfs.js";
import type { Shelf } from "./shelf.js";

/** The best there is, and why it is not better. */
export async function openShelf(): Promise<{ shelf: Shelf; note?: string }> {
  try {
    return { shelf: await OpfsShelf.open() };
  } catch {
    // No private file system here, or not in this mode.
  }
  try {
    return { shelf: await CacheShelf.open() };
  } catch {
    const note =
      "this browser keeps no files for this page: models stay in memory and are gone when it is closed";
    return { shelf: new MemoryShelf(), note };
  }
}
