// JavaScript values -> postcard bytes, written here because a call into wasm for each property would cost more than
// the rest together. The bytes are those of protocol/src/value.rs; tests/values.json holds both sides to them.
import { PipelineError } from "./errors.js";
import { DTYPES, MAX_DEPTH, type Packed, Tag } from "./values.js";

/** From here on a list of nothing but numbers is worth a buffer of its own. */
const NUMBERS_MIN = 256;
/** Shorter ASCII texts are written by hand: calling the encoder costs more. */
const SHORT_TEXT = 24;

const UTF8 = new TextEncoder();
const LONE_SURROGATE = /\p{Surrogate}/u;
const tagOf = (value: object): string => Object.prototype.toString.call(value).slice(8, -1);
const isView = (value: unknown): value is ArrayBufferView => ArrayBuffer.isView(value);

/** Collects values and packs them. */
export class Encoder {
  #bytes = new Uint8Array(1024);
  #view = new DataView(this.#bytes.buffer);
  #at = 0;
  #count = 0;
  #slots: (ArrayBuffer | Blob)[] = [];
  /** Where the value being written lies, one key per level. */
  #keys: (string | number)[] = [];
  #ancestors: object[] = [];
  readonly #transfer: boolean;

  /** `transfer`: buffers are moved, not copied, where a view spans its whole buffer. */
  constructor(transfer: boolean) {
    this.#transfer = transfer;
  }

  get count(): number {
    return this.#count;
  }

  /** About how many bytes the values so far take, blobs left out. */
  get size(): number {
    let size = this.#at;
    for (const slot of this.#slots) if (slot instanceof ArrayBuffer) size += slot.byteLength;
    return size;
  }

  /** Adds one value; `index` is its place among all inputs, for errors. Adds nothing if it throws. */
  add(value: unknown, index: number): void {
    if (typeof value === "number") {
      this.#number(value);
      this.#count += 1;
      return;
    }
    const [at, slots] = [this.#at, this.#slots.length];
    this.#keys = [index];
    this.#ancestors = [];
    try {
      this.#value(value, 0);
      this.#count += 1;
    } catch (error) {
      this.#at = at;
      this.#slots.length = slots;
      if (error instanceof PipelineError) throw error;
      throw this.#error("cannot be read", error);
    }
  }

  /** Everything added since the last call. */
  finish(): Packed {
    const body = this.#bytes.subarray(0, this.#at);
    const prefix = varintBytes(this.#count);
    const data = new Uint8Array(prefix.length + body.length);
    data.set(prefix);
    data.set(body, prefix.length);
    const packed = { count: this.#count, data: data.buffer, slots: this.#slots };
    this.#at = 0;
    this.#count = 0;
    this.#slots = [];
    return packed;
  }

  #error(what: string, cause?: unknown): PipelineError {
    const path = this.#keys
      .map((key) => "/" + String(key).replaceAll("~", "~0").replaceAll("/", "~1"))
      .join("");
    const facts = { stage: "input", details: { path } };
    return new PipelineError(
      "InvalidInput",
      `input ${path} ${what}`,
      cause === undefined ? facts : { ...facts, cause },
    );
  }

  #value(value: unknown, level: number): void {
    if (level > MAX_DEPTH) throw this.#tooDeep(value);
    switch (typeof value) {
      case "number":
        return this.#number(value);
      case "string":
        this.#byte(Tag.Text);
        return this.#text(value);
      case "boolean":
        this.#byte(Tag.Bool);
        return this.#byte(value ? 1 : 0);
      case "bigint":
        return this.#bigint(value);
      case "object":
        return value === null ? this.#byte(Tag.Null) : this.#object(value, level);
      default:
        throw this.#error(
          `is ${typeof value === "undefined" ? "undefined" : `a ${typeof value}`}, which cannot travel`,
        );
    }
  }

  #tooDeep(value: unknown): PipelineError {
    // Looked for only here: a cycle cannot but end up too deep.
    const path = [...this.#ancestors, value];
    const closes = path.findIndex(
      (ancestor, level) => path.indexOf(ancestor) < level && typeof ancestor === "object",
    );
    this.#keys.length = closes < 0 ? 8 : closes + 1;
    return this.#error(
      closes < 0 ? `is nested deeper than ${MAX_DEPTH} levels` : "is a value that contains itself",
    );
  }

