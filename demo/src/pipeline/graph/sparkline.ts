import { freshId, h, svg } from "../../dom.ts";
import { rate } from "../../format.ts";
import type { Line } from "../series.ts";

const WIDTH = 320;
const HEIGHT = 44;

type Unit = Parameters<typeof rate>[1];

/** Throughput over the time of a run as a small curve, with its highest and its last value; nothing for one point. */
export function sparkline(line: Line, unit: Unit): Element[] {
  const [first, last] = [line[0], line.at(-1)];
  if (!first || !last || line.length < 3) return [];
  const top = line.reduce((most, it) => Math.max(most, it.y), 0);
  const x = (at: number): number => ((at - first.x) / (last.x - first.x || 1)) * WIDTH;
  const y = (value: number): number => HEIGHT - 2 - (top > 0 ? (value / top) * (HEIGHT - 6) : 0);
  const path = line
    .map((it, n) => `${n === 0 ? "M" : "L"}${x(it.x).toFixed(1)} ${y(it.y).toFixed(1)}`)
    .join("");
  const title = freshId("pace");
  const words = `Throughput by the events' arrival: ${rate(top, unit)} at most, ${rate(last.y, unit)} at last`;
  const picture = svg(
    "svg",
    {
      "class": "sparkline",
      "viewBox": `0 0 ${WIDTH} ${HEIGHT}`,
      "preserveAspectRatio": "none",
      "role": "img",
      "aria-labelledby": title,
      "data-testid": "sparkline",
    },
    svg("title", { id: title }, words),
    svg("path", { class: "sparkline-area", d: `${path}V${HEIGHT}H0Z` }),
    svg("path", { class: "sparkline-line", d: path }),
  );
  return [picture, h("p", { class: "hint" }, words)];
}
