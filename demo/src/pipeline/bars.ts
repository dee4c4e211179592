import { freshId, svg } from "../dom.ts";

/** A value and what it is called. */
export interface Bar {
  label: string;
  value: number;
}

const ROW = 24;
const TOP = 8;
const BOTTOM = 22;
/** Letters of a label at most: what is longer ends with dots, and is whole in the table. */
const LETTERS = 18;
/** Width of a letter of the chart's font, in pixels. */
const LETTER = 7;

/** A bar for each value, so many pixels wide. The same figures are in the table view, which its description says. */
export function bars(
  items: readonly Bar[],
  labelName: string,
  valueName: string,
  room: number,
): SVGSVGElement {
  const width = Math.max(room, 240);
  const height = TOP + items.length * ROW + BOTTOM;
  const left = LETTER * (Math.min(LETTERS, Math.max(...items.map((it) => it.label.length))) + 2);
  const figures = LETTER * (Math.max(...items.map((it) => String(it.value).length)) + 1);
  const [low, high] = [
    Math.min(0, ...items.map((it) => it.value)),
    Math.max(0, ...items.map((it) => it.value)),
  ];
  const at = (value: number): number =>
    left + ((value - low) / (high - low || 1)) * (width - left - figures - 4);
  const [titleId, descriptionId] = [freshId("chart-title"), freshId("chart-description")];
  return svg(
    "svg",
    {
      "class": "chart bars",
      "viewBox": `0 0 ${width} ${height}`,
      "role": "img",
      "aria-labelledby": `${titleId} ${descriptionId}`,
      "data-testid": "chart",
    },
    svg("title", { id: titleId }, `${words(valueName)} by ${words(labelName)}`),
    svg("desc", { id: descriptionId }, describe(items, valueName)),
    ...items.flatMap((item, index) => bar(item, TOP + index * ROW, left, at)),
    svg("path", { class: "chart-axis", d: `M${round(at(0))} ${TOP - 4}V${height - BOTTOM}` }),
    svg("text", { class: "chart-label", x: left, y: height - 6 }, words(valueName)),
  );
}

function bar({ label, value }: Bar, top: number, left: number, at: (value: number) => number): SVGElement[] {
  const [from, to] = [Math.min(at(0), at(value)), Math.max(at(0), at(value))];
  const middle = top + ROW / 2 + 3;
  const short = label.length > LETTERS ? `${label.slice(0, LETTERS - 1)}…` : label;
  return [
    svg("text", { "x": left - 8, "y": middle, "text-anchor": "end" }, short),
    svg("rect", {
      class: "chart-bar",
      x: round(from),
      y: top + 3,
      width: round(Math.max(to - from, 1)),
      height: ROW - 6,
    }),
    svg("text", { x: round(to + 6), y: middle }, String(value)),
  ];
}

function describe(items: readonly Bar[], name: string): string {
  const listed = items.slice(0, 12).map(({ label, value }) => `${label}: ${value}`);
  return `${words(name)}: ${listed.join(", ")}. The table view has every figure.`;
}

function words(name: string): string {
  return name.replaceAll("_", " ");
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}