  #object(value: object, level: number): void {
    if (Array.isArray(value)) return this.#list(value, level);
    const prototype: unknown = Object.getPrototypeOf(value);
    if (prototype !== Object.prototype && prototype !== null) return this.#instance(value, level);
    if (this.#typed(value as Record<string, unknown>)) return;
    this.#map(value as Record<string, unknown>, level);
  }

  #instance(value: object, level: number): void {
    const tag = tagOf(value);
    if (isView(value)) return this.#bareView(value, tag);
    if (tag === "ArrayBuffer" || tag === "SharedArrayBuffer") {
      return this.#bytesOf(new Part(value as ArrayBuffer), undefined, undefined);
    }
    if (tag === "Blob" || tag === "File") return this.#blob(value as Blob & { name?: string });
    const object = value as Record<string, unknown>;
    if (typeof object["toJSON"] === "function") {
      return this.#value(
        (object["toJSON"] as (key: string) => unknown)(String(this.#keys.at(-1))),
        level + 1,
      );
    }
    if (tag === "Number" || tag === "String" || tag === "Boolean" || tag === "BigInt") {
      return this.#value(value.valueOf(), level);
    }
    const holds = typeof (value as Partial<Iterable<unknown>>)[Symbol.iterator] === "function";
    if (holds || tag.startsWith("Weak") || typeof object["then"] === "function") {
      throw this.#error(`is a ${tag}, which cannot travel`);
    }
    if (!this.#typed(object)) this.#map(object, level);
  }

  #list(list: unknown[], level: number): void {
    const count = list.length;
    if (count >= NUMBERS_MIN && level < MAX_DEPTH && this.#numbers(list)) return;
    this.#byte(Tag.List);
    this.#varint(count);
    this.#ancestors[level] = list;
    for (let i = 0; i < count; i++) {
      const item = list[i];
      this.#keys[level + 1] = i;
      this.#value(item, level + 1);
    }
    this.#leave(level);
  }

  /** False, and nothing written, if there is anything but finite numbers in `list`. */
  #numbers(list: unknown[]): boolean {
    if (typeof list[0] !== "number" || typeof list[list.length - 1] !== "number") return false;
    const numbers = new Float64Array(list.length);
    for (let i = 0; i < list.length; i++) {
      const item = list[i];
      if (typeof item !== "number" || item - item !== 0) return false;
      numbers[i] = item;
    }
    this.#byte(Tag.Numbers);
    this.#slot(numbers.buffer);
    return true;
  }

