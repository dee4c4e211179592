const WHOLE = new Intl.NumberFormat("en", { maximumFractionDigits: 0 });
const SHORT = new Intl.NumberFormat("en", { maximumSignificantDigits: 3 });
const COMPACT = new Intl.NumberFormat("en", { notation: "compact", maximumSignificantDigits: 3 });
const TENTHS = new Intl.NumberFormat("en", { minimumFractionDigits: 1, maximumFractionDigits: 1 });

/** `1,234` */
export function count(value: number): string {
  return WHOLE.format(value);
}

/** `1,234`, `10.2K` */
export function short(value: number): string {
  return value < 10_000 ? count(value) : COMPACT.format(value);
}

/** `1,234 items`, `1 item` */
export function counted(value: number, word: string, plural = `${word}s`): string {
  return `${count(value)} ${value === 1 ? word : plural}`;
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

/** So much of a unit in a second: `12.3/s`, `27M/s`, `1.2 MB/s`, `12.3× real time`. */
export function rate(perSecond: number, unit: "items" | "seconds" | "bytes" | "tokens"): string {
  switch (unit) {
    case "items":
      return `${COMPACT.format(perSecond)}/s`;
    case "tokens":
      return `${COMPACT.format(perSecond)} tokens/s`;
    case "bytes":
      return `${bytes(perSecond)}/s`;
    case "seconds":
      return `${SHORT.format(perSecond)}× real time`;
  }
}

/** A share as `42 %`; what is there at all is never 0. */
export function percent(share: number): string {
  return share > 0 && share < 0.01 ? "< 1 %" : `${count(share * 100)} %`;
}

/** Seconds as a place in a recording: `0:07.3`, `12:00.0`, `1:02:03.4`. */
export function clock(seconds: number): string {
  const tenths = Math.round(seconds * 10);
  const two = (value: number): string => String(value).padStart(2, "0");
  const [hours, minutes, rest] = [Math.floor(tenths / 36_000), Math.floor(tenths / 600) % 60, tenths % 600];
  const head = hours > 0 ? `${hours}:${two(minutes)}` : String(minutes);
  return `${head}:${two(Math.floor(rest / 10))}.${rest % 10}`;
}

/** The same to be read aloud, in whole seconds: `7 seconds`, `1 hour 2 minutes 3 seconds`. */
export function clockInWords(seconds: number): string {
  const whole = Math.round(seconds);
  const parts: [number, string][] = [
    [Math.floor(whole / 3600), "hour"],
    [Math.floor(whole / 60) % 60, "minute"],
    [whole % 60, "second"],
  ];
  const told = parts.filter(([value], index) => value > 0 || (index === 2 && whole === 0));
  return told.map(([value, word]) => counted(value, word)).join(" ");
}
