// Prints the size of every file of a folder, raw and brotli, and of what a page fetches together.
//
//     node xtask/js/sizes.mjs FOLDER CACHE.json [--strict]
//
// With --strict, which only the release build can bear, whatever is beyond its budget is an error.
import { createHash } from "node:crypto";
import { readFileSync, readdirSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { brotliCompressSync, constants } from "node:zlib";

const [folder, cacheFile, strict] = process.argv.slice(2);
const { files: budgets, together } = JSON.parse(
  readFileSync(new URL("budgets.json", import.meta.url), "utf8"),
);
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

const number = (it) => it?.toLocaleString("en") ?? "";
const row = (name, raw, packed, budget, note = "") =>
  console.log(
    `${name.padEnd(40)} ${number(raw).padStart(12)} ${number(packed).padStart(12)} ${number(budget).padStart(12)} ${note}`.trimEnd(),
  );

const over = [];
/** What is to be said of a size beside its budget. */
function judged(name, packed, budget, target) {
  if (budget !== undefined && packed > budget)
    over.push(`${name}: ${number(packed)}, budget ${number(budget)}`);
  return target !== undefined && packed > target ? `target ${number(target)}` : "";
}

console.log(`${"file".padEnd(40)} ${"bytes".padStart(12)} ${"brotli".padStart(12)} ${"budget".padStart(12)}`);
const sizes = {};
for (const name of readdirSync(folder, { recursive: true }).sort()) {
  const file = join(folder, name);
  if (!statSync(file).isFile() || name.endsWith(".map") || name.endsWith(".d.ts")) continue;
  const bytes = readFileSync(file);
  sizes[name] = [bytes.length, brotli(bytes)];
  const { budget, target } = budgets[name] ?? {};
  row(name, ...sizes[name], budget, judged(name, sizes[name][1], budget, target));
}
console.log();
for (const { what, files, budget, target } of together) {
  const [raw, packed] = [0, 1].map((at) => files.reduce((sum, it) => sum + sizes[it][at], 0));
  row(what, raw, packed, budget, judged(what, packed, budget, target));
}
writeFileSync(cacheFile, JSON.stringify(kept));
if (strict && over.length > 0) {
  console.error(`larger than xtask/js/budgets.json allows (brotli, bytes):\n  ${over.join("\n  ")}`);
  process.exitCode = 1;
}
