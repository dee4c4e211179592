const WHOLE = new Intl.NumberFormat("en", { maximumFractionDigits: 0 });
const SHORT = new Intl.NumberFormat("en", { maximumSignificantDigits: 3 });
const TENTHS = new Intl.NumberFormat("en", { minimumFractionDigits: 1, maximumFractionDigits: 1 });

/** `1,234` */
export function count(value: number): string {
  return WHOLE.format(value);
}

/** `1,234 items`, `1 item` */
export function counted(value: number, word: string): string {
  return `${count(value)} ${word}${value === 1 ? "" : "s"}`;
}

/** Milliseconds as `0.42 ms`, `42 ms`, `4.2 s`, `1 min 02 s`. */
export function milliseconds(ms: number): string {
  if (ms < 1000) return `${ms < 100 ? SHORT.format(ms) : count(ms)} ms`;
  if (ms < 60_000) return `${(ms / 1000).toFixed(ms < 10_000 ? 2 : 1)} s`;
  const seconds = Math.round(ms / 1000);
  return `${Math.floor(seconds / 60)} min ${String(seconds % 60).padStart(2, "0")} s`;
}

/** Microseconds as `0.4 µs`, or in larger units. */
export function microseconds(us: number): string {
  return us < 1000 ? `${SHORT.format(us)} µs` : milliseconds(us / 1000);
}

/** Bytes as `12 B`, `1.2 kB`, `9.6 MB`. */
export function bytes(size: number): string {
  const units = ["B", "kB", "MB", "GB", "TB"];
  let unit = 0;
  while (size >= 1000 && unit < units.length - 1) {
    size /= 1000;
    unit += 1;
  }
  return `${unit === 0 ? count(size) : SHORT.format(size)} ${units[unit]}`;
}

/** An amount in a unit of progress. */
export function amount(value: number, unit: "items" | "seconds" | "bytes" | "tokens"): string {
  switch (unit) {
    case "items":
    case "tokens":
      return count(value);
    case "seconds":
      return TENTHS.format(value);
    case "bytes":
      return bytes(value);
  }
}

/** `3 of 4 items`, `12.5 of 20.0 s`; without a total `3 items`. */
export function progress(
  done: number,
  total: number | null,
  unit: "items" | "seconds" | "bytes" | "tokens",
): string {
  const word = unit === "seconds" ? " s" : unit === "bytes" ? "" : ` ${unit}`;
  return total === null
    ? `${amount(done, unit)}${word}`
    : `${amount(done, unit)} of ${amount(total, unit)}${word}`;
}
