import type { Dtype } from "./generated/data.js";

/** Sound: interleaved samples, nominally in [-1, 1]. */
export interface Audio {
  type: "audio";
  /** Frames per second, in hertz; at least 1. */
  sampleRate: number;
  /** Interleaved channels; at least 1. */
  channels: number;
  samples: Float32Array;
}

/** Any typed array that can hold a tensor's elements. */
export type TensorData =
  | Int8Array
  | Uint8Array
  | Uint8ClampedArray
  | Int16Array
  | Uint16Array
  | Int32Array
  | Uint32Array
  | BigInt64Array
  | BigUint64Array
  | Float32Array
  | Float64Array;

/** An n-dimensional array in C order. */
export interface Tensor {
  type: "tensor";
  /** Type of one element; booleans are bytes of 0 and 1. */
  dtype: Dtype;
  /** Length of each dimension, outermost first; empty for a scalar. */
  shape: number[];
  data: TensorData;
}

/** Opaque bytes, e.g. an encoded file. */
export interface Bytes {
  type: "bytes";
  data: Uint8Array;
  /** Media type, if known. */
  mime?: string;
  /** Name of the file, if it was one. */
  name?: string;
}

/** What pipelines give. Integers beyond 2^53 are numbers, or bigints with `bigint: true`. */
export type Value =
  | null
  | boolean
  | number
  | bigint
  | string
  | Value[]
  | { [key: string]: Value }
  | Audio
  | Tensor
  | Bytes
  | Blob;

/**
 * What pipelines take: JSON-like values, and bulk data.
 *
 * - A finite number without a fraction and |x| ≤ 2^53 is an integer. NaN and infinities become null.
 * - bigints within i64 and u64 are integers.
 * - Objects with `toJSON` (a `Date`) are what it returns, as in `JSON.stringify`; of other objects the own enumerable
 *   string keys count. Maps, sets, promises and other things that would lose their content are refused.
 * - An `ArrayBuffer` or `Uint8Array` is bytes; any other typed array is a one-dimensional tensor.
 * - A `Blob` or `File` crosses by reference and is read piecewise.
 * - `undefined`, functions, symbols, cycles, lone surrogates and nesting beyond 100 levels are refused.
 */
export type InputValue =
  | null
  | boolean
  | number
  | bigint
  | string
  | readonly InputValue[]
  | { readonly [key: string]: InputValue }
  | { toJSON(key?: string): unknown }
  | Audio
  | (Omit<Tensor, "dtype" | "shape"> & { dtype?: Dtype; shape?: readonly number[] })
  | { type: "bytes"; data: ArrayBuffer | ArrayBufferView; mime?: string; name?: string }
  | ArrayBuffer
  | ArrayBufferView
  | Blob;

/** Values as they cross: `data` is postcard of `Vec<Value>`, bulk data lies beside. @internal */
export interface Packed {
  count: number;
  data: ArrayBuffer;
  slots: (ArrayBuffer | Blob)[];
}

/** Variants of protocol's `Value`, in wire order. @internal */
export const Tag = {
  Null: 0,
  Bool: 1,
  Int: 2,
  UInt: 3,
  Float: 4,
  Text: 5,
  List: 6,
  Numbers: 7,
  Map: 8,
  Audio: 9,
  Tensor: 10,
  Bytes: 11,
} as const;

/** Lists and maps may be nested this deep, as in protocol. @internal */
export const MAX_DEPTH = 100;

type ArrayType = { new (buffer: ArrayBuffer): TensorData; readonly BYTES_PER_ELEMENT: number };

/** Element types in wire order, and the arrays that hold them. @internal */
export const DTYPES: readonly (readonly [Dtype, ArrayType])[] = [
  ["bool", Uint8Array],
  ["int8", Int8Array],
  ["int16", Int16Array],
  ["int32", Int32Array],
  ["int64", BigInt64Array],
  ["uint8", Uint8Array],
  ["uint16", Uint16Array],
  ["uint32", Uint32Array],
  ["uint64", BigUint64Array],
  ["float32", Float32Array],
  ["float64", Float64Array],
];
