// Long lists of numbers, packed and unpacked: most of what a page computes for a pipeline happens here.

/** Numbers per call of the inner functions: what is called often is compiled sooner than one long loop. @internal */
export const CHUNK = 512;
/** A larger buffer is not kept, in bytes. */
const SPARE_MAX = 8 << 20;

/** A buffer that was read and that nobody holds: to fill it again takes half the time of a fresh one. */
let spare: ArrayBuffer | undefined;

/** `list` packed, or undefined if there is anything but finite numbers in it. @internal */
export function packNumbers(list: readonly unknown[]): ArrayBuffer | undefined {
  const buffer = takeSpare(list.length * 8) ?? new ArrayBuffer(list.length * 8);
  const numbers = new Float64Array(buffer);
  for (let from = 0; from < list.length; from += CHUNK) {
    if (!pack(list, numbers, from, Math.min(from + CHUNK, list.length))) return undefined;
  }
  return buffer;
}

/** The numbers in `buffer`, which is used up: it may be written to afterwards. @internal */
export function unpackNumbers(buffer: ArrayBuffer): number[] {
  const numbers = new Float64Array(buffer);
  if (numbers.length === 0) return [];
  // A fraction makes it a list of floats from the start; an empty list of this length would be converted on the way.
  const list = [0.5];
  list.length = numbers.length;
  for (let from = 0; from < numbers.length; from += CHUNK) {
    unpack(numbers, list, from, Math.min(from + CHUNK, numbers.length));
  }
  if (buffer.byteLength <= SPARE_MAX) spare = buffer;
  return list;
}

function pack(list: readonly unknown[], numbers: Float64Array, from: number, end: number): boolean {
  for (let i = from; i < end; i++) {
    const item = list[i];
    if (typeof item !== "number" || item - item !== 0) return false;
    numbers[i] = item;
  }
  return true;
}

function unpack(numbers: Float64Array, list: number[], from: number, end: number): void {
  // Adding 0 makes -0, which JSON has not, a 0.
  for (let i = from; i < end; i++) list[i] = (numbers[i] as number) + 0;
}

function takeSpare(bytes: number): ArrayBuffer | undefined {
  if (spare?.byteLength !== bytes) return undefined;
  const taken = spare;
  spare = undefined;
  return taken;
}
