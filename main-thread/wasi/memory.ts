// The memory that a module may have, written into it: a module that asks for more while it runs is told no.
import { PipelineError } from "../js/errors.js";

const PAGE_BYTES = 65_536;
const MEMORY_SECTION = 5;
/** Magic number and version. */
const HEADER_BYTES = 8;

/** `wasm`, whose memory grows to `most` bytes at most. What is no module is left for the compiler to say so. */
export function limitMemory(wasm: Uint8Array<ArrayBuffer>, most: number): Uint8Array<ArrayBuffer> {
  const reader = new Reader(wasm, HEADER_BYTES);
  while (reader.at < wasm.length) {
    const start = reader.at;
    const id = reader.byte();
    const size = reader.number();
    const end = reader.at + size;
    if (id === MEMORY_SECTION) {
      const section = memorySection(reader, Math.floor(most / PAGE_BYTES));
      return section ? spliced(wasm, start, end, section) : wasm;
    }
    reader.at = end;
  }
  return wasm;
}

/** The section with one memory of at most `most` pages; none if it is so already. */
function memorySection(reader: Reader, most: number): number[] | undefined {
  if (reader.number() !== 1) throw refusal("NotSupported", "has not one memory");
  const flags = reader.byte();
  const least = reader.number();
  const declared = flags & 1 ? reader.number() : Infinity;
  if (least > most) {
    const [wanted, allowed] = [least * PAGE_BYTES, most * PAGE_BYTES];
    throw refusal("OutOfMemory", `asks for ${wanted} bytes of memory, and ${allowed} are allowed`);
  }
  if (declared <= most) return undefined;
  const body = [1, flags | 1, ...leb(least), ...leb(most)];
  return [MEMORY_SECTION, ...leb(body.length), ...body];
}

function spliced(
  wasm: Uint8Array<ArrayBuffer>,
  start: number,
  end: number,
  section: number[],
): Uint8Array<ArrayBuffer> {
  const made = new Uint8Array(wasm.length - (end - start) + section.length);
  made.set(wasm.subarray(0, start));
  made.set(section, start);
  made.set(wasm.subarray(end), start + section.length);
  return made;
}

class Reader {
  readonly #bytes: Uint8Array;
  at: number;

  constructor(bytes: Uint8Array, at: number) {
    this.#bytes = bytes;
    this.at = at;
  }

  byte(): number {
    this.at += 1;
    return this.#bytes[this.at - 1] ?? 0;
  }

  /** An unsigned LEB128; beyond 2^53 it is not exact, which is beyond every limit. */
  number(): number {
    let value = 0;
    for (let scale = 1; ; scale *= 128) {
      const byte = this.byte();
      value += (byte & 127) * scale;
      if (byte < 128) return value;
    }
  }
}

function leb(value: number): number[] {
  const bytes: number[] = [];
  for (; value >= 128; value = Math.floor(value / 128)) bytes.push((value % 128) | 128);
  return [...bytes, value];
}

function refusal(code: "NotSupported" | "OutOfMemory", why: string): PipelineError {
  return new PipelineError(code, `the package's executor ${why}`, { stage: "load" });
}
