import { freshId, svg } from "../dom.ts";
import { type Line, ticks } from "./series.ts";

const HEIGHT = 260;
const EDGE = { left: 52, right: 12, top: 14, bottom: 40 };

interface Scale {
  low: number;
  high: number;
  at: (value: number) => number;
}

/** A line chart, so many pixels wide. The same figures are in the table view, which its description says. */
export function chart(lines: Line[], xName: string, yName: string, room: number): SVGSVGElement {
  const width = Math.max(room, 240);
  const points = lines.flat();
  const x = scale(
    points.map((it) => it.x),
    EDGE.left,
    width - EDGE.right,
  );
  const y = scale(
    points.map((it) => it.y),
    HEIGHT - EDGE.bottom,
    EDGE.top,
    0.06,
  );
  const [titleId, descriptionId] = [freshId("chart-title"), freshId("chart-description")];
  return svg(
    "svg",
    {
      "class": "chart",
      "viewBox": `0 0 ${width} ${HEIGHT}`,
      "role": "img",
      "aria-labelledby": `${titleId} ${descriptionId}`,
      "data-testid": "chart",
    },
    svg("title", { id: titleId }, `${words(yName)} by ${words(xName)}`),
    svg("desc", { id: descriptionId }, describe(lines, xName, yName)),
    ...yAxis(y, yName, width),
    ...xAxis(x, xName, width),
    ...lines.flatMap((line, index) => draw(line, x, y, index)),
  );
}

function draw(line: Line, x: Scale, y: Scale, index: number): SVGElement[] {
  const path = line
    .map((it, n) => `${n === 0 ? "M" : "L"}${round(x.at(it.x))} ${round(y.at(it.y))}`)
    .join("");
  const first = line[0];
  const last = line.at(-1);
  if (!first || !last) return [];
  const area = `${path}V${HEIGHT - EDGE.bottom}H${round(x.at(first.x))}Z`;
  const dots =
    line.length > 120
      ? []
      : line.map((it) => svg("circle", { cx: round(x.at(it.x)), cy: round(y.at(it.y)), r: 2.4 }));
  return [
    svg(
      "g",
      { class: `chart-line chart-line-${index % 4}` },
      svg("path", { class: "chart-area", d: area }),
      svg("path", { class: "chart-path", d: path }),
      ...dots,
    ),
  ];
}

function xAxis(x: Scale, name: string, width: number): SVGElement[] {
  const bottom = HEIGHT - EDGE.bottom;
  const marks = ticks(x.low, x.high, Math.min(12, width / 60)).flatMap((value) => {
    const at = round(x.at(value));
    // A figure at the very edge would be cut off.
    const anchor = at > width - 2 * EDGE.right ? "end" : "middle";
    return [
      svg("path", { class: "chart-tick", d: `M${at} ${bottom}v5` }),
      svg("text", { "x": at, "y": bottom + 18, "text-anchor": anchor }, String(value)),
    ];
  });
  const label = svg(
    "text",
    { "class": "chart-label", "x": width - EDGE.right, "y": HEIGHT - 6, "text-anchor": "end" },
    words(name),
  );
  return [
    svg("path", { class: "chart-axis", d: `M${EDGE.left} ${bottom}H${width - EDGE.right}` }),
    ...marks,
    label,
  ];
}

function yAxis(y: Scale, name: string, width: number): SVGElement[] {
  const marks = ticks(y.low, y.high, 5).flatMap((value) => [
    svg("path", { class: "chart-grid", d: `M${EDGE.left} ${round(y.at(value))}H${width - EDGE.right}` }),
    svg("text", { "x": EDGE.left - 8, "y": round(y.at(value)) + 4, "text-anchor": "end" }, String(value)),
  ]);
  return [...marks, svg("text", { class: "chart-label", x: EDGE.left, y: HEIGHT - 6 }, words(name))];
}

/** Maps values to pixels; `margin` is what stays free beyond both ends, as a share. */
function scale(values: number[], from: number, to: number, margin = 0): Scale {
  // Not spread into arguments: a long recording has more points than a call may have.
  const [least, most] = values.reduce(
    ([a, b], it) => [Math.min(a, it), Math.max(b, it)],
    [Infinity, -Infinity],
  );
  const spare = (most - least) * margin;
  const [low, high] = least === most ? [least - 1, most + 1] : [least - spare, most + spare];
  return { low, high, at: (value) => from + ((value - low) / (high - low)) * (to - from) };
}

function describe(lines: Line[], xName: string, yName: string): string {
  const each = lines.map((line, index) => {
    const lowest = line.reduce((a, b) => (b.y < a.y ? b : a));
    const highest = line.reduce((a, b) => (b.y > a.y ? b : a));
    const name = lines.length > 1 ? `Line ${index + 1}: ` : "";
    return `${name}${line.length} points, lowest ${lowest.y} at ${lowest.x}, highest ${highest.y} at ${highest.x}.`;
  });
  return `${words(yName)} over ${words(xName)}. ${each.slice(0, 8).join(" ")} The table view has every figure.`;
}

function words(name: string): string {
  return name.replaceAll("_", " ");
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}
