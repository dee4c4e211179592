import type { Problem } from "remotemedia";
import { h } from "../../dom.ts";
import type { NodeView, RunModel } from "../run-model.ts";
import { Camera } from "./camera.ts";
import { Card } from "./card.ts";
import { Details, type DetailsCommands } from "./details.ts";
import {
  type Direction,
  directionFor,
  loopOf,
  type Plan,
  type PlanRequest,
  type Point,
  routed,
  type Wire,
  wireOf,
} from "./plan.ts";
import { Planner } from "./planner.ts";
import { type Step, stepFrom } from "./walk.ts";
import { Wires } from "./wires.ts";

/** Size of a card in rem; in a narrow box it is as wide as the box. The style sheet says the same. */
const CARD = { width: 17, height: 6.9 };
/** What is left of a box beside a card, in pixels. */
const BESIDE = 28;
/** The most of the window's height that the graph takes. */
const SHARE = 0.68;
const STEPS: readonly string[] = ["ArrowRight", "ArrowLeft", "ArrowUp", "ArrowDown", "Home", "End"];

/** The pipeline as a graph: a card for each node, in the order in which they work, and the connections between them. */
export class GraphView {
  readonly element: HTMLElement;
  readonly #list = h("ol", { "class": "graph-nodes", "aria-label": "Nodes" });
  readonly #wires = new Wires();
  readonly #sheet = h("div", { class: "sheet" }, this.#wires.element, this.#list);
  readonly #field = h("div", { class: "graph-field" }, this.#sheet);
  readonly #box = h("div", { class: "graph-box" }, this.#field);
  readonly #empty = h("p", { class: "empty" }, "The manifest has no nodes to show.");
  readonly #camera = new Camera(this.#box, this.#field, this.#sheet);
  readonly #planner = new Planner((answer) => this.#planned(answer));
  readonly #details: Details;
  #cards = new Map<string, Card>();
  #faults: ReadonlyMap<string, readonly Problem[]> = new Map();
  #model: RunModel | undefined;
  #shape = "";
  #asked: PlanRequest | undefined;
  #size: Point = { x: 0, y: 0 };
  #room: Point = { x: 0, y: 0 };
  #direction: Direction = "across";
  #places = new Map<string, Point>();
  #current: string | undefined;
  #selected: string | undefined;
  #frame: number | undefined;
  /** The node that the graph began with when it was last scrolled to its beginning. */
  #first: string | undefined;

