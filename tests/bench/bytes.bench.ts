/** How many bytes of ours a page fetches, as a web server sends them. */
import { readFile } from "node:fs/promises";
import { brotliCompressSync, constants } from "node:zlib";
import { Bench, bench } from "./frame.ts";

const DIST = new URL("../../dist/remotemedia/", import.meta.url);

/** What a page fetches together: the build holds the same against its budgets. */
interface Together {
  files: string[];
  target?: number;
}

const { together } = JSON.parse(
  await readFile(new URL("../../xtask/js/budgets.json", import.meta.url), "utf8"),
) as { together: Together[] };

/** The size of a file under brotli's best quality, in bytes. */
async function brotli(name: string): Promise<number> {
  const bytes = await readFile(new URL(name, DIST));
  return brotliCompressSync(bytes, { params: { [constants.BROTLI_PARAM_SIZE_HINT]: bytes.length } }).length;
}

async function report(
  bench: Bench,
  metric: string,
  { files, target }: Together,
  limit: { what?: string; short?: string } = {},
): Promise<void> {
  const sizes = await Promise.all(files.map(brotli));
  const median = sizes.reduce((sum, it) => sum + it, 0);
  const note = files.map((it, at) => `${it} ${sizes[at]}`).join(", ");
  bench.report({
    bench: bench.name,
    engine: "remotemedia",
    metric,
    unit: "bytes",
    median,
    min: median,
    runs: 1,
    note,
    ...(target === undefined ? {} : { target }),
    ...limit,
  });
}

await bench("bytes", async (it) => {
  const [light, media, python] = together as [Together, Together, Together];
  await report(it, "brotli_light", light, {
    what: "Rust side over the wire (brotli), without media",
    short: "page and engine are two modules, and each brings its own allocator and frames",
  });
  await report(it, "brotli_with_media", media, {
    what: "the same with decoding, resampling and Whisper",
    short:
      "decoders of seven formats and the speech engine, built for speed; fetched when a pipeline needs it",
  });
  await report(it, "brotli_with_python", python);
});
