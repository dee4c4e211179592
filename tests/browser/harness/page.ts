import type { Engine } from "./engines.ts";

declare global {
  /** The published package, in pages loaded from `/test.html`. */
  var rm: typeof import("../../../dist/remotemedia/remotemedia.js");
}

/** Main-thread figures of a page, since it was loaded; seconds of CPU time and bytes. */
export interface CpuMetrics {
  taskSeconds: number;
  scriptSeconds: number;
  heapBytes: number;
}

/** How a screenshot is taken; sizes in CSS pixels. */
export interface ScreenshotOptions {
  width?: number;
  height?: number;
  /** Chromium only. */
  colorScheme?: "light" | "dark";
}

/** Types keys or clicks as a user does. */
export interface UserInput {
  click(selector: string): Promise<void>;
  type(selector: string, text: string): Promise<void>;
}

/** One tab, the same in every engine. */
export interface Page {
  readonly engine: Engine;
  /** Console lines and uncaught errors of the page so far, as `level: text`. */
  log(): Promise<readonly string[]>;
  /** Loads an address and waits for its `load` event. */
  goto(url: string): Promise<void>;
  /** Runs `body` in the page: JSON in, JSON out. It sees nothing of the test file but `arg`. */
  evaluate<T, A = undefined>(body: (arg: A) => T | Promise<T>, arg?: A): Promise<T>;
  /** A PNG of what is visible. */
  screenshot(options?: ScreenshotOptions): Promise<Uint8Array>;
  /** Chromium only. */
  cpu(): Promise<CpuMetrics>;
  close(): Promise<void>;
}

/** A running browser with a profile of its own. */
export interface Browser {
  readonly engine: Engine;
  readonly version: string;
  /** Opens a tab. In WebKit there is one at a time: the last one is reused. */
  newPage(): Promise<Page>;
  close(): Promise<void>;
}

/** An error thrown in the page. */
export class PageError extends Error {
  constructor(
    override readonly name: string,
    message: string,
    /** `code` of the page's error, if it has one. */
    readonly code: string | undefined,
    /** What a `PipelineError` says of the place, if it is one. */
    readonly place: { node: string | undefined; stage: string | undefined },
    readonly pageStack: string,
  ) {
    super(message);
  }
}

interface Thrown {
  name: string;
  message: string;
  code?: string;
  node?: string;
  stage?: string;
  stack: string;
}

type Outcome<T> = { value: T } | { error: Thrown };

/** The source text that runs `body(arg)` in a page and gives an {@link Outcome} as JSON text. */
export function evaluationSource<A>(body: (arg: A) => unknown, arg: A | undefined): string {
  // `__name` is what the TypeScript loader wraps named functions in; pages do not have it.
  return `(async () => {
    const __name = (it) => it;
    try {
      await globalThis.ready;
      return JSON.stringify({ value: await (${body.toString()})(${JSON.stringify(arg) ?? "undefined"}) });
    } catch (error) {
      const { name = "Error", message = String(error), code, node, stage, stack = "" } = error ?? {};
      return JSON.stringify({ error: { name, message, code, node, stage, stack } });
    }
  })()`;
}

/** What the page's JSON says: a value, or the error that was thrown there. */
export function outcome<T>(text: string): T {
  const result = JSON.parse(text) as Outcome<T>;
  if (!("error" in result)) return result.value;
  const { name, message, code, node, stage, stack } = result.error;
  throw new PageError(name, message, code, { node, stage }, stack);
}
