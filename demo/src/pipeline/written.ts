import type { InputValue } from "remotemedia";
import { InputError, inputsFrom, LINE, pretty } from "./json.ts";

/** How items are written. */
export type Written = "json" | "numbers" | "lines";

interface Way {
  title: string;
  hint: string;
  /** Items from text; undefined for no inputs at all. Throws an {@link InputError}. */
  read: (text: string) => InputValue[] | undefined;
  /** Items as text; undefined if they cannot be written so. */
  write: (items: readonly InputValue[]) => string | undefined;
}

const NOTHING = "Empty: every source is called once with null.";

export const WAYS: Record<Written, Way> = {
  json: {
    title: "JSON",
    hint: `A JSON array, one entry per item. ${NOTHING}`,
    read: inputsFrom,
    write: (items) => pretty(items, LINE),
  },
  numbers: {
    title: "Numbers",
    hint: `Numbers with blanks, commas or lines between them, each an item. ${NOTHING}`,
    read: (text) =>
      someOf(
        text
          .split(/[\s,;]+/)
          .filter(Boolean)
          .map(number),
      ),
    write: (items) => (items.every(isNumber) ? items.join("\n") : undefined),
  },
  lines: {
    title: "Lines",
    hint: `Text, each line an item. ${NOTHING}`,
    read: (text) => someOf(text === "" ? [] : text.replace(/\n$/, "").split("\n")),
    write: (items) => (items.every(isLine) ? items.join("\n") : undefined),
  },
};

/** The same items written in another way; undefined if they cannot be. */
export function rewritten(text: string, from: Written, to: Written): string | undefined {
  try {
    const items = WAYS[from].read(text);
    return items && WAYS[to].write(items);
  } catch {
    return undefined;
  }
}

function number(word: string, index: number): InputValue {
  try {
    const [value] = inputsFrom(`[${word}]`) ?? [];
    if (isNumber(value)) return value;
  } catch {
    // Told below, in words of this list.
  }
  throw new InputError(`entry ${index + 1} is no number: ${word}`);
}

function isNumber(value: InputValue | undefined): value is number | bigint {
  return typeof value === "number" || typeof value === "bigint";
}

function isLine(value: InputValue): value is string {
  return typeof value === "string" && !value.includes("\n");
}

function someOf(items: InputValue[]): InputValue[] | undefined {
  return items.length > 0 ? items : undefined;
}