  constructor(commands: DetailsCommands) {
    this.#details = new Details({ ...commands, select: (id) => this.select(id, true) });
    this.element = h(
      "div",
      { "class": "graph", "data-testid": "graph" },
      this.#camera.tools,
      this.#box,
      this.#empty,
      this.#details.element,
    );
    this.#list.addEventListener("click", (event) => this.#onClick(event));
    this.#list.addEventListener("focusin", (event) => this.#onFocus(event));
    this.#box.addEventListener("keydown", (event) => this.#onKey(event));
    new ResizeObserver(() => this.#measure()).observe(this.#box);
  }

  /** Shows a run as it stands. While it works the page is written to once a frame at most. */
  show(model: RunModel): void {
    this.#model = model;
    if (!model.isActive) return this.#draw();
    this.#frame ??= requestAnimationFrame(() => this.#draw());
  }

  /** Marks the nodes that a check found fault with. */
  set faults(faults: ReadonlyMap<string, readonly Problem[]>) {
    this.#faults = faults;
    this.#draw();
  }

  /** Shows the details of a node, or of none; `reveal`: brings it into sight, and the keys to it. */
  select(id: string | undefined, reveal = false): void {
    this.#selected = id === undefined || !this.#cards.has(id) ? undefined : id;
    this.#current = this.#selected ?? this.#current;
    this.#mark();
    if (reveal && this.#selected !== undefined) this.#cards.get(this.#selected)?.button.focus();
  }

  #draw(): void {
    if (this.#frame !== undefined) cancelAnimationFrame(this.#frame);
    this.#frame = undefined;
    const model = this.#model;
    if (!model) return;
    const shape = JSON.stringify([model.nodes.map(({ id, type }) => [id, type]), model.edges]);
    if (shape !== this.#shape) this.#rebuild(model, shape);
    const now = performance.now();
    const totalMs = model.result?.metrics.totalMs;
    for (const node of model.nodes) {
      this.#cards.get(node.id)?.show(node, now, totalMs, this.#faults.get(node.id)?.length ?? 0);
    }
    this.#wires.show(model.queues);
    this.#details.show(this.#selected, model, this.#faults);
  }

  #rebuild(model: RunModel, shape: string): void {
    this.#shape = shape;
    const before = this.#cards;
    const focused = document.activeElement;
    this.#cards = new Map(model.nodes.map((node) => [node.id, this.#cardFor(node, model, before)]));
    this.#list.replaceChildren(...[...this.#cards.values()].map((it) => it.element));
    // What moves within the page loses the focus.
    if (focused instanceof HTMLElement && this.#list.contains(focused))
      focused.focus({ preventScroll: true });
    const isEmpty = model.nodes.length === 0;
    [this.#empty.hidden, this.#box.hidden, this.#camera.tools.hidden] = [!isEmpty, isEmpty, isEmpty];
    if (!this.#cards.has(this.#current ?? "")) this.#current = model.nodes[0]?.id;
    if (!this.#cards.has(this.#selected ?? "")) this.#selected = undefined;
    this.#mark();
    this.#measure();
  }

  /** The card of a node is kept as long as it is the same node. */
  #cardFor(node: NodeView, model: RunModel, before: ReadonlyMap<string, Card>): Card {
    const old = before.get(node.id);
    const card = old?.fits(node) ? old : new Card(node, this.#details.element.id);
    card.links = linksOf(node.id, model.edges);
    return card;
  }

  /** Asks for a plan, if there is another graph or other room for it. */
  #measure(): void {
    const model = this.#model;
    const room = { x: this.#box.clientWidth, y: innerHeight * SHARE };
    if (!model || model.nodes.length === 0 || room.x === 0) return;
    const rem = Number.parseFloat(getComputedStyle(document.documentElement).fontSize);
    const [width, height] = [Math.min(CARD.width * rem, room.x - BESIDE), CARD.height * rem];
    const direction = directionFor(model, { x: room.x / width, y: room.y / height });
    const [nodes, edges] = [model.nodes.map(({ id }) => id), model.edges];
    const key = JSON.stringify([[...nodes].sort(), edges, direction, width, height]);
    this.#room = room;
    if (key === this.#asked?.key) return this.#camera.show(this.#size, room);
    this.#asked = { key, nodes, edges, direction, width, height };
    this.#planner.ask(this.#asked);
  }

  #planned({ key, plan }: { key: string; plan: Plan | undefined }): void {
    const asked = this.#asked;
    // Another graph is being placed already.
    if (key !== asked?.key) return;
    this.element.dataset["layout"] = plan ? asked.direction : "list";
    if (!plan) return;
    this.#direction = asked.direction;
    this.#places = new Map(asked.nodes.map((id, index) => [id, plan.places[index] ?? { x: 0, y: 0 }]));
    this.#list.style.setProperty("--card-width", `${asked.width}px`);
    for (const [id, card] of this.#cards) card.place(this.#places.get(id));
    this.#wires.draw(wiresOf(asked, plan), plan.width, plan.height);
    this.#wires.show(this.#model?.queues ?? new Map());
    this.#wires.mark(this.#selected);
    this.#size = { x: plan.width, y: plan.height };
    this.#camera.show(this.#size, this.#room);
    const [first] = asked.nodes;
    if (first === this.#first) return;
    // Another pipeline is read from its beginning.
    this.#first = first;
    const place = plan.places[0];
    if (place) this.#camera.center({ x: place.x + asked.width / 2, y: place.y + asked.height / 2 });
  }

  #mark(): void {
    for (const [id, card] of this.#cards) {
      card.mark({ isSelected: id === this.#selected, isCurrent: id === this.#current });
    }
    this.#wires.mark(this.#selected);
    if (this.#model) this.#details.show(this.#selected, this.#model, this.#faults);
  }

  #onClick(event: Event): void {
    const id = nodeAt(event);
    if (id !== undefined) this.select(id === this.#selected ? undefined : id);
  }

  #onFocus(event: Event): void {
    const id = nodeAt(event);
    if (id === undefined || id === this.#current) return;
    this.#current = id;
    this.#mark();
  }

  #onKey(event: KeyboardEvent): void {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const zooms: { [key: string]: () => void } = {
      "+": () => this.#camera.by(1.25),
      "-": () => this.#camera.by(1 / 1.25),
      "0": () => this.#camera.fit(),
    };
    const zoom = zooms[event.key];
    if (zoom) zoom();
    else if (!STEPS.includes(event.key) || !this.#step(event.key as Step)) return;
    event.preventDefault();
  }

  /** Goes to the node that a key leads to; says whether there is one. */
  #step(key: Step): boolean {
    const { edges = [], nodes = [] } = this.#model ?? {};
    const places = new Map(nodes.map(({ id }) => [id, this.#places.get(id) ?? { x: 0, y: 0 }]));
    const next = this.#current && stepFrom(this.#current, key, places, edges, this.#direction);
    const card = this.#cards.get(next ?? "");
    card?.button.focus();
    return card !== undefined;
  }
}

function nodeAt(event: Event): string | undefined {
  return (event.target as Element).closest<HTMLElement>(".node")?.dataset["node"];
}

function wiresOf(asked: PlanRequest, { places, routes }: Plan): { from: string; to: string; wire: Wire }[] {
  const at = new Map(asked.nodes.map((id, index) => [id, places[index]]));
  return asked.edges.flatMap(({ from, to }, index) => {
    const [start, end] = [at.get(from), at.get(to)];
    if (!start || !end) return [];
    if (from === to) return [{ from, to, wire: loopOf(start, asked) }];
    const route = routed(routes[index] ?? [], start, end, asked);
    return [{ from, to, wire: wireOf(route, asked.direction) }];
  });
}

/** The connections of a node in words. */
function linksOf(id: string, edges: RunModel["edges"]): string {
  const sources = edges.filter((it) => it.to === id).map((it) => it.from);
  const targets = edges.filter((it) => it.from === id).map((it) => it.to);
  const hears = sources.length > 0 ? `Takes from ${sources.join(", ")}.` : "Takes the inputs.";
  const tells = targets.length > 0 ? `Gives to ${targets.join(", ")}.` : "Gives results.";
  return `${hears} ${tells}`;
}
