/** Runs jobs of `hosts.ts`, JSON on standard input, under Node's WASI, one after the other; tells what became of them. */
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { WASI } from "node:wasi";

const module = await WebAssembly.compile(readFileSync(process.argv[2]));
const folder = mkdtempSync(join(tmpdir(), "rm-wasi-"));
const file = (name) => join(folder, name);

function once({ stdin, folders }) {
  writeFileSync(file("stdin"), stdin);
  const streams = {
    stdin: openSync(file("stdin"), "r"),
    stdout: openSync(file("stdout"), "w"),
    stderr: openSync(file("stderr"), "w"),
  };
  try {
    const wasi = new WASI({ version: "preview1", ...streams, preopens: folders, returnOnExit: true });
    const begun = performance.now();
    const code = wasi.start(new WebAssembly.Instance(module, wasi.getImportObject()));
    const ms = performance.now() - begun;
    const read = (name) => readFileSync(file(name), "utf8");
    return { code, ms, stdout: read("stdout"), stderr: read("stderr") };
  } finally {
    Object.values(streams).forEach(closeSync);
  }
}

try {
  process.stdout.write(JSON.stringify(JSON.parse(readFileSync(0, "utf8")).map(once)));
} finally {
  rmSync(folder, { recursive: true });
}
