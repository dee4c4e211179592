import type { Runtime } from "remotemedia";

/** Times that the package could not be had. */
let failures = 0;

/** The published package, as anybody would import it: a file beside the page. */
export async function startRuntime(
  onProgress: (progress: { name: string; loaded: number; total: number | null }) => void,
): Promise<Runtime> {
  const { Runtime } = await load();
  return Runtime.start({ onProgress });
}

async function load(): Promise<typeof import("remotemedia")> {
  const url = new URL("./remotemedia/remotemedia.js", document.baseURI);
  // Some browsers remember for good that an address gave nothing.
  if (failures > 0) url.search = `again=${failures}`;
  try {
    return (await import(/* @vite-ignore */ url.href)) as typeof import("remotemedia");
  } catch (error) {
    failures += 1;
    throw error;
  }
}
