import { setText, svg } from "../../dom.ts";
import { short } from "../../format.ts";
import { edgeKey } from "../manifest.ts";
import type { Queue } from "../run-model.ts";
import type { Wire } from "./plan.ts";

/** The connections: a line each, as thick as what waits on it, with the number. */
export class Wires {
  readonly element = svg("svg", { "class": "wires", "aria-hidden": "true", "focusable": "false" });
  #strands = new Map<string, Strand>();

  draw(wires: readonly { from: string; to: string; wire: Wire }[], width: number, height: number): void {
    this.element.setAttribute("width", String(width));
    this.element.setAttribute("height", String(height));
    this.#strands = new Map(
      wires.map(({ from, to, wire }) => [edgeKey(from, to), new Strand(from, to, wire)]),
    );
    const strands = [...this.#strands.values()];
    // Figures lie above all lines.
    this.element.replaceChildren(...strands.map((it) => it.element), ...strands.map((it) => it.label));
  }

  show(queues: ReadonlyMap<string, Queue>): void {
    for (const [key, strand] of this.#strands) strand.show(queues.get(key)?.items ?? 0);
  }

  /** Makes the connections of one node stand out. */
  mark(id: string | undefined): void {
    for (const strand of this.#strands.values()) strand.mark(id);
  }
}

class Strand {
  readonly element: SVGGElement;
  readonly #line: SVGPathElement;
  readonly label: SVGGElement;
  readonly #box = svg("rect", { height: 18, y: -9, rx: 3 });
  readonly #text = svg("text", { "text-anchor": "middle", "dy": "0.34em" });
  readonly #ends: readonly string[];
  #items = -1;

  constructor(from: string, to: string, { line, head, middle }: Wire) {
    this.#ends = [from, to];
    this.#line = svg("path", { class: "wire", d: line });
    this.label = svg(
      "g",
      { class: "wire-label", transform: `translate(${middle.x} ${middle.y})` },
      this.#box,
      this.#text,
    );
    this.element = svg(
      "g",
      { "class": "strand", "data-testid": "edge", "data-from": from, "data-to": to },
      this.#line,
      svg("path", { class: "wire-head", d: head }),
    );
    this.show(0);
  }

  show(items: number): void {
    if (items === this.#items) return;
    this.#items = items;
    this.element.dataset["items"] = String(items);
    this.label.dataset["items"] = String(items);
    // Twice as much is seen as one step, from one item to the thousands that a queue holds.
    this.#line.style.strokeWidth = String(1.75 + 0.45 * Math.log2(items + 1));
    const text = short(items);
    setText(this.#text, text);
    const width = 12 + 7 * text.length;
    this.#box.setAttribute("width", String(width));
    this.#box.setAttribute("x", String(-width / 2));
  }

  mark(id: string | undefined): void {
    this.element.classList.toggle("strand-near", id !== undefined && this.#ends.includes(id));
  }
}
