import { freshId, svg } from "../dom.ts";

/** A box: where it is, how large, and its lines; the first is its name. */
type Box = [x: number, y: number, width: number, height: number, tone: string, ...lines: string[]];

const BOXES: Box[] = [
  [
    10,
    10,
    420,
    78,
    "page",
    "Your page",
    "JavaScript API and coordinator: starts workers,",
    "watches them, gives results. Never computes.",
  ],
  [10, 136, 244, 78, "rust", "Runtime worker", "Rust: plan, order, backpressure;", "light nodes"],
  [290, 136, 140, 78, "plain", "Models worker", "fetches, checks and", "keeps models"],
  [
    10,
    262,
    200,
    92,
    "rust",
    "Compute workers",
    "Rust: decoding, resampling,",
    "speech to text;",
    "one to four of them",
  ],
  [
    230,
    262,
    200,
    92,
    "python",
    "Python worker",
    "Pyodide: your classes and",
    "functions;",
    "a spare one stands by",
  ],
];

/** A line with a head at either end. */
type Line = [x1: number, y1: number, x2: number, y2: number, kind: "control" | "data", label?: string];

const LINES: Line[] = [
  [120, 88, 120, 136, "control", "control, events"],
  [360, 88, 360, 136, "control"],
  [110, 214, 110, 262, "data", "data"],
  [242, 214, 242, 262, "data", "data"],
];

/** Who does what, and where data goes. */
export function architectureElement(): SVGElement {
  const [title, desc] = [freshId("architecture"), freshId("architecture-text")];
  return svg(
    "svg",
    {
      "class": "architecture",
      "viewBox": "0 0 440 364",
      "role": "img",
      "aria-labelledby": `${title} ${desc}`,
    },
    svg("title", { id: title }, "How it is built"),
    svg("desc", { id: desc }, DESCRIPTION),
    ...LINES.map(lineElement),
    ...BOXES.map(boxElement),
  );
}

const DESCRIPTION =
  "The page starts workers and watches them. The runtime worker, in Rust, plans a pipeline and sends data straight to " +
  "compute workers and to the Python worker, and back, never through the page. A models worker fetches and keeps models.";

function boxElement([x, y, width, height, tone, ...lines]: Box): SVGElement {
  const texts = lines.map((line, at) =>
    svg("text", { x: x + 12, y: y + 23 + 18 * at, class: at === 0 ? "box-name" : "box-text" }, line),
  );
  return svg("g", { class: `box box-${tone}` }, svg("rect", { x, y, width, height, rx: 3 }), ...texts);
}

function lineElement([x1, y1, x2, y2, kind, label]: Line): SVGElement {
  const head = (at: number, by: number): SVGElement =>
    svg("path", { class: "line-head", d: `M${x1 - 4} ${at + by}L${x1} ${at}L${x1 + 4} ${at + by}` });
  const parts = [svg("line", { x1, y1: y1 + 3, x2, y2: y2 - 3 }), head(y1 + 3, 6), head(y2 - 3, -6)];
  if (label) parts.push(svg("text", { x: x1 + 10, y: (y1 + y2) / 2 + 4, class: "line-text" }, label));
  return svg("g", { class: `line line-${kind}` }, ...parts);
}
