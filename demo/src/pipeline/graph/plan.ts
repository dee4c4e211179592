import type { Drawing } from "../manifest.ts";

export interface Point {
  x: number;
  y: number;
}

/** Which way the connections lead. */
export type Direction = "across" | "down";

/** What is to be placed; sizes of a card in pixels. */
export interface PlanRequest {
  /** Comes back with the answer. */
  key: string;
  nodes: string[];
  edges: { from: string; to: string }[];
  direction: Direction;
  width: number;
  height: number;
}

/** Where everything is, in the order of the request, in pixels from the top left. */
export interface Plan {
  places: Point[];
  /** Where each connection bends, in the middle of each gap and of each row or column that it passes. */
  routes: Point[][];
  width: number;
  height: number;
}

export interface PlanAnswer {
  key: string;
  plan: Plan;
}

/** The smallest size at which cards are still read with ease. */
export const LEGIBLE = 0.7;

/** In a box of fewer cards than this side by side, connections lead down. */
const NARROW = 1.9;

/**
 * The direction for a box so many cards wide and high: across where that fits at a legible size, otherwise whichever is
 * shown larger.
 */
export function directionFor(drawing: Pick<Drawing, "nodes" | "edges">, box: Point): Direction {
  if (box.x < NARROW) return "down";
  const { depth, breadth } = extent(drawing);
  // Room between cards, in cards.
  const size = (x: number, y: number): number =>
    Math.min(1, box.x / (x + (x - 1) * 0.22), box.y / (y + (y - 1) * 0.3));
  const [across, down] = [size(depth, breadth), size(breadth, depth)];
  return across >= LEGIBLE || across >= down ? "across" : "down";
}

/** How many cards follow each other at most, and how many lie side by side. */
function extent({ nodes, edges }: Pick<Drawing, "nodes" | "edges">): { depth: number; breadth: number } {
  const level = new Map(nodes.map(({ id }) => [id, 0]));
  // Nodes come after what they hear, so that one pass is enough; in a cycle there is no such thing as depth.
  for (const { id } of nodes) {
    for (const { from, to } of edges) {
      if (from !== id || to === id) continue;
      level.set(to, Math.max(level.get(to) ?? 0, (level.get(id) ?? 0) + 1));
    }
  }
  const counts = new Map<number, number>();
  for (const it of level.values()) counts.set(it, (counts.get(it) ?? 0) + 1);
  return { depth: Math.max(0, ...counts.keys()) + 1, breadth: Math.max(1, ...counts.values()) };
}

/** A connection as it is drawn. */
export interface Wire {
  /** The line, and the arrow at its end. */
  line: string;
  head: string;
  /** Where its figure is. */
  middle: Point;
}

/** Length of the arrow at the end of a connection. */
const HEAD = 9;

/** Draws a route as a curve that leaves and enters along `direction`. */
export function wireOf(route: readonly Point[], direction: Direction): Wire {
  const [first, last] = [route[0], route.at(-1)];
  if (!first || !last) return { line: "", head: "", middle: { x: 0, y: 0 } };
  const isAcross = direction === "across";
  // The line ends inside the arrow, so that its blunt end is not seen.
  const tip = isAcross ? { x: last.x - HEAD + 1, y: last.y } : { x: last.x, y: last.y - HEAD + 1 };
  const points = [...route.slice(0, -1), tip];
  const curves = points.slice(1).map((to, index) => {
    const from = points[index] ?? to;
    const [a, b] = isAcross
      ? [`${round((from.x + to.x) / 2)} ${round(from.y)}`, `${round((from.x + to.x) / 2)} ${round(to.y)}`]
      : [`${round(from.x)} ${round((from.y + to.y) / 2)}`, `${round(to.x)} ${round((from.y + to.y) / 2)}`];
    return `C${a} ${b} ${round(to.x)} ${round(to.y)}`;
  });
  const side = HEAD / 2;
  const head = isAcross
    ? `M${round(last.x)} ${round(last.y)}l${-HEAD} ${-side}v${2 * side}z`
    : `M${round(last.x)} ${round(last.y)}l${-side} ${-HEAD}h${2 * side}z`;
  const line = `M${round(first.x)} ${round(first.y)}${curves.join("")}`;
  return { line, head, middle: middleOf(points) };
}

/** Halfway along: a route has a bend on each side of its middle, or none. */
function middleOf(points: readonly Point[]): Point {
  const [a, b] = [points[Math.ceil(points.length / 2) - 1], points[Math.floor(points.length / 2)]];
  return a && b ? { x: (a.x + b.x) / 2, y: (a.y + b.y) / 2 } : { x: 0, y: 0 };
}

type Sizes = Pick<PlanRequest, "width" | "height" | "direction">;

/**
 * The route from the middle of one card's side to the middle of the other's. `bends` are the points that it passes
 * through, in the middle of gaps and of the rows or columns between in turn; past cards it is straight.
 */
export function routed(bends: readonly Point[], from: Point, to: Point, sizes: Sizes): Point[] {
  const { width, height, direction } = sizes;
  const isAcross = direction === "across";
  const start = isAcross
    ? { x: from.x + width, y: from.y + height / 2 }
    : { x: from.x + width / 2, y: from.y + height };
  const end = isAcross ? { x: to.x, y: to.y + height / 2 } : { x: to.x + width / 2, y: to.y };
  const passed = bends.filter((_, index) => index % 2 === 1);
  const sign = (isAcross ? end.x - start.x : end.y - start.y) < 0 ? -1 : 1;
  const straights = passed.flatMap(({ x, y }) => {
    const [dx, dy] = isAcross ? [(sign * width) / 2, 0] : [0, (sign * height) / 2];
    return [
      { x: x - dx, y: y - dy },
      { x: x + dx, y: y + dy },
    ];
  });
  return [start, ...straights, end];
}

/** What a loop needs around its card. */
export const LOOP = 22;

/** A connection from a node to itself: out of its end, below it (or beside it), into its start. */
export function loopOf(at: Point, { width, height, direction }: Sizes): Wire {
  const isAcross = direction === "across";
  const [long, wide] = isAcross ? [width, height] : [height, width];
  // Drawn as if it led across, and turned where it does not.
  const turn = (x: number, y: number): string =>
    isAcross ? `${round(at.x + x)} ${round(at.y + y)}` : `${round(at.x + y)} ${round(at.y + x)}`;
  const curve = (...points: [number, number][]): string => `C${points.map(([x, y]) => turn(x, y)).join(" ")}`;
  const [half, under] = [wide / 2, wide + LOOP];
  const line =
    `M${turn(long, half)}` +
    curve([long + LOOP * 1.5, half], [long + LOOP * 1.5, under], [long - LOOP, under]) +
    `L${turn(LOOP, under)}` +
    curve([-LOOP * 1.5, under], [-LOOP * 1.5, half], [-HEAD + 1, half]);
  const side = HEAD / 2;
  const head = `M${turn(0, half)}L${turn(-HEAD, half - side)}L${turn(-HEAD, half + side)}z`;
  const middle = isAcross ? { x: at.x + long / 2, y: at.y + under } : { x: at.x + under, y: at.y + long / 2 };
  return { line, head, middle };
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}
