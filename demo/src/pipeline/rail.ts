import { svg } from "../dom.ts";
import type { Drawing } from "./manifest.ts";

const STEP = 9;
const MARGIN = 9;

/**
 * The connections between the rows of a list, drawn beside it: straight between neighbours, around what lies between
 * otherwise. `centers`: the middle of each node's row, in pixels from the top.
 */
export class Rail {
  readonly element = svg("svg", { "class": "rail", "aria-hidden": "true", "focusable": "false" });

  draw(
    edges: Drawing["edges"],
    centers: ReadonlyMap<string, number>,
    rank: ReadonlyMap<string, number>,
  ): void {
    const jumps = edges.map(({ from, to }) => Math.abs((rank.get(to) ?? 0) - (rank.get(from) ?? 0)) - 1);
    const reach = Math.min(Math.max(0, ...jumps), 6);
    const x = MARGIN + reach * STEP;
    const width = x + MARGIN;
    this.element.style.width = `${width}px`;
    const lines = edges.map(({ from, to }, index) => {
      const [start, end] = [centers.get(from) ?? 0, centers.get(to) ?? 0];
      const out = Math.min(jumps[index] ?? 0, reach) * STEP * 1.33;
      const d =
        out === 0
          ? `M${x} ${start}V${end}`
          : `M${x} ${start}C${x - out} ${start} ${x - out} ${start} ${x - out} ${(start + end) / 2}S${x - out} ${end} ${x} ${end}`;
      return svg("path", { d, "data-edge": `${from}>${to}` });
    });
    const stations = [...centers].map(([id, y]) =>
      svg("circle", { "cx": x, "cy": y, "r": 5, "data-station": id }),
    );
    this.element.replaceChildren(...lines, ...stations);
  }

  /** Shows the state of a node on its station. */
  mark(id: string, state: string): void {
    for (const station of this.element.querySelectorAll<SVGCircleElement>("circle")) {
      if (station.dataset["station"] === id) station.dataset["state"] = state;
    }
  }
}
