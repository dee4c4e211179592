import { h } from "../dom.ts";

/** A figure as a bar beside others of its unit. */
export interface Bar {
  label: string;
  value: number;
  /** The value with its unit. */
  text: string;
  tone: "ours" | "other";
  /** Single runs behind the value, drawn as ticks. */
  runs?: readonly number[];
}

/** Bars of one unit; the longest fills its row. They say in words what they show. */
export function barsElement(bars: readonly Bar[]): HTMLElement {
  const values = bars.flatMap(({ value, runs = [] }) => [value, ...runs]);
  const longest = Math.max(...values, Number.MIN_VALUE);
  return h("ul", { class: "gauges" }, ...bars.map((bar) => row(bar, longest)));
}

function row({ label, value, text, tone, runs = [] }: Bar, longest: number): HTMLElement {
  const fill = h("span", { class: `gauge gauge-${tone}` });
  fill.style.inlineSize = percent(value / longest);
  const ticks = runs.map((run) => {
    const tick = h("span", { class: "gauge-run" });
    tick.style.insetInlineStart = percent(run / longest);
    return tick;
  });
  return h(
    "li",
    {},
    h("span", { class: "gauge-label" }, label),
    h("span", { "class": "gauge-track", "aria-hidden": "true" }, fill, ...ticks),
    h("span", { class: "gauge-value" }, text),
  );
}

function percent(share: number): string {
  return `${(100 * Math.max(0, Math.min(1, share))).toFixed(2)}%`;
}
