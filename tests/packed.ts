/** The package as a user gets it: packed by npm and installed from that file, so that whatever is not packed is missing. */
import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { mkdir, readdir, readFile, rename, rm, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

export const ROOT = fileURLToPath(new URL("../", import.meta.url));
export const BUNDLE = join(ROOT, "dist/remotemedia");
/** Apps are built below this folder, beside the installed package. */
export const APPS = join(ROOT, "target/fixtures");

const exec = promisify(execFile);

/** What `npm pack` says of the package. */
export interface Packed {
  filename: string;
  files: { path: string; size: number }[];
}

/** Runs npm in `folder`; nothing is fetched. */
async function npm(folder: string, ...words: string[]): Promise<string> {
  const options = { cwd: folder, maxBuffer: 1 << 26, shell: process.platform === "win32" };
  const quiet = ["--offline", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"];
  return (await exec("npm", [...words, ...quiet], options)).stdout;
}

let listed: Promise<Packed> | undefined;

/** What would be packed. */
export function packList(): Promise<Packed> {
  listed ??= npm(BUNDLE, "pack", "--dry-run", "--json").then((text) => (JSON.parse(text) as Packed[])[0]!);
  return listed;
}

/** Installs the package in the folder {@link APPS}, for every app below it; gives the package's folder there. */
export async function install(): Promise<string> {
  const installed = join(APPS, "node_modules/remotemedia");
  const stamp = join(APPS, "installed.txt");
  const wanted = await fingerprint();
  if (existsSync(installed) && (await readFile(stamp, "utf8").catch(() => "")) === wanted) return installed;
  // Made aside, so that another test file that does the same at the same time finds all of it or nothing.
  const aside = join(APPS, `installing-${process.pid}`);
  await mkdir(aside, { recursive: true });
  const [packed] = JSON.parse(await npm(BUNDLE, "pack", "--json", "--pack-destination", aside)) as Packed[];
  const manifest = { name: "apps", private: true, dependencies: { remotemedia: `file:${packed!.filename}` } };
  await writeFile(join(aside, "package.json"), JSON.stringify(manifest));
  await npm(aside, "install");
  await rm(join(APPS, "node_modules"), { recursive: true, force: true });
  await rename(join(aside, "node_modules"), join(APPS, "node_modules"));
  await writeFile(stamp, wanted);
  await rm(aside, { recursive: true });
  return installed;
}

/** Changes whenever a file of the bundle does. */
async function fingerprint(): Promise<string> {
  const hash = createHash("sha256");
  for (const name of (await readdir(BUNDLE, { recursive: true })).sort()) {
    const { size, mtimeMs } = await stat(join(BUNDLE, name));
    hash.update(`${name} ${size} ${mtimeMs}\n`);
  }
  return hash.digest("hex");
}

/** Runs a tool of the project's own node_modules, by its script there. */
export async function tool(script: string, words: string[], folder = ROOT): Promise<string> {
  const options = { cwd: folder, maxBuffer: 1 << 26 };
  return (await exec(process.execPath, [join(ROOT, "node_modules", script), ...words], options)).stdout;
}
