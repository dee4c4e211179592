import { Tag } from "./values.js";

/** Most bytes that a number takes, its tag included. */
const NUMBER_BYTES = 11;
/** Shorter ASCII texts are written by hand: calling the encoder costs more. */
const SHORT_TEXT = 24;
const UTF8 = new TextEncoder();
const LONE_SURROGATE = /\p{Surrogate}/u;

/** Bytes as postcard wants them, in a buffer that grows. @internal */
export class Writer {
  #bytes = new Uint8Array(1024);
  #view = new DataView(this.#bytes.buffer);
  #at = 0;

  get length(): number {
    return this.#at;
  }

  /** Forgets everything from `length` on. */
  truncate(length: number): void {
    this.#at = length;
  }

  /** Everything so far, behind its number of values; the writer starts anew. */
  take(count: number): ArrayBuffer {
    const end = this.#at;
    // The number goes behind the rest first: only then is it known how long it is.
    this.varint(count);
    const data = new Uint8Array(this.#at);
    data.set(this.#bytes.subarray(end, this.#at));
    data.set(this.#bytes.subarray(0, end), this.#at - end);
    this.#at = 0;
    return data.buffer;
  }

  byte(byte: number): void {
    this.#reserve(1);
    this.#bytes[this.#at++] = byte;
  }

  /** A value: an integer, a float, or null for what JSON has not. */
  number(x: number): void {
    this.#reserve(NUMBER_BYTES);
    if (Number.isInteger(x) && x <= 2 ** 53 && x >= -(2 ** 53)) {
      this.#bytes[this.#at++] = Tag.Int;
      if (x >= 0) return this.varint(x * 2);
      // Twice a number is exact whatever its size, but one less is not.
      return x >= -(2 ** 52) ? this.varint(-x * 2 - 1) : this.bigVarint(BigInt(x) * -2n - 1n);
    }
    const finite = x - x === 0;
    this.#bytes[this.#at++] = finite ? Tag.Float : Tag.Null;
    if (!finite) return;
    this.#view.setFloat64(this.#at, x, true);
    this.#at += 8;
  }

  /** Values: the numbers of `list` from `from` on, before `end`, up to the first thing that is none; gives its place. */
  numbers(list: readonly unknown[], from: number, end: number): number {
    this.#reserve(NUMBER_BYTES * (end - from));
    const bytes = this.#bytes;
    let at = this.#at;
    let i = from;
    for (; i < end; i++) {
      const x = list[i];
      if (typeof x !== "number") break;
      if ((x | 0) !== x) {
        this.#at = at;
        this.number(x);
        at = this.#at;
        continue;
      }
      bytes[at++] = Tag.Int;
      let rest = ((x << 1) ^ (x >> 31)) >>> 0;
      for (; rest > 127; rest >>>= 7) bytes[at++] = (rest & 127) | 128;
      bytes[at++] = rest;
    }
    this.#at = at;
    return i;
  }

  /** A value: an integer of up to 64 bits; false, and nothing written, if it is beyond. */
  bigint(x: bigint): boolean {
    if (BigInt.asIntN(64, x) === x) {
      this.byte(Tag.Int);
      this.bigVarint(x >= 0n ? x * 2n : x * -2n - 1n);
    } else if (BigInt.asUintN(64, x) === x) {
      this.byte(Tag.UInt);
      this.bigVarint(x);
    } else {
      return false;
    }
    return true;
  }

  /** Length and UTF-8; false, and nothing written, if it holds half a surrogate pair. */
  text(text: string): boolean {
    const count = text.length;
    this.#reserve(3 * count + 5);
    if (count <= SHORT_TEXT && this.#ascii(text)) return true;
    // Right for ASCII; moved afterwards if the length takes more bytes than that.
    const guess = varintLength(count);
    const { written } = UTF8.encodeInto(text, this.#bytes.subarray(this.#at + guess));
    // The encoder replaces what is no character; only texts beyond ASCII can hold such.
    if (written !== count && LONE_SURROGATE.test(text)) return false;
    const needed = varintLength(written);
    if (needed !== guess) {
      this.#bytes.copyWithin(this.#at + needed, this.#at + guess, this.#at + guess + written);
    }
    this.varint(written);
    this.#at += written;
    return true;
  }

  varint(x: number): void {
    this.#reserve(10);
    let rest = x;
    // Bit by bit is quicker, but only 31 of them.
    for (; rest > 0x7fff_ffff; rest = Math.floor(rest / 128)) this.#bytes[this.#at++] = (rest % 128) | 128;
    for (; rest > 127; rest >>>= 7) this.#bytes[this.#at++] = (rest & 127) | 128;
    this.#bytes[this.#at++] = rest;
  }

  bigVarint(x: bigint): void {
    this.#reserve(10);
    let rest = x;
    for (; rest > 127n; rest >>= 7n) this.#bytes[this.#at++] = Number(rest & 127n) | 128;
    this.#bytes[this.#at++] = Number(rest);
  }

  #ascii(text: string): boolean {
    const bytes = this.#bytes;
    let at = this.#at;
    bytes[at++] = text.length;
    for (let i = 0; i < text.length; i++) {
      const code = text.charCodeAt(i);
      if (code > 127) return false;
      bytes[at++] = code;
    }
    this.#at = at;
    return true;
  }

  #reserve(count: number): void {
    if (this.#at + count <= this.#bytes.length) return;
    const bytes = new Uint8Array(Math.max(this.#bytes.length * 2, this.#at + count));
    bytes.set(this.#bytes.subarray(0, this.#at));
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer);
  }
}

function varintLength(x: number): number {
  return x < 0x80 ? 1 : x < 0x4000 ? 2 : x < 0x20_0000 ? 3 : x < 0x1000_0000 ? 4 : 5;
}
