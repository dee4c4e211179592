import type { InputValue, Value } from "remotemedia";

type Source = { source?: string };

/** Inputs that no run can take. */
export class InputError extends Error {
  readonly code = "InvalidInput";
}

/** Integers that a double cannot hold, and a 64-bit integer can, become bigints where the browser tells their digits. */
export function exact(_key: string, value: unknown, context?: Source): unknown {
  if (typeof value !== "number" || Number.isSafeInteger(value) || !context?.source) return value;
  if (!/^-?\d+$/.test(context.source)) return value;
  const whole = BigInt(context.source);
  return whole >= -(2n ** 63n) && whole < 2n ** 64n ? whole : value;
}

/** Input items from text. Empty text means no inputs. Throws an {@link InputError}. */
export function inputsFrom(text: string): InputValue[] | undefined {
  if (text.trim() === "") return undefined;
  const items = parsed(text);
  if (!Array.isArray(items)) throw new InputError("the inputs must be a JSON array, one entry per item");
  return items as InputValue[];
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text, exact as (key: string, value: unknown) => unknown);
  } catch (error) {
    throw new InputError(`the inputs are no JSON: ${error instanceof Error ? error.message : String(error)}`);
  }
}

/** Characters of a line of what people write, so that it fits into the editors. */
export const LINE = 58;

/** A JSON text laid out anew, its numbers as they were; undefined if it is none. */
export function formatted(text: string): string | undefined {
  try {
    return pretty(parsed(text), LINE);
  } catch {
    return undefined;
  }
}

/** JSON with a line for each thing that fits into `width`; bulk data is described in place of being printed. */
export function pretty(value: unknown, width: number, indent = ""): string {
  const isList = Array.isArray(value);
  if (!isList && !isPlain(value)) return compact(value);
  const inner = `${indent}  `;
  const parts = isList
    ? value.map((it) => pretty(it, width, inner))
    : Object.entries(value).map(([key, it]) => `${JSON.stringify(key)}: ${pretty(it, width, inner)}`);
  const [open, close] = isList ? "[]" : "{}";
  const space = isList || parts.length === 0 ? "" : " ";
  const length = parts.reduce((sum, it) => sum + it.length + 2, indent.length);
  const fits = length <= width && !parts.some((it) => it.includes("\n"));
  if (fits) return `${open}${space}${parts.join(", ")}${space}${close}`;
  return `${open}\n${parts.map((it) => inner + it).join(",\n")}\n${indent}${close}`;
}

/** JSON without blanks, printed as {@link pretty} prints it. */
export function compact(value: unknown): string {
  return JSON.stringify(value, printable) ?? "null";
}

/** The short form of a value, for a cell of a table. */
export function cell(value: Value | undefined): string {
  if (value === undefined) return "";
  return typeof value === "string" ? value : compact(value);
}

function isPlain(value: unknown): value is { [key: string]: unknown } {
  return (
    typeof value === "object" && value !== null && Object.prototype.toString.call(value) === "[object Object]"
  );
}

function printable(_key: string, value: unknown): unknown {
  if (typeof value === "bigint") {
    const raw = (JSON as { rawJSON?: (text: string) => unknown }).rawJSON;
    return raw ? raw(String(value)) : String(value);
  }
  if (value instanceof Blob) return { type: "blob", size: value.size, mime: value.type };
  if (value instanceof ArrayBuffer) return `ArrayBuffer(${value.byteLength})`;
  if (ArrayBuffer.isView(value)) {
    const length = "length" in value ? value.length : value.byteLength;
    return `${value.constructor.name}(${String(length)})`;
  }
  return value;
}
