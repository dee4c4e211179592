/** The WASI command under the hosts of the tests. */
import { spawn } from "node:child_process";
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { Worker } from "node:worker_threads";

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

/** Node's WASI, in a thread of its own, whose stack is four times as deep as that of the first one. */
export const node: Host = async (jobs, command = COMMAND) => {
  const folder = mkdtempSync(join(tmpdir(), "rm-wasi-"));
  try {
    const module = await WebAssembly.compile(await readFile(command));
    const answers: Answer[] = [];
    for (const job of jobs) answers.push(await once(module, job, folder));
    return answers;
  } finally {
    rmSync(folder, { recursive: true });
  }
};

const THREAD = `
  const { workerData, parentPort } = require("node:worker_threads");
  const { WASI } = require("node:wasi");
  const { module, stdin, stdout, stderr, preopens } = workerData;
  const wasi = new WASI({ version: "preview1", stdin, stdout, stderr, preopens, returnOnExit: true });
  const begun = performance.now();
  const instance = new WebAssembly.Instance(module, wasi.getImportObject());
  const code = wasi.start(instance);
  parentPort.postMessage({ code, ms: performance.now() - begun });
`;

async function once(module: WebAssembly.Module, { stdin, folders }: Job, folder: string): Promise<Answer> {
  const file = (name: string) => join(folder, name);
  writeFileSync(file("stdin"), stdin);
  const streams = {
    stdin: openSync(file("stdin"), "r"),
    stdout: openSync(file("stdout"), "w"),
    stderr: openSync(file("stderr"), "w"),
  };
  try {
    const workerData = { module, ...streams, preopens: folders };
    const options = { eval: true, execArgv: ["--no-warnings"] };
    const worker = new Worker(THREAD, { ...options, workerData });
    const ended = await new Promise<{ code: number; ms: number }>((resolve, reject) => {
      worker.once("message", resolve).once("error", reject);
      worker.once("exit", () => reject(new Error("the thread ended without an answer")));
    });
    const read = (name: string) => readFileSync(file(name), "utf8");
    return { ...ended, stdout: read("stdout"), stderr: read("stderr") };
  } finally {
    Object.values(streams).forEach(closeSync);
  }
}

/** wasmtime, by its Python package; `cargo xtask test` installs it. */
export const wasmtime: Host = async (jobs, command = COMMAND) => {
  const python = path("target/wasmtime/bin/python");
  const child = spawn(python, [path("tests/wasi/wasmtime_host.py"), command]);
  child.stdin.end(JSON.stringify(jobs));
  const [stdout, stderr] = await Promise.all([child.stdout, child.stderr].map(text));
  if (!stdout) throw new Error(`wasmtime: ${stderr}`);
  return JSON.parse(stdout) as Answer[];
};

async function text(stream: AsyncIterable<Buffer>): Promise<string> {
  const parts: Buffer[] = [];
  for await (const part of stream) parts.push(part);
  return Buffer.concat(parts).toString("utf8");
}

/** Every host, by name. */
export const HOSTS: Record<string, Host> = { "Node's WASI": node, wasmtime };
