// postcard bytes -> JavaScript values; why not in wasm: see encode.ts.
import { PipelineError } from "./errors.js";
import { unpackNumbers } from "./numbers.js";
import { DTYPES, MAX_DEPTH, type Packed, Tag, type Tensor, type Value } from "./values.js";

/** Shorter texts are read by hand if they are ASCII: calling the decoder costs more. */
const SHORT_TEXT = 24;
/** A byte order mark is a character like any other. */
const UTF8 = new TextDecoder("utf-8", { ignoreBOM: true });

/** The values in `packed`. `bigint`: integers beyond 2^53 become bigints, else the nearest number. */
export function decode(packed: Packed, bigint: boolean): Value[] {
  return new Decoder(packed, bigint).all(packed.count);
}

class Decoder {
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  readonly #slots: Packed["slots"];
  readonly #bigint: boolean;
  #at = 0;

  constructor(packed: Packed, bigint: boolean) {
    this.#bytes = new Uint8Array(packed.data);
    this.#view = new DataView(packed.data);
    this.#slots = packed.slots;
    this.#bigint = bigint;
  }

  all(count: number): Value[] {
    if (this.#varint() !== count) throw malformed();
    const values = this.#items(count, 0);
    if (this.#at !== this.#bytes.length) throw malformed();
    return values;
  }

  #items(count: number, level: number): Value[] {
    // Each takes a byte at least: no claim makes us build what is not there.
    if (count > this.#bytes.length - this.#at) throw malformed();
    if (count > 0 && level > MAX_DEPTH) throw malformed();
    const bytes = this.#bytes;
    const items: Value[] = [];
    let at = this.#at;
    for (let i = 0; i < count; i++) {
      // Long lists are mostly numbers: those are read right here, the rest as usual.
      if (bytes[at] === Tag.Float && at + 9 <= bytes.length) {
        items.push(this.#view.getFloat64(at + 1, true));
        at += 9;
        continue;
      }
      if (bytes[at] === Tag.Int) {
        let end = at + 1;
        let byte = bytes[end++] as number;
        let raw = byte & 127;
        for (let shift = 7; byte > 127 && shift < 28; shift += 7) {
          byte = bytes[end++] as number;
          raw |= (byte & 127) << shift;
        }
        if (byte < 128) {
          items.push((raw >>> 1) ^ -(raw & 1));
          at = end;
          continue;
        }
      }
      this.#at = at;
      items.push(this.#value(level));
      at = this.#at;
    }
    this.#at = at;
    return items;
  }

  #value(level: number): Value {
    if (level > MAX_DEPTH) throw malformed();
    switch (this.#byte()) {
      case Tag.Null:
        return null;
      case Tag.Bool:
        return this.#byte() !== 0;
      case Tag.Int:
        return this.#int();
      case Tag.UInt:
        return this.#fit(this.#bigVarint());
      case Tag.Float:
        return this.#float();
      case Tag.Text:
        return this.#text();
      case Tag.List:
        return this.#items(this.#varint(), level + 1);
      case Tag.Numbers:
        return unpackNumbers(this.#buffer(8));
      case Tag.Map:
        return this.#map(level + 1);
      case Tag.Audio:
        return {
          type: "audio",
          sampleRate: this.#varint(),
          channels: this.#varint(),
          samples: new Float32Array(this.#buffer(4)),
        };
      case Tag.Tensor:
        return this.#tensor();
      case Tag.Bytes:
        return this.#opaque();
      default:
        throw malformed();
    }
  }

  #map(level: number): Value {
    const map: { [key: string]: Value } = {};
    for (let left = this.#varint(); left > 0; left--) {
      const key = this.#text();
      const value = this.#value(level);
      if (key === "__proto__") {
        // Assigned, it would change what the object inherits from.
        Object.defineProperty(map, key, { value, writable: true, enumerable: true, configurable: true });
      } else {
        map[key] = value;
      }
    }
    return map;
  }

  #tensor(): Tensor {
    const [dtype, ArrayType] = DTYPES[this.#varint()] ?? fail();
    const shape: number[] = [];
    for (let left = this.#varint(); left > 0; left--) shape.push(this.#varint());
    return { type: "tensor", dtype, shape, data: new ArrayType(this.#buffer(ArrayType.BYTES_PER_ELEMENT)) };
  }

  #opaque(): Value {
    const [mime, name] = [this.#option(), this.#option()];
    const slot = this.#slot();
    if (!(slot instanceof ArrayBuffer)) return slot;
    const bytes = { type: "bytes" as const, data: new Uint8Array(slot) };
    return { ...bytes, ...(mime === undefined ? {} : { mime }), ...(name === undefined ? {} : { name }) };
  }

  #slot(): ArrayBuffer | Blob {
    return this.#slots[this.#varint()] ?? fail();
  }

  /** A slot in memory, cut to whole elements of `size` bytes. */
  #buffer(size: number): ArrayBuffer {
    const slot = this.#slot();
    if (!(slot instanceof ArrayBuffer)) throw malformed();
    return slot.byteLength % size === 0 ? slot : slot.slice(0, slot.byteLength - (slot.byteLength % size));
  }

  #option(): string | undefined {
    return this.#byte() === 0 ? undefined : this.#text();
  }

  #text(): string {
    const length = this.#varint();
    const start = this.#at;
    this.#at += length;
    if (this.#at > this.#bytes.length) throw malformed();
    let text = "";
    for (let i = start; length <= SHORT_TEXT && i < this.#at; i++) {
      const code = this.#bytes[i] as number;
      if (code > 127) break;
      text += String.fromCharCode(code);
    }
    return text.length === length ? text : UTF8.decode(this.#bytes.subarray(start, this.#at));
  }

  #float(): number {
    if (this.#at + 8 > this.#bytes.length) throw malformed();
    this.#at += 8;
    return this.#view.getFloat64(this.#at - 8, true);
  }

  #int(): number | bigint {
    const start = this.#at;
    const raw = this.#varint();
    if (raw < 2 ** 28) return (raw >>> 1) ^ -(raw & 1);
    if (raw <= Number.MAX_SAFE_INTEGER) return raw % 2 === 0 ? raw / 2 : -(raw + 1) / 2;
    this.#at = start;
    const exact = this.#bigVarint();
    return this.#fit(exact & 1n ? -((exact + 1n) >> 1n) : exact >> 1n);
  }

  #fit(x: bigint): number | bigint {
    const exact = x <= 2n ** 53n && x >= -(2n ** 53n);
    return this.#bigint && !exact ? x : Number(x);
  }

  #byte(): number {
    const byte = this.#bytes[this.#at++];
    return byte === undefined ? fail() : byte;
  }

  /** Exact up to 2^53. */
  #varint(): number {
    let byte = this.#byte();
    if (byte < 128) return byte;
    let value = byte & 127;
    // Bit by bit is quicker, but only 31 of them.
    for (let shift = 7; shift < 28; shift += 7) {
      byte = this.#byte();
      value |= (byte & 127) << shift;
      if (byte < 128) return value;
    }
    for (let factor = 2 ** 28; byte > 127; factor *= 128) {
      byte = this.#byte();
      value += (byte & 127) * factor;
    }
    return value;
  }

  #bigVarint(): bigint {
    let value = 0n;
    for (let shift = 0n; ; shift += 7n) {
      const byte = this.#byte();
      value |= BigInt(byte & 127) << shift;
      if (byte < 128) return value;
    }
  }
}

function malformed(): PipelineError {
  return new PipelineError("ProtocolMismatch", "values of another build: is an old build cached?");
}

function fail(): never {
  throw malformed();
}
