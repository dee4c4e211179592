import type { Drawing } from "../manifest.ts";
import type { Direction, Point } from "./plan.ts";

/** The keys that lead from one node to another. */
export type Step = "ArrowRight" | "ArrowLeft" | "ArrowUp" | "ArrowDown" | "Home" | "End";

/** Where nodes are: a map of ids to places, in the order in which they work. */
export type Places = ReadonlyMap<string, Point>;

/**
 * The node that a key leads to from `id`; undefined if there is none. Keys that point along the connections follow
 * them, the others go to the nearest node on that side.
 */
export function stepFrom(
  id: string,
  key: Step,
  places: Places,
  edges: Drawing["edges"],
  direction: Direction,
): string | undefined {
  const ids = [...places.keys()];
  if (key === "Home") return ids[0];
  if (key === "End") return ids.at(-1);
  const here = places.get(id);
  if (!here) return undefined;
  const forward = direction === "across" ? "ArrowRight" : "ArrowDown";
  const backward = direction === "across" ? "ArrowLeft" : "ArrowUp";
  if (key === forward) return nearest(here, targets(id, edges), places, direction);
  if (key === backward) return nearest(here, sources(id, edges), places, direction);
  const isBefore = key === "ArrowUp" || key === "ArrowLeft";
  const beside = ids.filter((it) => {
    const gap = across(places.get(it) ?? here, direction) - across(here, direction);
    return isBefore ? gap < -1 : gap > 1;
  });
  return nearest(here, beside, places, direction);
}

function targets(id: string, edges: Drawing["edges"]): string[] {
  return edges.filter((it) => it.from === id && it.to !== id).map((it) => it.to);
}

function sources(id: string, edges: Drawing["edges"]): string[] {
  return edges.filter((it) => it.to === id && it.from !== id).map((it) => it.from);
}

/** The coordinate at right angles to the connections. */
function across({ x, y }: Point, direction: Direction): number {
  return direction === "across" ? y : x;
}

function along({ x, y }: Point, direction: Direction): number {
  return direction === "across" ? x : y;
}

/** What is level with `here` is nearer than what is ahead or behind. */
function nearest(
  here: Point,
  ids: readonly string[],
  places: Places,
  direction: Direction,
): string | undefined {
  let best: { id: string; distance: number } | undefined;
  for (const id of ids) {
    const there = places.get(id);
    if (!there) continue;
    const aside = Math.abs(across(there, direction) - across(here, direction));
    const ahead = Math.abs(along(there, direction) - along(here, direction));
    const distance = aside + 3 * ahead;
    if (!best || distance < best.distance) best = { id, distance };
  }
  return best?.id;
}
