/** The stretch of time that is shown, in milliseconds since the start of the run. */
export interface TimeWindow {
  from: number;
  to: number;
}

/** The shortest stretch that is shown: below it clocks tell nothing. */
const SHORTEST = 0.05;

/** The window moved and shortened so that it lies within a run of this length. */
export function within({ from, to }: TimeWindow, length: number): TimeWindow {
  const width = Math.min(Math.max(to - from, SHORTEST), Math.max(length, SHORTEST));
  const start = Math.min(Math.max(0, from), Math.max(length, SHORTEST) - width);
  return { from: start, to: start + width };
}

/** The window `factor` times as wide; what is at `at` stays where it is. */
export function zoomed(
  { from, to }: TimeWindow,
  factor: number,
  length: number,
  at = (from + to) / 2,
): TimeWindow {
  return within({ from: at - (at - from) * factor, to: at + (to - at) * factor }, length);
}

/** The window moved by a share of its width. */
export function moved({ from, to }: TimeWindow, share: number, length: number): TimeWindow {
  const step = (to - from) * share;
  return within({ from: from + step, to: to + step }, length);
}

/** The window moved no farther than it takes to have a stretch in it; around its start, if it does not fit. */
export function showing(
  { from, to }: TimeWindow,
  { start, end }: { start: number; end: number },
  length: number,
): TimeWindow {
  if (end >= from && start <= to) return { from, to };
  const width = to - from;
  const middle = end - start > width ? start + width / 2 : (start + end) / 2;
  return within({ from: middle - width / 2, to: middle + width / 2 }, length);
}

/** The window around a stretch, with some room on both sides; around a moment a tenth of the run. */
export function around({ start, end }: { start: number; end: number }, length: number): TimeWindow {
  const room = end > start ? (end - start) * 0.05 : length * 0.05;
  return within({ from: start - room, to: end + room }, length);
}