  #map(map: Record<string, unknown>, level: number): void {
    const toJSON = map["toJSON"];
    if (typeof toJSON === "function")
      return this.#value(toJSON.call(map, String(this.#keys.at(-1))), level + 1);
    const keys = Object.keys(map);
    this.#byte(Tag.Map);
    this.#varint(keys.length);
    this.#ancestors[level] = map;
    for (const key of keys) {
      this.#keys[level + 1] = key;
      this.#text(key);
      this.#value(map[key], level + 1);
    }
    this.#leave(level);
  }

  #leave(level: number): void {
    this.#keys.length = level + 1;
    this.#ancestors.length = level;
  }

  /** Writes `{ type: "audio" | "tensor" | "bytes" }` with data of the right kind; false for anything else. */
  #typed(value: Record<string, unknown>): boolean {
    const type = value["type"];
    if (type === "audio" && value["samples"] instanceof Float32Array) {
      this.#audio(value, value["samples"]);
    } else if (type === "tensor" && isView(value["data"]) && !(value["data"] instanceof DataView)) {
      this.#tensor(value, value["data"]);
    } else if (type === "bytes" && (isView(value["data"]) || value["data"] instanceof ArrayBuffer)) {
      this.#bytesOf(new Part(value["data"]), text(value["mime"]), text(value["name"]));
    } else {
      return false;
    }
    return true;
  }

  #audio(value: Record<string, unknown>, samples: Float32Array): void {
    const { sampleRate, channels = 1 } = value;
    const part = new Part(samples);
    if (!isWhole(sampleRate, 1, 0xffff_ffff))
      throw this.#error("needs a sampleRate in whole hertz, at least 1");
    if (!isWhole(channels, 1, 0xffff)) throw this.#error("needs a whole number of channels, at least 1");
    if (samples.length % channels !== 0) {
      throw this.#error(`has ${samples.length} samples, which is no multiple of its ${channels} channels`);
    }
    this.#byte(Tag.Audio);
    this.#varint(sampleRate);
    this.#varint(channels);
    this.#slot(this.#own(part));
  }

  #tensor(value: Record<string, unknown>, data: ArrayBufferView): void {
    const dtype = value["dtype"] ?? arrayDtype(data);
    const wire = DTYPES.findIndex(([name]) => name === dtype);
    const size = DTYPES[wire]?.[1].BYTES_PER_ELEMENT;
    if (size === undefined) throw this.#error(`has the unknown dtype ${JSON.stringify(dtype)}`);
    const part = new Part(data);
    const count = data.byteLength / size;
    const shape = (value["shape"] ?? [count]) as unknown[];
    const isShape =
      Array.isArray(shape) && shape.every((length) => isWhole(length, 0, Number.MAX_SAFE_INTEGER));
    if (!isShape || (shape as number[]).reduce((product, length) => product * length, 1) !== count) {
      throw this.#error(
        `has ${count} elements of ${dtype}, which do not fill the shape ${JSON.stringify(shape)}`,
      );
    }
    this.#byte(Tag.Tensor);
    this.#varint(wire);
    this.#varint(shape.length);
    for (const length of shape as number[]) this.#varint(length);
    this.#slot(this.#own(part));
  }

  #bareView(view: ArrayBufferView, tag: string): void {
    if (tag === "Uint8Array" || tag === "Uint8ClampedArray" || tag === "DataView") {
      this.#bytesOf(new Part(view), undefined, undefined);
    } else {
      this.#tensor({}, view);
    }
  }

  #bytesOf(part: Part, mime: string | undefined, name: string | undefined): void {
    this.#byte(Tag.Bytes);
    this.#option(mime);
    this.#option(name);
    this.#slot(this.#own(part));
  }

  #blob(blob: Blob & { name?: string }): void {
    this.#byte(Tag.Bytes);
    this.#option(blob.type || undefined);
    this.#option(text(blob.name));
    this.#slot(blob);
  }

  /** A buffer of its own with the bytes of `part`: moved where that was asked for and can be done, else copied. */
  #own(part: Part): ArrayBuffer {
    const { buffer, offset, length } = part;
    // Views of a buffer that was moved away look empty; making one throws.
    const source = this.#attempt(() => new Uint8Array(buffer, offset, length));
    if (this.#transfer && length === buffer.byteLength && tagOf(buffer) === "ArrayBuffer") {
      try {
        return structuredClone(buffer, { transfer: [buffer] });
      } catch {
        // A wasm memory, say, cannot be moved.
      }
    }
    const copy = new Uint8Array(length);
    copy.set(source);
    return copy.buffer;
  }

  #attempt<T>(make: () => T): T {
    try {
      return make();
    } catch (error) {
      throw this.#error("holds a buffer that was moved away before", error);
    }
  }

  #slot(buffer: ArrayBuffer | Blob): void {
    this.#varint(this.#slots.length);
    this.#slots.push(buffer);
  }

  #number(x: number): void {
    this.#reserve(11);
    if (Number.isInteger(x) && x <= 2 ** 53 && x >= -(2 ** 53)) {
      this.#bytes[this.#at++] = Tag.Int;
      if (x >= 0) return this.#varint(x * 2);
      // Twice a number is exact whatever its size, but one less is not.
      return x >= -(2 ** 52) ? this.#varint(-x * 2 - 1) : this.#bigVarint(BigInt(x) * -2n - 1n);
    }
    const finite = x - x === 0;
    this.#bytes[this.#at++] = finite ? Tag.Float : Tag.Null;
    if (!finite) return;
    this.#view.setFloat64(this.#at, x, true);
    this.#at += 8;
  }

  #bigint(x: bigint): void {
    if (BigInt.asIntN(64, x) === x) {
      this.#byte(Tag.Int);
      this.#bigVarint(x >= 0n ? x * 2n : x * -2n - 1n);
    } else if (BigInt.asUintN(64, x) === x) {
      this.#byte(Tag.UInt);
      this.#bigVarint(x);
    } else {
      throw this.#error("is a bigint beyond 64 bits");
    }
  }

  #option(text: string | undefined): void {
    this.#byte(text === undefined ? 0 : 1);
    if (text !== undefined) this.#text(text);
  }

  #text(text: string): void {
    const count = text.length;
    this.#reserve(3 * count + 5);
    if (count <= SHORT_TEXT && this.#ascii(text)) return;
    // Right for ASCII; moved afterwards if the length takes more bytes than that.
    const guess = varintLength(count);
    const { written } = UTF8.encodeInto(text, this.#bytes.subarray(this.#at + guess));
    // The encoder replaces what is no character; only texts beyond ASCII can hold such.
    if (written !== count && LONE_SURROGATE.test(text)) throw this.#error("holds half a surrogate pair");
    const needed = varintLength(written);
    if (needed !== guess)
      this.#bytes.copyWithin(this.#at + needed, this.#at + guess, this.#at + guess + written);
    this.#varint(written);
    this.#at += written;
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

  #byte(byte: number): void {
    this.#reserve(1);
    this.#bytes[this.#at++] = byte;
  }

  #varint(x: number): void {
    this.#reserve(10);
    let rest = x;
    // Bit by bit is quicker, but only 31 of them.
    for (; rest > 0x7fff_ffff; rest = Math.floor(rest / 128)) this.#bytes[this.#at++] = (rest % 128) | 128;
    for (; rest > 127; rest >>>= 7) this.#bytes[this.#at++] = (rest & 127) | 128;
    this.#bytes[this.#at++] = rest;
  }

  #bigVarint(x: bigint): void {
    this.#reserve(10);
    let rest = x;
    for (; rest > 127n; rest >>= 7n) this.#bytes[this.#at++] = Number(rest & 127n) | 128;
    this.#bytes[this.#at++] = Number(rest);
  }

  #reserve(count: number): void {
    if (this.#at + count <= this.#bytes.length) return;
    const bytes = new Uint8Array(Math.max(this.#bytes.length * 2, this.#at + count));
    bytes.set(this.#bytes.subarray(0, this.#at));
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer);
  }
}

/** Bytes of a buffer, or of a view on one. */
class Part {
  readonly buffer: ArrayBuffer;
  readonly offset: number;
  readonly length: number;

  constructor(source: ArrayBuffer | ArrayBufferView) {
    this.buffer = (isView(source) ? source.buffer : source) as ArrayBuffer;
    this.offset = isView(source) ? source.byteOffset : 0;
    this.length = source.byteLength;
  }
}

function isWhole(x: unknown, min: number, max: number): x is number {
  return Number.isInteger(x) && (x as number) >= min && (x as number) <= max;
}

function text(value: unknown): string | undefined {
  return typeof value === "string" && value !== "" ? value : undefined;
}

function arrayDtype(view: ArrayBufferView): string {
  const tag = tagOf(view);
  if (tag === "Uint8ClampedArray") return "uint8";
  return tag.replace("Array", "").replace("Big", "").toLowerCase();
}

function varintLength(x: number): number {
  return x < 0x80 ? 1 : x < 0x4000 ? 2 : x < 0x20_0000 ? 3 : x < 0x1000_0000 ? 4 : 5;
}

function varintBytes(x: number): number[] {
  const bytes = [];
  for (; x > 127; x = Math.floor(x / 128)) bytes.push((x % 128) | 128);
  return [...bytes, x];
}
