/** The command `remotemedia`, as cargo builds it. */
import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

const ROOT = fileURLToPath(new URL("../", import.meta.url));
const exec = promisify(execFile);

let built: Promise<string> | undefined;

/** The command's file; built if it is not fresh. */
function command(): Promise<string> {
  built ??= build();
  return built;
}

async function build(): Promise<string> {
  const words = ["build", "--quiet", "-p", "cli", "--bin", "remotemedia", "--message-format=json"];
  const { stdout } = await exec(process.env["CARGO"] ?? "cargo", words, { cwd: ROOT, maxBuffer: 1 << 26 });
  const messages = stdout
    .split("\n")
    .filter(Boolean)
    .map((it) => JSON.parse(it) as { executable?: string | null });
  const file = messages.findLast((it) => it.executable)?.executable;
  if (!file) throw new Error("cargo built no command");
  return file;
}

/** Runs the command; gives what it prints. Rejects with what it complains of if it fails. */
export async function remotemedia(...words: string[]): Promise<string> {
  return (await exec(await command(), words, { cwd: ROOT, maxBuffer: 1 << 26 })).stdout;
}

/** What `inspect` tells of a package, as far as tests ask. */
export interface Inspected {
  sha256: string;
  permissions: string[];
  entries: { name: string; size: number; sha256: string }[];
}

export async function inspect(file: string): Promise<Inspected> {
  return JSON.parse(await remotemedia("inspect", file, "--json")) as Inspected;
}
