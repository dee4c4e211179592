import type { ResultFile } from "./shown.ts";

/** Files in one archive. The code for it is fetched with the first. */
export async function archive(files: readonly ResultFile[]): Promise<Blob> {
  const { zipSync } = await import("fflate");
  const entries = await Promise.all(
    files.map(async ({ name, content }): Promise<[string, Uint8Array]> => {
      return [name, new Uint8Array(await new Blob([content]).arrayBuffer())];
    }),
  );
  const packed = zipSync(Object.fromEntries(entries), { level: 6 });
  return new Blob([packed as Uint8Array<ArrayBuffer>], { type: "application/zip" });
}
