import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";

import { decode } from "../../js/decode.js";
import { Encoder } from "../../js/encode.js";
import { PipelineError } from "../../js/errors.js";
import type { Packed } from "../../js/values.js";

interface Golden {
  json: { json: string; hex: string }[];
  bulk: { [name: string]: { hex: string; slots: string[] } };
  exact: { [number: string]: string };
}
const golden = JSON.parse(
  readFileSync(new URL("../fixtures/values.json", import.meta.url), "utf8"),
) as Golden;

function hex(bytes: ArrayBuffer): string {
  return Buffer.from(bytes).toString("hex");
}

function bytes(text: string): ArrayBuffer {
  return Uint8Array.from(Buffer.from(text, "hex")).buffer;
}

function encode(value: unknown, transfer = false): Packed {
  const encoder = new Encoder(transfer);
  encoder.add(value, 0);
  return encoder.finish();
}

function roundTrip(value: unknown, bigint = false): unknown {
  return decode(encode(value), bigint)[0];
}

/** The value is refused, and the pointer says where. */
function refused(value: unknown, path: string, message: RegExp): void {
  assert.throws(
    () => encode(value),
    (error: PipelineError) => {
      assert.equal(error.code, "InvalidInput");
      assert.deepEqual(error.details, { path });
      assert.match(error.message, message);
      return true;
    },
  );
}

const audio = { type: "audio", sampleRate: 44100, channels: 2, samples: Float32Array.of(0.5, -1) };
const file = { type: "bytes", mime: "audio/wav", data: Uint8Array.of(1, 2, 3) };
const bulk: { [name: string]: unknown } = {
  audio,
  tensor: { type: "tensor", dtype: "float32", shape: [2, 1], data: Float32Array.of(0.5, -1) },
  bytes: file,
  list: [file, { b: file }],
  numbers: Array.from({ length: 300 }, (_, i) => i / 2),
};

test("JSON values have the bytes that Rust writes", () => {
  for (const { json, hex: expected } of golden.json)
    assert.equal(hex(encode(JSON.parse(json)).data), expected, json);
});

test("bytes that Rust writes are the JSON values", () => {
  for (const { json, hex } of golden.json) {
    const [value] = decode({ count: 1, data: bytes(hex), slots: [] }, false);
    assert.deepEqual(value, JSON.parse(json), json);
    assert.equal(JSON.stringify(value), JSON.stringify(JSON.parse(json)));
  }
});

test("bulk values have the bytes that Rust writes, both ways", () => {
  for (const [name, expected] of Object.entries(golden.bulk)) {
    const packed = encode(bulk[name]);
    assert.equal(hex(packed.data), expected.hex, name);
    assert.deepEqual(
      packed.slots.map((slot) => hex(slot as ArrayBuffer)),
      expected.slots,
      name,
    );
    const slots = expected.slots.map(bytes);
    assert.deepEqual(decode({ count: 1, data: bytes(expected.hex), slots }, false)[0], bulk[name], name);
  }
});

test("integers beyond 2^53 are exact inside and come out as asked", () => {
  for (const [number, expected] of Object.entries(golden.exact)) {
    assert.equal(hex(encode(BigInt(number)).data), expected);
    const packed = { count: 1, data: bytes(expected), slots: [] };
    assert.deepEqual(decode(packed, true), [BigInt(number)]);
    assert.deepEqual(decode(packed, false), [Number(number)]);
  }
  assert.equal(roundTrip(5n, true), 5);
});

test("every whole number comes back", () => {
  for (let power = 0; power <= 53; power++) {
    for (const offset of [-1, 0, 1]) {
      const x = Math.min(2 ** power + offset, 2 ** 53);
      assert.equal(roundTrip(x), x);
      assert.equal(roundTrip(-x), -x === 0 ? 0 : -x);
    }
  }
});

test("numbers of a list have the bytes of each by itself, up to what is none", () => {
  const edges = [0, -0, 1, -1, 63, 64, -64, -65, 2 ** 30, 2 ** 31 - 1, -(2 ** 31), 2 ** 31, -(2 ** 31) - 1];
  const others = [2 ** 53, -(2 ** 53), 2 ** 54, 0.5, -0.25, 1e300, NaN, Infinity];
  const many = Array.from({ length: 2000 }, (_, i) => (i % 3 === 0 ? i / 2 : i * 1e6));
  const numbers = [...edges, ...others, ...many];
  for (const stop of ["text", null, undefined, 5n, [1]]) {
    const [one, all] = [new Encoder(false), new Encoder(false)];
    numbers.forEach((x, i) => one.add(x, i));
    assert.equal(all.addNumbers([...numbers, stop, 7], 0, numbers.length + 2), numbers.length);
    assert.equal(all.addNumbers([...numbers, stop, 7], numbers.length, numbers.length + 2), 0);
    assert.equal(all.count, one.count);
    assert.equal(hex(all.finish().data), hex(one.finish().data));
  }
  const some = new Encoder(false);
  assert.equal(some.addNumbers(numbers, 3, 1500), 1497);
  assert.equal(some.addNumbers(numbers, 1500, 1501), 1);
  assert.deepEqual(decode(some.finish(), false).slice(0, 3), [-1, 63, 64]);
});

test("numbers that JSON has not are null", () => {
  assert.deepEqual(roundTrip([NaN, Infinity, -Infinity, -0]), [null, null, null, 0]);
  const long = new Array<number>(300).fill(1.5);
  assert.deepEqual(roundTrip([...long, NaN]), [...long, null]);
  assert.deepEqual(roundTrip([-0, ...long]), [0, ...long]);
});

