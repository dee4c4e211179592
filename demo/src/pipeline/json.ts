import type { InputValue, Value } from "remotemedia";

type Source = { source?: string };

/** Integers that a double cannot hold, and a 64-bit integer can, become bigints where the browser tells their digits. */
function exact(_key: string, value: unknown, context?: Source): unknown {
  if (typeof value !== "number" || Number.isSafeInteger(value) || !context?.source) return value;
  if (!/^-?\d+$/.test(context.source)) return value;
  const whole = BigInt(context.source);
  return whole >= -(2n ** 63n) && whole < 2n ** 64n ? whole : value;
}

/** Input items from text. Empty text means no inputs. Throws a SyntaxError. */
export function inputsFrom(text: string): InputValue[] | undefined {
  if (text.trim() === "") return undefined;
  const items = JSON.parse(text, exact as (key: string, value: unknown) => unknown) as unknown;
  if (!Array.isArray(items)) throw new SyntaxError("The inputs must be a JSON array: one entry per item.");
  return items as InputValue[];
}

/** Pretty JSON of a result; bulk data is described in place of being printed. */
export function show(value: unknown, indent = 2): string {
  return JSON.stringify(value, printable, indent);
}

/** The short form of a value, for a cell of a table. */
export function cell(value: Value | undefined): string {
  if (value === undefined) return "";
  return typeof value === "string" ? value : show(value, 0);
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
