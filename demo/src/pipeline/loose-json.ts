import type { Range } from "./pointer.ts";

/** A value of a text that may not be JSON yet: somebody is still writing it. */
export type Loose = Range &
  /** `isOpen`: the bracket or the quote at its end is still to come. */
  (
    | { kind: "object"; fields: Field[]; isOpen: boolean }
    | { kind: "array"; items: Loose[]; isOpen: boolean }
    | { kind: "string"; text: string; isOpen: boolean }
    | { kind: "word"; text: string }
  );

/** A field of an object, as far as it is written. */
export interface Field {
  key: Range & { text: string; isOpen: boolean };
  /** Where the colon is. */
  colon: number | undefined;
  value: Loose | undefined;
  /** Where the value ends, or where it has room. */
  end: number;
}

/** A place in a text: what is there, or could be. */
export interface Place {
  /** Keys and indices that lead to the value, or to the object that the key belongs to. */
  path: (string | number)[];
  role: "key" | "value";
  /** What is written there so far. */
  written: (Range & { kind: "string" | "word"; isOpen: boolean }) | undefined;
  /** For keys: whether a colon follows. */
  hasColon: boolean;
}

/** Deeper than anybody writes by hand; more would not fit on the stack. */
const DEEPEST = 100;

/** Reads a text as JSON, and makes the best of what is not. */
export function looseJson(text: string): Loose | undefined {
  return new Reader(text).value(0);
}

/** What a pointer's steps lead to. */
export function within(root: Loose | undefined, path: readonly (string | number)[]): Loose | undefined {
  let found = root;
  for (const step of path) {
    if (found?.kind === "object") found = found.fields.find((it) => it.key.text === step)?.value;
    else if (found?.kind === "array") found = found.items[Number(step)];
    else return undefined;
  }
  return found;
}

/** The text of a string; undefined for everything else. */
export function textOf(value: Loose | undefined): string | undefined {
  return value?.kind === "string" ? value.text : undefined;
}

/** What is at an offset of the text; undefined between values, where nothing can be written. */
export function placeAt(root: Loose | undefined, offset: number): Place | undefined {
  if (!root) return { path: [], role: "value", written: undefined, hasColon: false };
  return inValue(root, offset, []);
}

function inValue(value: Loose, offset: number, path: Place["path"]): Place | undefined {
  if (offset < value.start || offset > value.end) return undefined;
  if (value.kind === "word") {
    return { path, role: "value", written: { ...value, isOpen: false }, hasColon: false };
  }
  // Beyond the closing quote or bracket nothing can be written, before the opening one neither.
  if (offset === value.start || (offset === value.end && !value.isOpen)) return undefined;
  switch (value.kind) {
    case "string":
      return { path, role: "value", written: value, hasColon: false };
    case "array":
      return inArray(value.items, offset, path);
    case "object":
      return inObject(value.fields, offset, path);
  }
}

function inArray(items: readonly Loose[], offset: number, path: Place["path"]): Place | undefined {
  const index = items.findIndex((it) => offset <= it.end);
  const item = items[index];
  if (item && offset > item.start) return inValue(item, offset, [...path, index]);
  const next = item ? index : items.length;
  return { path: [...path, next], role: "value", written: undefined, hasColon: false };
}

function inObject(fields: readonly Field[], offset: number, path: Place["path"]): Place | undefined {
  const empty: Place = { path, role: "key", written: undefined, hasColon: false };
  const field = fields.find((it) => offset <= it.end);
  if (!field || offset <= field.key.start) return empty;
  const { key, colon, value } = field;
  if (offset < key.end || (offset === key.end && key.isOpen)) {
    const kind = key.end - key.start > key.text.length || key.isOpen ? "string" : "word";
    return { path, role: "key", written: { ...key, kind }, hasColon: colon !== undefined };
  }
  if (colon === undefined || offset <= colon) return undefined;
  const inside = [...path, key.text];
  if (!value) return { path: inside, role: "value", written: undefined, hasColon: false };
  return inValue(value, offset, inside);
}

class Reader {
  #at = 0;

  constructor(readonly text: string) {}

  value(depth: number): Loose | undefined {
    this.#blank();
    const sign = this.text[this.#at];
    if (sign === undefined) return undefined;
    if (sign === '"') return { kind: "string", ...this.#string() };
    if (depth < DEEPEST && sign === "{") return this.#object(depth);
    if (depth < DEEPEST && sign === "[") return this.#array(depth);
    return this.#word();
  }

  #object(depth: number): Loose {
    const start = this.#at++;
    const fields: Field[] = [];
    let isOpen = true;
    while (isOpen) {
      this.#blank(/[\s,]/);
      const sign = this.text[this.#at];
      // A bracket of another kind closes what is around this object.
      if (sign === undefined || sign === "]") break;
      if (sign === "}") isOpen = false;
      if (/[}:{[]/.test(sign)) this.#at += 1;
      else fields.push(this.#field(depth));
    }
    return { kind: "object", start, end: this.#at, fields, isOpen };
  }

  #field(depth: number): Field {
    const isQuoted = this.text[this.#at] === '"';
    const key = isQuoted ? this.#string() : { ...this.#word(), isOpen: false };
    const keyEnd = this.#at;
    this.#blank();
    if (this.text[this.#at] !== ":") {
      this.#at = keyEnd;
      return { key, colon: undefined, value: undefined, end: keyEnd };
    }
    const colon = this.#at++;
    this.#blank();
    const hasValue = !/^[,}\]]?$/.test(this.text[this.#at] ?? "");
    const value = hasValue ? this.value(depth + 1) : undefined;
    return { key, colon, value, end: value?.end ?? this.#at };
  }

  #array(depth: number): Loose {
    const start = this.#at++;
    const items: Loose[] = [];
    let isOpen = true;
    while (isOpen) {
      this.#blank(/[\s,]/);
      const sign = this.text[this.#at];
      if (sign === undefined || sign === "}") break;
      if (sign === "]") {
        this.#at += 1;
        isOpen = false;
        continue;
      }
      const item = this.value(depth + 1);
      if (item) items.push(item);
    }
    return { kind: "array", start, end: this.#at, items, isOpen };
  }

  /** A string ends with its line at the latest. */
  #string(): Range & { text: string; isOpen: boolean } {
    const start = this.#at++;
    while (this.#at < this.text.length && !/["\n]/.test(this.text[this.#at] ?? "")) {
      this.#at += this.text[this.#at] === "\\" ? 2 : 1;
    }
    this.#at = Math.min(this.#at, this.text.length);
    const isOpen = this.text[this.#at] !== '"';
    const raw = this.text.slice(start + 1, this.#at);
    if (!isOpen) this.#at += 1;
    return { start, end: this.#at, text: unescaped(raw), isOpen };
  }

  #word(): Loose & { kind: "word" } {
    const start = this.#at;
    while (this.#at < this.text.length && !/[\s,:[\]{}"]/.test(this.text[this.#at] ?? "")) this.#at += 1;
    // What belongs nowhere is passed one by one.
    if (this.#at === start) this.#at += 1;
    return { kind: "word", start, end: this.#at, text: this.text.slice(start, this.#at) };
  }

  #blank(blank = /\s/): void {
    while (blank.test(this.text[this.#at] ?? "")) this.#at += 1;
  }
}

function unescaped(raw: string): string {
  if (!raw.includes("\\")) return raw;
  try {
    return JSON.parse(`"${raw}"`) as string;
  } catch {
    return raw;
  }
}
