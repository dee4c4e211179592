import type { Range } from "./pointer.ts";

/** Something wrong in a text. */
export interface Mark {
  severity: "error" | "warning";
  message: string;
  /** What it is about, as a JSON Pointer or in words. */
  place: string;
  range: Range | undefined;
}

/** What a text is written in: a plain field, or one that knows its language. */
export interface Surface {
  readonly element: HTMLElement;
  /** Setting it is no input of the user's. */
  value: string;
  readonly selection: Range;
  readonly hasFocus: boolean;
  focus(): void;
  /** Goes to a stretch of the text. */
  select(range: Range): void;
  /** Shows where what is wrong is. */
  mark(marks: readonly Mark[]): void;
}

export interface SurfaceOptions {
  name: string;
  label: string;
  rows: number;
  /** The user wrote something. */
  onInput: () => void;
}
