import type { Value } from "remotemedia";

/** Results as a table: the columns are the fields of objects, or one column of plain values. */
export interface Table {
  columns: string[];
  rows: (Value | undefined)[][];
}

/** Points of one line, from left to right. */
export type Line = { x: number; y: number }[];

/** Results as a table; undefined if they have nothing in common with one. */
export function tableOf(outputs: readonly Value[]): Table | undefined {
  if (outputs.length === 0) return undefined;
  if (!outputs.every(isRecord)) {
    return outputs.some(isRecord) ? undefined : { columns: ["value"], rows: outputs.map((it) => [it]) };
  }
  const columns = [...new Set(outputs.flatMap((it) => Object.keys(it)))];
  return { columns, rows: outputs.map((it) => columns.map((name) => it[name])) };
}

/** The columns that hold nothing but numbers (and gaps), at least two of them. */
export function numericColumns({ columns, rows }: Table): string[] {
  return columns.filter((_, index) => {
    const values = rows.map((row) => row[index] ?? null).filter((it) => it !== null);
    return values.length > 1 && values.every((it) => typeof it === "number");
  });
}

/** The column that runs along the bottom: the first that counts upwards, perhaps again and again. */
export function runningColumn(table: Table): string | undefined {
  return numericColumns(table).find((name) => {
    const values = numbers(table, name);
    const steps = values.slice(1).map((it, index) => it - (values[index] ?? it));
    const restarts = steps.filter((it, index) => it < 0 && values[index + 1] === values[0]).length;
    const rises = steps.filter((it) => it > 0).length;
    return rises > 0 && rises + restarts === steps.length;
  });
}

/** Column `y` over column `x`, or over the number of the result. A new line begins where `x` falls back. */
export function linesOf(table: Table, x: string | undefined, y: string): Line[] {
  const along = x === undefined ? table.rows.map((_, index) => index + 1) : numbers(table, x);
  const heights = numbers(table, y);
  const lines: Line[] = [];
  along.forEach((at, index) => {
    const height = heights[index] ?? Number.NaN;
    const previous = index === 0 ? Infinity : (along[index - 1] ?? Infinity);
    if (at < previous) lines.push([]);
    if (Number.isFinite(height)) lines.at(-1)?.push({ x: at, y: height });
  });
  return lines.filter((line) => line.length > 0);
}

/** About `count` round numbers that span `low` to `high`. */
export function ticks(low: number, high: number, count: number): number[] {
  if (low === high) return [low];
  const rough = (high - low) / count;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].map((it) => it * power).find((it) => it >= rough) ?? power * 10;
  const first = Math.ceil(low / step - 1e-9);
  const last = Math.floor(high / step + 1e-9);
  return Array.from({ length: last - first + 1 }, (_, index) =>
    Number(((first + index) * step).toPrecision(12)),
  );
}

function numbers({ columns, rows }: Table, name: string): number[] {
  const at = columns.indexOf(name);
  return rows.map((row) => (typeof row[at] === "number" ? row[at] : Number.NaN));
}

function isRecord(value: Value): value is { [key: string]: Value } {
  if (typeof value !== "object" || value === null || Array.isArray(value) || value instanceof Blob)
    return false;
  return !Object.values(value).some((it) => ArrayBuffer.isView(it));
}
