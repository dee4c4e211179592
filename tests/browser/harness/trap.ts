/**
 * Plants a trap into a built wasm module: the first instruction of a function becomes `unreachable`.
 *
 * That is what a panic comes to, in the very module that is shipped, without a build of its own for tests.
 */
import { readFileSync } from "node:fs";

const [IMPORT, CODE, CUSTOM] = [2, 10, 0];
const [UNREACHABLE, NOP, LOCAL_GET, GLOBAL_GET] = [0x00, 0x01, 0x20, 0x23];

class Reader {
  at: number;
  constructor(
    readonly bytes: Uint8Array,
    at = 0,
  ) {
    this.at = at;
  }
  byte(): number {
    return this.bytes[this.at++] ?? 0;
  }
  number(): number {
    let value = 0;
    for (let shift = 0; ; shift += 7) {
      const byte = this.byte();
      value += (byte & 0x7f) * 2 ** shift;
      if (byte < 0x80) return value;
    }
  }
  text(): string {
    const size = this.number();
    this.at += size;
    return Buffer.from(this.bytes.subarray(this.at - size, this.at)).toString();
  }
  times(what: (at: number) => void): void {
    const count = this.number();
    for (let i = 0; i < count; i += 1) what(i);
  }
}

interface Module {
  importedFunctions: number;
  /** Where the instructions of each own function begin. */
  starts: number[];
  names: Map<number, string>;
}

function parse(bytes: Uint8Array): Module {
  const module: Module = { importedFunctions: 0, starts: [], names: new Map() };
  const reader = new Reader(bytes, 8);
  while (reader.at < bytes.length) {
    const section = reader.byte();
    const size = reader.number();
    const end = reader.at + size;
    if (section === IMPORT) reader.times(() => (module.importedFunctions += isFunction(reader) ? 1 : 0));
    if (section === CODE) reader.times(() => module.starts.push(skipFunction(reader)));
    if (section === CUSTOM && reader.text() === "name") readNames(reader, end, module.names);
    reader.at = end;
  }
  return module;
}

function isFunction(reader: Reader): boolean {
  reader.text();
  reader.text();
  const kind = reader.byte();
  if (kind === 1 || kind === 3) reader.byte();
  if (kind === 1 || kind === 2) if (reader.number() & 1) reader.number();
  reader.number();
  return kind === 0;
}

function skipFunction(reader: Reader): number {
  const size = reader.number();
  const end = reader.at + size;
  reader.times(() => {
    reader.number();
    reader.byte();
  });
  const start = reader.at;
  reader.at = end;
  return start;
}

function readNames(reader: Reader, end: number, names: Map<number, string>): void {
  while (reader.at < end) {
    const kind = reader.byte();
    const size = reader.number();
    const next = reader.at + size;
    if (kind === 1) reader.times(() => names.set(reader.number(), reader.text()));
    reader.at = next;
  }
}

/** The module `target/bindgen/NAME`, which still has its names, with a trap in each function whose name matches. */
export function withTrap(name: string, where: RegExp): Uint8Array {
  const file = new URL(`../../../target/bindgen/${name}/${name}_bg.wasm`, import.meta.url);
  const bytes = new Uint8Array(readFileSync(file));
  const module = parse(bytes);
  let planted = 0;
  for (const [index, text] of module.names) {
    const start = module.starts[index - module.importedFunctions];
    if (start === undefined || !where.test(text)) continue;
    const first = bytes[start];
    // Two bytes long, both of them; what follows `unreachable` may take any operand.
    if ((first !== LOCAL_GET && first !== GLOBAL_GET) || (bytes[start + 1] ?? 0) > 0x7f) continue;
    bytes.set([UNREACHABLE, NOP], start);
    planted += 1;
  }
  if (planted === 0)
    throw new Error(`${name}.wasm has no function like ${String(where)} that a trap fits in`);
  return bytes;
}
