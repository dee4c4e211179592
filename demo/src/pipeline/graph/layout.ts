import { Graph, layout } from "@dagrejs/dagre";
import { type Direction, LOOP, type Plan, type PlanRequest, type Point } from "./plan.ts";

/** Room between cards, in pixels: along the connections there is a figure to be read. */
const ROOM = { across: { ranksep: 80, nodesep: 22 }, down: { ranksep: 50, nodesep: 24 } } as const;
/** Room around the whole. */
const MARGIN = 12;

/** Places cards so that connections lead one way, as far as there is no cycle. */
export function arrange({ nodes, edges, direction, width, height }: PlanRequest): Plan {
  const graph = new Graph();
  const rankdir = direction === "across" ? "LR" : "TB";
  graph.setGraph({ rankdir, ...ROOM[direction] });
  // Named by their place: an author's id may be anything.
  const names = new Map(nodes.map((id, index) => [id, String(index)]));
  for (const name of names.values()) graph.setNode(name, { width, height });
  for (const { from, to } of edges) {
    const [v, w] = [names.get(from), names.get(to)];
    if (v !== undefined && w !== undefined) graph.setEdge(v, w, {});
  }
  layout(graph);
  const middles = nodes.map((id) => {
    const { x = 0, y = 0 } = graph.node(names.get(id) ?? "") as Partial<Point>;
    return { x, y };
  });
  const bends = edges.map(({ from, to }) => {
    const edge = graph.edge(names.get(from) ?? "", names.get(to) ?? "") as { points?: Point[] } | undefined;
    // The first and the last one lie on the cards' borders.
    return from === to ? [] : (edge?.points ?? []).slice(1, -1);
  });
  const hasLoops = edges.some(({ from, to }) => from === to);
  return framed(middles, bends, { width, height, direction }, MARGIN + (hasLoops ? 2 * LOOP : 0));
}

/** Moves everything so that the whole begins at the top left, with its margin, and follows the authors' order. */
function framed(
  middles: Point[],
  bends: Point[][],
  { width, height, direction }: Pick<PlanRequest, "width" | "height" | "direction">,
  margin: number,
): Plan {
  if (middles.length === 0) return { places: [], routes: [], width: 0, height: 0 };
  const corners = middles.flatMap(({ x, y }) => [
    { x: x - width / 2, y: y - height / 2 },
    { x: x + width / 2, y: y + height / 2 },
  ]);
  const all = [...corners, ...bends.flat()];
  const [xs, ys] = [range(all.map(({ x }) => x)), range(all.map(({ y }) => y))];
  const flips = isUpsideDown(middles, direction);
  const [flipX, flipY] = [flips && direction === "down", flips && direction === "across"];
  const move = ({ x, y }: Point): Point => ({
    x: margin + (flipX ? xs.high - x : x - xs.low),
    y: margin + (flipY ? ys.high - y : y - ys.low),
  });
  return {
    places: middles.map(move).map(({ x, y }) => ({ x: x - width / 2, y: y - height / 2 })),
    routes: bends.map((it) => it.map(move)),
    width: xs.high - xs.low + 2 * margin,
    height: ys.high - ys.low + 2 * margin,
  };
}

function range(values: readonly number[]): { low: number; high: number } {
  return { low: values.reduce((a, b) => Math.min(a, b)), high: values.reduce((a, b) => Math.max(a, b)) };
}

/** Whether more nodes that lie side by side are against the order in which they are written than in it. */
function isUpsideDown(middles: readonly Point[], direction: Direction): boolean {
  const [along, across] = direction === "across" ? (["x", "y"] as const) : (["y", "x"] as const);
  const last = new Map<number, number>();
  let [right, wrong] = [0, 0];
  for (const middle of middles) {
    const before = last.get(middle[along]);
    if (before !== undefined && middle[across] > before) right += 1;
    if (before !== undefined && middle[across] < before) wrong += 1;
    last.set(middle[along], middle[across]);
  }
  return wrong > right;
}
