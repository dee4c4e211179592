import type { Runtime } from "remotemedia";

/** The published package, as anybody would import it: a file beside the page. */
export async function startRuntime(
  onProgress: (progress: { name: string; loaded: number; total: number | null }) => void,
): Promise<Runtime> {
  const url = new URL("./remotemedia/remotemedia.js", document.baseURI).href;
  const bundle = (await import(/* @vite-ignore */ url)) as typeof import("remotemedia");
  return bundle.Runtime.start({ onProgress });
}
