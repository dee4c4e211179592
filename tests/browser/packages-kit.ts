/** What tests of packages share: packages by their parts, and executors that are written here. */
import { createHash, generateKeyPairSync, type KeyObject, sign } from "node:crypto";
import { crc32, deflateRawSync } from "node:zlib";
import binaryen from "binaryen";
import type { Bench, Page } from "./harness/index.ts";
import { chain, openKit } from "./kit.ts";

/** A file of a package. */
export interface Part {
  name: string;
  data: Buffer;
  /** Whether it lies in the archive as it is. */
  stored: boolean;
}

/** Files that are stored, as the format has it. */
const STORED = /^(models|media)\//;

export const PACKAGE = "/p.rmpkg";

/** The manifest of a package that doubles its input, whatever else it holds. */
export function doubling(more: object = {}): object {
  return { ...chain("MultiplyNode"), package: { format: 2 }, ...more };
}

/** The parts of a package of format 2, with its lock. `key`: who signs it. */
export function parts(
  manifest: object,
  files: Record<string, Buffer | string> = {},
  key?: { privateKey: KeyObject; publicKey: KeyObject },
): Part[] {
  const part = (name: string, data: Buffer | string): Part => {
    return { name, data: Buffer.from(data), stored: STORED.test(name) };
  };
  const listed = Object.entries(files).map(([name, data]) => part(name, data));
  const locked = [part("manifest.json", JSON.stringify(manifest)), ...listed];
  const entries = Object.fromEntries(
    locked.map(({ name, data }) => [name, { sha256: hashOf(data), size: data.length }]),
  );
  const lock = { version: 1, entries, ...(key ? { signed_by: [idOf(key.publicKey)] } : {}) };
  const made = [locked[0]!, part("package.lock.json", JSON.stringify(lock))];
  if (key) made.push(part("signature", signatureOf(made[1]!.data, key)));
  return [...made, ...listed];
}

export function hashOf(data: Buffer): string {
  return createHash("sha256").update(data).digest("hex");
}

export function newKey(): { privateKey: KeyObject; publicKey: KeyObject } {
  return generateKeyPairSync("ed25519");
}

/** The key as packages and pages write it, in base64. */
export function textOf(key: KeyObject): string {
  return rawOf(key).toString("base64");
}

function rawOf(key: KeyObject): Buffer {
  return Buffer.from(key.export({ format: "jwk" }).x ?? "", "base64url");
}

export function idOf(key: KeyObject): string {
  return hashOf(rawOf(key)).slice(0, 16);
}

function signatureOf(
  lock: Buffer,
  { privateKey, publicKey }: { privateKey: KeyObject; publicKey: KeyObject },
): string {
  const signature = sign(null, Buffer.concat([Buffer.from("remotemedia package v1\n"), lock]), privateKey);
  const one = {
    key: idOf(publicKey),
    public_key: textOf(publicKey),
    signature: signature.toString("base64"),
  };
  return JSON.stringify({ version: 1, signatures: [one] });
}

/** A ZIP archive of the parts, in their order. */
export function zip(parts: readonly Part[]): Buffer {
  const pieces: Buffer[] = [];
  const directory: Buffer[] = [];
  let at = 0;
  for (const { name, data, stored } of parts) {
    const packed = stored ? data : deflateRawSync(data);
    const facts = Buffer.alloc(26);
    facts.writeUInt16LE(20, 0);
    facts.writeUInt16LE(stored ? 0 : 8, 4);
    // The first of January 1980.
    facts.writeUInt16LE(33, 8);
    facts.writeUInt32LE(crc32(data), 10);
    facts.writeUInt32LE(packed.length, 14);
    facts.writeUInt32LE(data.length, 18);
    facts.writeUInt16LE(name.length, 22);
    const local = Buffer.concat([Buffer.from("PK\x03\x04"), facts, Buffer.from(name), packed]);
    const rest = Buffer.alloc(14);
    rest.writeUInt32LE(at, 10);
    const made = Buffer.from([20, 0]);
    directory.push(Buffer.concat([Buffer.from("PK\x01\x02"), made, facts, rest, Buffer.from(name)]));
    pieces.push(local);
    at += local.length;
  }
  const listed = Buffer.concat(directory);
  const end = Buffer.alloc(18);
  end.writeUInt16LE(parts.length, 4);
  end.writeUInt16LE(parts.length, 6);
  end.writeUInt32LE(listed.length, 8);
  end.writeUInt32LE(at, 12);
  return Buffer.concat([...pieces, listed, Buffer.from("PK\x05\x06"), end]);
}

