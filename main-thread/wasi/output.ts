// What an executor writes.
import { PipelineError } from "../js/errors.js";
import type { LogLine } from "../js/wasi-messages.js";
import { plain } from "./text.js";

/** Longest line that is passed on, in UTF-16 units. */
const LINE = 4_000;
/** Lines that are remembered, for errors. */
const REMEMBERED = 50;
const LEVELS = { ERROR: "error", WARN: "warn", INFO: "info", DEBUG: "debug", TRACE: "debug" } as const;

/** The output in which the result is; so many bytes at most. */
export class Output {
  readonly #most: number;
  #size = 0;
  readonly #pieces: Uint8Array[] = [];

  constructor(most: number) {
    this.#most = most;
  }

  readonly write = (bytes: Uint8Array): void => {
    this.#size += bytes.length;
    if (this.#size > this.#most) {
      const message = `the package's executor wrote more than the ${this.#most} bytes of limits.outputBytes`;
      throw new PipelineError("LimitExceeded", message, { stage: "output" });
    }
    this.#pieces.push(bytes);
  };

  text(): string {
    const decoder = new TextDecoder();
    const texts = this.#pieces.map((piece) => decoder.decode(piece, { stream: true }));
    return texts.join("") + decoder.decode();
  }
}

/** The error output, line by line: said as it comes, so many lines at most. */
export class Say {
  readonly #tell: (lines: LogLine[]) => void;
  readonly #decoder = new TextDecoder();
  #left: number;
  #leftOut = 0;
  #line = "";
  /** The last lines. */
  readonly last: string[] = [];

  constructor(most: number, tell: (lines: LogLine[]) => void) {
    this.#left = most;
    this.#tell = tell;
  }

  readonly write = (bytes: Uint8Array): void => {
    const [first = "", ...others] = this.#decoder.decode(bytes, { stream: true }).split("\n");
    this.#line = (this.#line + first).slice(0, LINE);
    if (others.length === 0) return;
    const ended = [this.#line, ...others.slice(0, -1)];
    this.#line = (others.at(-1) ?? "").slice(0, LINE);
    this.#pass(ended);
  };

  /** Nothing more comes. */
  end(): void {
    this.#pass([this.#line]);
    this.#line = "";
    if (this.#leftOut > 0)
      this.#tell([{ level: "warn", message: `${this.#leftOut} more lines were left out` }]);
    this.#leftOut = 0;
  }

  #pass(ended: string[]): void {
    const lines = ended.map((line) => plain(line).trimEnd().slice(0, LINE)).filter((line) => line !== "");
    this.last.push(...lines.slice(-REMEMBERED));
    this.last.splice(0, this.last.length - REMEMBERED);
    const told = lines.slice(0, this.#left);
    this.#left -= told.length;
    this.#leftOut += lines.length - told.length;
    if (told.length > 0) this.#tell(told.map((message) => ({ level: levelOf(message), message })));
  }
}

function levelOf(line: string): LogLine["level"] {
  const word = /\b(ERROR|WARN|INFO|DEBUG|TRACE)\b/.exec(line.slice(0, 80))?.[1];
  return word === undefined ? "info" : LEVELS[word as keyof typeof LEVELS];
}
