import { h, setText } from "../dom.ts";
import { counted, milliseconds, progress as progressText } from "../format.ts";
import { Rail } from "./rail.ts";
import type { NodeState, NodeView, RunModel } from "./run-model.ts";

const WORDS: Record<NodeState, string> = {
  idle: "idle",
  waiting: "waiting",
  loading: "loading",
  running: "running",
  done: "done",
  failed: "failed",
  cancelled: "cancelled",
};

const BADGES = { rust: "Rust", python: "Python" } as const;

/** The nodes of the pipeline, in the order in which they work: state, bar, items and milliseconds of each. */
export class Board {
  readonly element: HTMLElement;
  readonly #list = h("ol", { "class": "board-rows", "data-testid": "board" });
  readonly #empty = h("p", { class: "empty" }, "The manifest has no nodes to show.");
  readonly #rail = new Rail();
  #rows = new Map<string, Row>();
  #shape = "";
  #model: RunModel | undefined;

  constructor() {
    this.element = h("div", { class: "board" }, this.#rail.element, this.#list, this.#empty);
    // Rows change their height with the width of the page.
    new ResizeObserver(() => this.#layOut()).observe(this.#list);
  }

  show(model: RunModel, now: number): void {
    this.#model = model;
    const shape = JSON.stringify([
      model.nodes.map(({ id, type, language }) => [id, type, language]),
      model.edges,
    ]);
    if (shape !== this.#shape) this.#rebuild(model, shape);
    for (const node of model.nodes) {
      this.#rows.get(node.id)?.show(node, now);
      this.#rail.mark(node.id, node.state);
    }
  }

  #rebuild(model: RunModel, shape: string): void {
    this.#shape = shape;
    this.#rows = new Map(model.nodes.map((node) => [node.id, new Row(node)]));
    this.#list.replaceChildren(...[...this.#rows.values()].map((row) => row.element));
    this.#empty.hidden = model.nodes.length > 0;
    this.#layOut();
  }

  #layOut(): void {
    if (!this.#model) return;
    const centers = new Map([...this.#rows].map(([id, row]) => [id, row.center]));
    const rank = new Map(this.#model.nodes.map(({ id }, index) => [id, index]));
    this.#rail.draw(this.#model.edges, centers, rank);
    for (const { id, state } of this.#model.nodes) this.#rail.mark(id, state);
  }
}

/** One node. */
class Row {
  readonly element: HTMLLIElement;
  readonly #head: HTMLElement;
  readonly #state = h("span", { class: "node-state" });
  readonly #items = h("span", { class: "node-items" });
  readonly #time = h("span", { class: "node-time" });
  readonly #fill = h("div", { class: "bar-fill" });
  readonly #bar: HTMLElement;

  constructor({ id, type, language }: NodeView) {
    this.#bar = h(
      "div",
      {
        "class": "bar",
        "role": "progressbar",
        "aria-label": `Progress of ${id}`,
        "aria-valuemin": 0,
        "aria-valuemax": 100,
      },
      this.#fill,
    );
    const badge = language ? [h("span", { class: `badge badge-${language}` }, BADGES[language])] : [];
    this.#head = h(
      "div",
      { class: "node-head" },
      h("span", { class: "node-id" }, id),
      h("span", { class: "node-type" }, type),
      ...badge,
      this.#state,
    );
    this.element = h(
      "li",
      { "class": "node", "data-testid": "node", "data-node": id },
      this.#head,
      this.#bar,
      h("div", { class: "node-figures" }, this.#items, this.#time),
    );
  }

  /** Height of the middle of its first line within the list. */
  get center(): number {
    return this.element.offsetTop + this.#head.offsetTop + this.#head.offsetHeight / 2;
  }

  show(node: NodeView, now: number): void {
    const { state, progress } = node;
    this.element.dataset["state"] = state;
    setText(this.#state, WORDS[state]);
    const fraction = state === "done" ? 1 : (progress?.fraction ?? null);
    const isOpen = fraction === null && (state === "running" || state === "loading");
    this.#bar.classList.toggle("bar-open", isOpen);
    this.#fill.style.transform = `scaleX(${fraction ?? 0})`;
    const amount = progress ? progressText(progress.done, progress.total, progress.unit) : "";
    if (isOpen) this.#bar.removeAttribute("aria-valuenow");
    else this.#bar.setAttribute("aria-valuenow", String(Math.round((fraction ?? 0) * 100)));
    this.#bar.setAttribute("aria-valuetext", amount ? `${WORDS[state]}, ${amount}` : WORDS[state]);
    setText(this.#items, node.metrics ? itemsOf(node, amount) : amount);
    setText(this.#time, timeOf(node, now));
  }
}

/** Items taken, and what the node itself counted where that is something else. */
function itemsOf({ metrics, progress }: NodeView, amount: string): string {
  const items = counted(metrics?.items ?? 0, "item");
  return progress && progress.unit !== "items" ? `${items}, ${amount}` : items;
}

function timeOf({ metrics, startedAt, endedAt, progress, state }: NodeView, now: number): string {
  if (metrics) return `${milliseconds(metrics.busyMs)} busy`;
  if (startedAt === undefined) return "";
  const elapsed = (endedAt ?? now) - startedAt;
  // News come in batches: what begins and ends within one cannot be told apart.
  if (elapsed < 20) return "";
  const eta = state === "running" ? progress?.etaMs : undefined;
  return eta ? `${milliseconds(elapsed)}, ${milliseconds(eta)} left` : milliseconds(elapsed);
}