/** A wheel of pure Python with one module. */
export function wheel(name: string, source: string): Buffer {
  const file = (path: string, text: string): Part => ({ name: path, data: Buffer.from(text), stored: false });
  const info = `${name}-1.0.dist-info/METADATA`;
  return zip([file(`${name}/__init__.py`, source), file(info, `Name: ${name}\n`)]);
}

/** Bytes without a pattern, the same each time. */
export function noise(size: number): Buffer {
  const bytes = Buffer.alloc(size);
  let state = size;
  for (let at = 0; at < size; at += 1) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    bytes[at] = state >>> 24;
  }
  return bytes;
}

/** A page with a runtime as `kit.runtime`, on a server that has `archive` at {@link PACKAGE}. */
export async function openPackaged(bench: Bench, archive: Buffer | Part[]): Promise<Page> {
  const page = await openKit(bench);
  serve(bench, archive);
  await page.evaluate(async () => {
    kit.runtime = await rm.Runtime.start();
  });
  return page;
}

export function serve(bench: Bench, archive: Buffer | Part[], path = PACKAGE): void {
  bench.server.fault(path, { body: Buffer.isBuffer(archive) ? archive : zip(archive) });
}

/** A WASI command; its `_start` is written in the text format of WebAssembly. */
export function command(start: string, { memory = "2", data = "", imports = "" } = {}): Buffer {
  const wasi = (name: string, params: string, result = "(result i32)"): string =>
    `(import "wasi_snapshot_preview1" "${name}" (func $${name} (param ${params}) ${result}))`;
  const text = `(module
    ${wasi("fd_read", "i32 i32 i32 i32")}
    ${wasi("fd_write", "i32 i32 i32 i32")}
    ${wasi("proc_exit", "i32", "")}
    ${imports}
    (memory (export "memory") ${memory})
    (data (i32.const 1024) "${escaped(data)}")
    (func $put (param $fd i32) (param $at i32) (param $length i32)
      (i32.store (i32.const 0) (local.get $at))
      (i32.store (i32.const 4) (local.get $length))
      (drop (call $fd_write (local.get $fd) (i32.const 0) (i32.const 1) (i32.const 8))))
    (func $get (result i32)
      (i32.store (i32.const 0) (i32.const 65536))
      (i32.store (i32.const 4) (i32.const 60000))
      (drop (call $fd_read (i32.const 0) (i32.const 0) (i32.const 1) (i32.const 8)))
      (i32.load (i32.const 8)))
    (func (export "_start") ${start}))`;
  const module = binaryen.parseText(text);
  try {
    return Buffer.from(module.emitBinary());
  } finally {
    module.dispose();
  }
}

/**
 * A WASI command that writes texts, in order; `null` stands for all that it was given. It ends with `code`.
 */
export function saying(texts: [fd: 1 | 2, text: string | null][], code = 0): Buffer {
  let at = 1024;
  const calls = texts.map(([fd, text]) => {
    if (text === null) return `(call $put (i32.const ${fd}) (i32.const 65536) (local.get $n))`;
    const length = Buffer.byteLength(text);
    at += length;
    return `(call $put (i32.const ${fd}) (i32.const ${at - length}) (i32.const ${length}))`;
  });
  const data = texts.map(([, text]) => text ?? "").join("");
  const end = `(call $proc_exit (i32.const ${code}))`;
  return command(`(local $n i32) (local.set $n (call $get)) ${calls.join(" ")} ${end}`, { data });
}

/** A string of the text format. */
function escaped(text: string): string {
  return [...Buffer.from(text)].map((byte) => `\\${byte.toString(16).padStart(2, "0")}`).join("");
}
