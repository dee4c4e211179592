/** A stretch of a text, in UTF-16 units. */
export interface Range {
  start: number;
  end: number;
}

/**
 * Where a JSON Pointer points to in a JSON text. What is not there is where it would be: in the innermost value around
 * it. Undefined if the text is not JSON up to there.
 */
export function locate(text: string, pointer: string): Range | undefined {
  const steps = pointer
    .split("/")
    .slice(1)
    .map((it) => it.replaceAll("~1", "/").replaceAll("~0", "~"));
  try {
    const scanner = new Scanner(text);
    let found = scanner.value();
    for (const step of steps) {
      const inner = new Scanner(text, found.start).child(step);
      if (!inner) break;
      found = inner;
    }
    return found;
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

/** The place that a parser's message names as `line 3 column 5`. */
export function placeIn(text: string, message: string): Range | undefined {
  const [, line, column] = /line (\d+),? column (\d+)/.exec(message) ?? [];
  if (!line || !column) return undefined;
  let start = 0;
  for (let n = 1; n < Number(line); n++) {
    const newline = text.indexOf("\n", start);
    if (newline < 0) return undefined;
    start = newline + 1;
  }
  start = Math.min(start + Math.max(Number(column) - 1, 0), text.length);
  return { start, end: Math.min(start + 1, text.length) };
}

/** Number of the line that `offset` is in, from 1. */
export function lineOf(text: string, offset: number): number {
  return text.slice(0, offset).split("\n").length;
}

/** Reads just enough of JSON to know where values begin and end. */
class Scanner {
  constructor(
    readonly text: string,
    public at = 0,
  ) {}

  /** Passes a value. Brackets are counted, not matched: whether it is right is the runtime's question. */
  value(): Range {
    this.blank();
    const start = this.at;
    let depth = 0;
    do {
      const sign = this.text[this.at];
      if (sign === undefined) throw new SyntaxError("the text ends early");
      const step = sign === "{" || sign === "[" ? 1 : sign === "}" || sign === "]" ? -1 : 0;
      depth += step;
      if (sign === '"') this.string();
      else if (step !== 0 || depth > 0) this.at += 1;
      else this.word();
    } while (depth > 0);
    return { start, end: this.at };
  }

  /** The value called `step` of the object or array that begins here. */
  child(step: string): Range | undefined {
    const isObject = this.text[this.at] === "{";
    if (!isObject && this.text[this.at] !== "[") return undefined;
    this.at += 1;
    for (let index = 0; ; index++) {
      this.blank();
      if (/[\]}]/.test(this.text[this.at] ?? "")) return undefined;
      const name = isObject ? this.key() : String(index);
      const range = this.value();
      if (name === step) return range;
      this.blank();
      if (this.text[this.at] === ",") this.at += 1;
    }
  }

  private key(): string {
    const start = this.at;
    this.string();
    const name = JSON.parse(this.text.slice(start, this.at)) as string;
    this.blank();
    if (this.text[this.at] !== ":") throw new SyntaxError("expected a colon");
    this.at += 1;
    return name;
  }

  private string(): void {
    if (this.text[this.at] !== '"') throw new SyntaxError("expected a string");
    this.at += 1;
    while (this.text[this.at] !== '"') {
      if (this.at >= this.text.length) throw new SyntaxError("a string is not ended");
      this.at += this.text[this.at] === "\\" ? 2 : 1;
    }
    this.at += 1;
  }

  private word(): void {
    const start = this.at;
    while (this.at < this.text.length && !/[\s,:[\]{}"]/.test(this.text[this.at] ?? "")) this.at += 1;
    if (this.at === start) throw new SyntaxError("expected a value");
  }

  private blank(): void {
    while (/\s/.test(this.text[this.at] ?? "")) this.at += 1;
  }
}
