// Builds what Pyodide starts from: `remotemedia.tar` and, after importing the package, the memory snapshot `snapshot.bin`.
//
//     node snapshot.mjs --pyodide node_modules/pyodide --package python/remotemedia --out dist/remotemedia/pyodide
//
// The snapshot is restored and asked to run a node before it is written.
import { readFile, readdir, writeFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { parseArgs } from "node:util";

// Snapshots depend on one table entry more or less; without those that WebKit lacks one file serves all three engines.
Object.defineProperty(globalThis, "navigator", {
  value: { userAgent: "iPhone", platform: "iPhone" },
  configurable: true,
});

const SITE = "/lib/remotemedia";
/** Parts of the package for programs: no browser has a use for them. */
const NATIVE = /^remotemedia\/((host|_abi|_postcard)\.py$|pipelines\/)/;

/** A ustar archive of `files`: [name, bytes]. */
function tar(files) {
  const blocks = [];
  for (const [name, bytes] of files) {
    const header = Buffer.alloc(512);
    header.write(name, 0, 100);
    header.write("0000644\0", 100);
    header.write("0000000\0" + "0000000\0", 108);
    header.write(bytes.length.toString(8).padStart(11, "0") + "\0", 124);
    header.write("00000000000\0", 136);
    header.write("        0", 148);
    header.write("ustar\0" + "00", 257);
    const sum = header.reduce((total, byte) => total + byte, 0);
    header.write(sum.toString(8).padStart(6, "0") + "\0 ", 148);
    blocks.push(header, bytes, Buffer.alloc((512 - (bytes.length % 512)) % 512));
  }
  // A plain Uint8Array: Pyodide does not know Node's Buffer.
  return new Uint8Array(Buffer.concat([...blocks, Buffer.alloc(1024)]));
}

async function sources(folder, prefix) {
  const found = [];
  const entries = await readdir(folder, { withFileTypes: true });
  for (const entry of entries.sort((a, b) => (a.name < b.name ? -1 : 1))) {
    const [path, name] = [join(folder, entry.name), `${prefix}/${entry.name}`];
    if (entry.isDirectory() && entry.name !== "__pycache__") found.push(...(await sources(path, name)));
    else if (/\.(py|json)$/.test(entry.name) && !NATIVE.test(name)) found.push([name, await readFile(path)]);
  }
  return found;
}

/** A node run through the host that the snapshot holds. */
function check(pyodide) {
  const { Host } = pyodide.pyimport("remotemedia._host");
  const host = Host(
    () => {},
    () => 0,
    () => {},
  );
  host.guard_globals();
  const said = [
    host.open(0, "text", "TextProcessorNode", "{}", []),
    host.turn(0, '[["it works"],null]', [], 10, 1e9, 100),
    host.close(),
    host.reset(),
  ];
  if (!said[1].includes('"IT WORKS"'))
    throw new Error(`the restored snapshot does not work: ${said.join(" ")}`);
}

async function main() {
  const { values } = parseArgs({
    options: { pyodide: { type: "string" }, package: { type: "string" }, out: { type: "string" } },
  });
  if (!values.pyodide || !values.package || !values.out) {
    console.error("usage: node snapshot.mjs --pyodide DIR --package DIR --out DIR");
    process.exit(2);
  }
  const indexURL = resolve(values.pyodide) + "/";
  const { loadPyodide, version } = await import(pathToFileURL(indexURL + "pyodide.mjs").href);
  const archive = tar(await sources(values.package, "remotemedia"));

  const pyodide = await loadPyodide({ indexURL, _makeSnapshot: true });
  pyodide.unpackArchive(archive, "tar", { extractDir: SITE });
  const sys = pyodide.pyimport("sys");
  sys.path.append(SITE);
  // Files do not survive, modules do: everything is imported now, and nothing is compiled to files.
  sys.dont_write_bytecode = true;
  pyodide.pyimport("remotemedia.kinds").builtin_classes();
  pyodide.pyimport("remotemedia._host");
  pyodide.pyimport("asyncio");
  const snapshot = pyodide.makeMemorySnapshot();

  check(await loadPyodide({ indexURL, _loadSnapshot: snapshot }));
  await writeFile(join(values.out, "remotemedia.tar"), archive);
  await writeFile(join(values.out, "snapshot.bin"), snapshot);
  console.log(
    `Pyodide ${version}: snapshot.bin ${snapshot.length} bytes, remotemedia.tar ${archive.length} bytes`,
  );
}

main().catch((error) => {
  // Not the error itself: Node would print the line it came from, which has a million letters.
  console.error(error.stack);
  process.exit(1);
});
