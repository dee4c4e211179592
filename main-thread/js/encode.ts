// JavaScript values -> postcard bytes, written here because a call into wasm for each property would cost more than
// the rest together. The bytes are those of protocol/src/value.rs; tests/fixtures/values.json holds both sides to them.
import { PipelineError } from "./errors.js";
import { CHUNK, packNumbers } from "./numbers.js";
import { DTYPES, MAX_DEPTH, type Packed, Tag } from "./values.js";
import { Writer } from "./writer.js";

/** From here on a list of nothing but numbers is worth a buffer of its own. */
const NUMBERS_MIN = 256;
const tagOf = (value: object): string => Object.prototype.toString.call(value).slice(8, -1);
const isView = (value: unknown): value is ArrayBufferView => ArrayBuffer.isView(value);

/** Collects values and packs them. */
export class Encoder {
  readonly #out = new Writer();
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
    let size = this.#out.length;
    for (const slot of this.#slots) if (slot instanceof ArrayBuffer) size += slot.byteLength;
    return size;
  }

  /** Adds one value; `index` is its place among all inputs, for errors. Adds nothing if it throws. */
  add(value: unknown, index: number): void {
    if (typeof value === "number") {
      this.#out.number(value);
      this.#count += 1;
      return;
    }
    const [length, slots] = [this.#out.length, this.#slots.length];
    this.#keys = [index];
    this.#ancestors = [];
    try {
      this.#value(value, 0);
      this.#count += 1;
    } catch (error) {
      this.#out.truncate(length);
      this.#slots.length = slots;
      if (error instanceof PipelineError) throw error;
      throw this.#error("cannot be read", error);
    }
  }

  /** Adds the numbers of `list` from `from` on, before `end`, up to the first thing that is none; gives how many. */
  addNumbers(list: readonly unknown[], from: number, end: number): number {
    let at = from;
    for (let next = from; next === at && at < end;) {
      next = Math.min(at + CHUNK, end);
      at = this.#out.numbers(list, at, next);
    }
    this.#count += at - from;
    return at - from;
  }

  /** Everything added since the last call. */
  finish(): Packed {
    const packed = { count: this.#count, data: this.#out.take(this.#count), slots: this.#slots };
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
        return this.#out.number(value);
      case "string":
        this.#out.byte(Tag.Text);
        return this.#text(value);
      case "boolean":
        this.#out.byte(Tag.Bool);
        return this.#out.byte(value ? 1 : 0);
      case "bigint":
        if (!this.#out.bigint(value)) throw this.#error("is a bigint beyond 64 bits");
        return;
      case "object":
        return value === null ? this.#out.byte(Tag.Null) : this.#object(value, level);
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
    this.#out.byte(Tag.List);
    this.#out.varint(count);
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
    const packed = packNumbers(list);
    if (!packed) return false;
    this.#out.byte(Tag.Numbers);
    this.#slot(packed);
    return true;
  }

  #map(map: Record<string, unknown>, level: number): void {
    const toJSON = map["toJSON"];
    if (typeof toJSON === "function")
      return this.#value(toJSON.call(map, String(this.#keys.at(-1))), level + 1);
    const keys = Object.keys(map);
    this.#out.byte(Tag.Map);
    this.#out.varint(keys.length);
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
    this.#out.byte(Tag.Audio);
    this.#out.varint(sampleRate);
    this.#out.varint(channels);
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
    this.#out.byte(Tag.Tensor);
    this.#out.varint(wire);
    this.#out.varint(shape.length);
    for (const length of shape as number[]) this.#out.varint(length);
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
    this.#out.byte(Tag.Bytes);
    this.#option(mime);
    this.#option(name);
    this.#slot(this.#own(part));
  }

  #blob(blob: Blob & { name?: string }): void {
    this.#out.byte(Tag.Bytes);
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
        return moved(buffer);
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
    this.#out.varint(this.#slots.length);
    this.#slots.push(buffer);
  }

  #option(text: string | undefined): void {
    this.#out.byte(text === undefined ? 0 : 1);
    if (text !== undefined) this.#text(text);
  }

  #text(text: string): void {
    if (!this.#out.text(text)) throw this.#error("holds half a surrogate pair");
  }
}

/** The bytes of `buffer` in another, which leaves it empty; throws if they cannot be moved. */
function moved(buffer: ArrayBuffer): ArrayBuffer {
  // Only newer engines can do it without cloning as well.
  const { transfer } = buffer as { transfer?: () => ArrayBuffer };
  return transfer ? transfer.call(buffer) : structuredClone(buffer, { transfer: [buffer] });
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
