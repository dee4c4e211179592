// Prints the size of every file of a folder, raw and brotli. Usage: node sizes.mjs FOLDER CACHE.json
import { createHash } from "node:crypto";
import { readFileSync, readdirSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { brotliCompressSync, constants } from "node:zlib";

const [folder, cacheFile] = process.argv.slice(2);
const cache = readCache(cacheFile);
const kept = {};

/** Bytes as a web server sends them. The best quality, but for files where it takes minutes. */
function brotli(bytes) {
  const key = createHash("sha256").update(bytes).digest("hex");
  const quality = bytes.length > 4_000_000 ? 9 : 11;
  kept[key] = cache[key] ?? brotliCompressSync(bytes, { params: params(quality, bytes.length) }).length;
  return kept[key];
}

function params(quality, size) {
  return {
    [constants.BROTLI_PARAM_QUALITY]: quality,
    [constants.BROTLI_PARAM_LGWIN]: 22,
    [constants.BROTLI_PARAM_SIZE_HINT]: size,
  };
}

function readCache(file) {
  try {
    return JSON.parse(readFileSync(file, "utf8"));
  } catch {
    return {};
  }
}

const row = (name, raw, packed) =>
  console.log(`${name.padEnd(34)} ${raw.padStart(12)} ${packed.padStart(12)}`);
row("file", "bytes", "brotli");
for (const name of readdirSync(folder, { recursive: true }).sort()) {
  const file = join(folder, name);
  if (!statSync(file).isFile() || name.endsWith(".map") || name.endsWith(".d.ts")) continue;
  const bytes = readFileSync(file);
  row(name, bytes.length.toLocaleString("en"), brotli(bytes).toLocaleString("en"));
}
writeFileSync(cacheFile, JSON.stringify(kept));