test("what cannot travel is refused with a pointer", () => {
  const cycle: { a: { list: unknown[] } } = { a: { list: [1] } };
  cycle.a.list.push(cycle);
  let deep: unknown = [];
  for (let i = 0; i < 100_000; i++) deep = [deep];
  refused(undefined, "/0", /undefined/);
  refused({ a: [1, undefined] }, "/0/a/1", /undefined/);
  refused({ "a/b": { "~": () => 1 } }, "/0/a~1b/~0", /function/);
  refused([Symbol("x")], "/0/0", /symbol/);
  refused([1, , 3], "/0/1", /undefined/);
  refused([2n ** 64n], "/0/0", /64 bits/);
  refused({ text: "half \ud83c a pair" }, "/0/text", /surrogate/);
  refused({ "\udfa7": 1 }, "/0/\udfa7", /surrogate/);
  refused({ m: new Map([[1, 2]]) }, "/0/m", /Map/);
  refused([Promise.resolve(1)], "/0/0", /Promise/);
  refused(cycle, "/0/a/list/1", /contains itself/);
  refused(deep, "/0/0/0/0/0/0/0/0", /deeper than 100/);
  refused({ a: { ...audio, sampleRate: 0 } }, "/0/a", /sampleRate/);
  refused({ a: { ...audio, channels: 3 } }, "/0/a", /no multiple/);
  refused({ type: "tensor", dtype: "float16", data: Uint8Array.of(1) }, "/0", /dtype/);
  refused({ type: "tensor", dtype: "uint8", shape: [3], data: Uint8Array.of(1) }, "/0", /shape/);
});

test("100 levels of nesting are fine", () => {
  let value: unknown = 1;
  for (let i = 0; i < 100; i++) value = i % 2 ? [value] : { a: value };
  assert.deepEqual(roundTrip(value), value);
  refused([value], "/0/0/0/a/0/a/0/a", /deeper/);
});

test("a refused value leaves nothing behind", () => {
  const encoder = new Encoder(false);
  encoder.add("before", 0);
  assert.throws(() => encoder.add([file, undefined], 1));
  encoder.add(file, 2);
  assert.deepEqual(decode(encoder.finish(), false), ["before", file]);
});

test("objects are what JSON would make of them", () => {
  class Point {
    x = 1;
    #hidden = 2;
    get sum(): number {
      return this.x + this.#hidden;
    }
  }
  assert.deepEqual(roundTrip(new Date(0)), "1970-01-01T00:00:00.000Z");
  assert.deepEqual(roundTrip(new Point()), { x: 1 });
  assert.deepEqual(roundTrip([new Number(1), new String("a"), Object("b")]), [1, "a", "b"]);
  assert.deepEqual(roundTrip({ toJSON: () => [1] }), [1]);
  assert.deepEqual(roundTrip({ a: 1, [Symbol("s")]: 2 }), { a: 1 });
});

test("__proto__ is a key like any other", () => {
  const value = roundTrip(JSON.parse('{"__proto__": {"polluted": true}}')) as object;
  assert.equal(Object.getPrototypeOf(value), Object.prototype);
  assert.deepEqual(Object.keys(value), ["__proto__"]);
  assert.equal(({} as { polluted?: boolean }).polluted, undefined);
});

test("only data of the right kind makes an object audio, a tensor or bytes", () => {
  for (const plain of [
    { type: "audio", samples: [1] },
    { type: "bytes", data: "x" },
    { type: "tensor", data: [1] },
  ]) {
    assert.deepEqual(roundTrip(plain), plain);
  }
});

test("bare buffers are bytes, bare arrays of numbers are tensors", () => {
  assert.deepEqual(roundTrip(Uint8Array.of(1, 2)), { type: "bytes", data: Uint8Array.of(1, 2) });
  assert.deepEqual(roundTrip(Uint8Array.of(1, 2).buffer), { type: "bytes", data: Uint8Array.of(1, 2) });
  for (const data of [
    Float64Array.of(1),
    Int16Array.of(-1, 2),
    BigInt64Array.of(5n),
    BigUint64Array.of(5n),
  ]) {
    const tensor = roundTrip(data) as { dtype: string; shape: number[]; data: unknown };
    assert.deepEqual(tensor.data, data);
    assert.deepEqual(tensor.shape, [data.length]);
  }
});

test("a blob crosses by reference, with its type and name", () => {
  const blob = new File(["x"], "a.wav", { type: "audio/wav" });
  const packed = encode([blob]);
  assert.equal(packed.slots[0], blob);
  assert.equal((decode(packed, false)[0] as unknown[])[0], blob);
});

test("buffers are copied, or moved when asked for", () => {
  const part = new Float32Array(8).subarray(2, 4).fill(1);
  assert.deepEqual(roundTrip({ ...audio, samples: part }), { ...audio, samples: Float32Array.of(1, 1) });
  const whole = Float32Array.of(1, 2);
  encode({ ...audio, samples: whole });
  assert.equal(whole.length, 2);
  encode({ ...audio, samples: part }, true);
  assert.equal(part.length, 2);
  encode({ ...audio, samples: whole }, true);
  assert.equal(whole.length, 0);
  refused({ ...audio, samples: whole }, "/0", /moved away/);
});

test("every prefix of a message is an error, and so is anything after it", () => {
  const whole = new Uint8Array(encode([1, "text", { a: [2.5, -300] }]).data);
  const attempt = (data: ArrayBuffer) => () => decode({ count: 1, data, slots: [] }, false);
  for (let length = 0; length < whole.length; length++) {
    assert.throws(attempt(whole.slice(0, length).buffer), { code: "ProtocolMismatch" });
  }
  assert.throws(attempt(Uint8Array.of(...whole, 0).buffer), { code: "ProtocolMismatch" });
  assert.throws(attempt(bytes("0106ffffffff0f")), { code: "ProtocolMismatch" });
});
