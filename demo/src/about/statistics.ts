/** Several measurements of one thing. */
export interface Summary {
  median: number;
  min: number;
  max: number;
  runs: number[];
}

/** Nothing was measured: nothing to summarize. */
export function summarize(runs: readonly number[]): Summary | undefined {
  if (runs.length === 0) return undefined;
  const sorted = [...runs].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  const [low, high] = [sorted[sorted.length % 2 === 1 ? middle : middle - 1] ?? NaN, sorted[middle] ?? NaN];
  return { median: (low + high) / 2, min: sorted[0] ?? NaN, max: sorted.at(-1) ?? NaN, runs: [...runs] };
}

const DIGITS = new Intl.NumberFormat("en", { maximumSignificantDigits: 3 });

/** A figure in its unit, with about three digits: `57.3 µs`, `12.5 ms`, `0.2 %`. */
export function inUnit(value: number, unit: string): string {
  if (unit === "µs" && value >= 10_000) return inUnit(value / 1000, "ms");
  if (unit === "ms" && value >= 10_000) return inUnit(value / 1000, "s");
  return `${value >= 1000 ? Math.round(value).toLocaleString("en") : DIGITS.format(value)} ${unit}`;
}
