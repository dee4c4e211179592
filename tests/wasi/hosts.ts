/** The WASI command under the hosts of the tests. */
import { spawn } from "node:child_process";
import { fileURLToPath } from "node:url";

const path = (relative: string) => fileURLToPath(new URL(`../../${relative}`, import.meta.url));

/** The command, as `cargo xtask build` leaves it. */
export const COMMAND = path("dist/pipeline_executor_wasm.wasm");

/** One run of the command. */
export interface Job {
  stdin: string;
  /** What the command calls a folder, and where it is. */
  folders?: Record<string, string>;
}

/** What became of it. */
export interface Answer {
  code: number;
  stdout: string;
  stderr: string;
  /** Milliseconds from the start of the instance to its end. */
  ms: number;
}

/** Runs jobs one after the other, of one compiled module. */
export type Host = (jobs: readonly Job[], command?: string) => Promise<Answer[]>;

/** Options of Node: by the short way that it calls WASI's functions, Node 20 now and then ruins its memory. */
export const NODE_OPTIONS = ["--no-warnings", "--no-turbo-fast-api-calls"];

/** Node's WASI, in a process of its own, whose first thread may have a stack as deep as an interpreter needs. */
export const node: Host = (jobs, command = COMMAND) =>
  ask(
    process.execPath,
    [...NODE_OPTIONS, "--stack-size=3900", path("tests/wasi/node_host.mjs"), command],
    jobs,
  );

/** wasmtime, by its Python package; `cargo xtask test` installs it. */
export const wasmtime: Host = (jobs, command = COMMAND) =>
  ask(path("target/wasmtime/bin/python"), [path("tests/wasi/wasmtime_host.py"), command], jobs);

async function ask(program: string, args: string[], jobs: readonly Job[]): Promise<Answer[]> {
  const child = spawn(program, args);
  child.stdin.end(JSON.stringify(jobs));
  const ended = new Promise((resolve) => child.once("close", (code, signal) => resolve(signal ?? code)));
  const [stdout, stderr] = await Promise.all([child.stdout, child.stderr].map(text));
  if (!stdout) throw new Error(`${program} ended with ${String(await ended)}: ${stderr}`);
  return JSON.parse(stdout) as Answer[];
}

async function text(stream: AsyncIterable<Buffer>): Promise<string> {
  const parts: Buffer[] = [];
  for await (const part of stream) parts.push(part);
  return Buffer.concat(parts).toString("utf8");
}

/** Every host, by name. */
export const HOSTS: Record<string, Host> = { "Node's WASI": node, wasmtime };
