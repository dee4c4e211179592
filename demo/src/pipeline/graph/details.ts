import type { Problem } from "remotemedia";
import { fieldOf } from "../../common/facts.ts";
import { freshId, h, setText } from "../../dom.ts";
import { bytes, count, counted, microseconds, milliseconds, rate } from "../../format.ts";
import { pretty } from "../json.ts";
import { edgeKey } from "../manifest.ts";
import type { NodeView, RunModel } from "../run-model.ts";
import { LANGUAGES, STATES, itemsOf, shareOf, whileBusy } from "./figures.ts";
import { sparkline } from "./sparkline.ts";

/** What the details ask for. */
export interface DetailsCommands {
  /** Show a node in the manifest. */
  locate: (id: string) => void;
  /** Show a place of the manifest, by its JSON Pointer. */
  place: (path: string) => void;
}

interface InnerCommands extends DetailsCommands {
  /** Show the details of another node, or of none. */
  select: (id: string | undefined) => void;
}

/** Lines of a node's log that are shown; all are in the log below. */
const LINES = 50;
/** Characters of a line of parameters before it is broken. */
const WIDTH = 60;

/** One node in full: what it is, what it was given, what was measured of it, what it said, what went wrong. */
export class Details {
  readonly element: HTMLElement;
  readonly #commands: InnerCommands;
  readonly #title = h("h3", { id: freshId("details") });
  readonly #about = h("p", { class: "details-about" });
  readonly #trouble = h("div", { "class": "details-trouble", "data-testid": "details-trouble" });
  readonly #figures = h("dl", { "class": "readouts details-figures", "data-testid": "details-figures" });
  readonly #pace = h("div", { class: "details-pace" });
  readonly #params = h("pre", { "tabindex": 0, "aria-label": "Parameters" });
  readonly #links = h("ul", { "class": "details-links", "data-testid": "details-links" });
  readonly #log = h("ol", { "class": "log-lines", "tabindex": 0, "aria-label": "Log of the node" });
  /** What is shown, so that nothing is written twice. */
  readonly #shown = new Map<Element, string>();
  #id: string | undefined;

  constructor(commands: InnerCommands) {
    this.#commands = commands;
    const find = h("button", { "type": "button", "data-testid": "details-locate" }, "Show in the manifest");
    const close = h("button", { "type": "button", "data-testid": "details-close" }, "Close");
    find.addEventListener("click", () => this.#id !== undefined && commands.locate(this.#id));
    close.addEventListener("click", () => commands.select(undefined));
    this.element = h(
      "section",
      {
        "class": "details",
        "id": freshId("node-details"),
        "aria-labelledby": this.#title.id,
        "data-testid": "details",
        "hidden": true,
      },
      h("div", { class: "details-head" }, this.#title, h("div", { class: "details-actions" }, find, close)),
      this.#about,
      this.#trouble,
      this.#figures,
      this.#pace,
      this.#params,
      this.#links,
      this.#log,
    );
  }

  show(id: string | undefined, model: RunModel, faults: ReadonlyMap<string, readonly Problem[]>): void {
    const node = model.nodes.find((it) => it.id === id);
    this.#id = node?.id;
    this.element.hidden = !node;
    if (!node) return;
    setText(this.#title, node.id);
    setText(this.#about, aboutOf(node));
    this.#fill(this.#trouble, [faults.get(node.id) ?? [], errorOf(node, model)], () =>
      this.#troubleOf(faults.get(node.id) ?? [], errorOf(node, model)),
    );
    const figures = figuresOf(node, model);
    this.#fill(this.#figures, figures, () =>
      figures.map(([name, text]) => h("div", {}, h("dt", {}, name), h("dd", {}, text))),
    );
    const line = node.pace.series(model.startedAt);
    this.#fill(this.#pace, line, () => sparkline(line, node.progress?.unit ?? "items"));
    setText(this.#params, node.params === undefined ? "" : pretty(node.params, WIDTH));
    this.#params.hidden = node.params === undefined;
    const links = linksOf(node.id, model);
    this.#fill(this.#links, links, () => links.map((it) => this.#link(it)));
    const said = model.logs.filter((it) => it.node === node.id).slice(-LINES);
    this.#log.hidden = said.length === 0;
    this.#fill(this.#log, [said.length, said.at(-1)], () =>
      said.map(({ level, message }) =>
        h(
          "li",
          { class: `log log-${level}` },
          h("span", { class: "log-level" }, level),
          h("span", { class: "log-message" }, message),
        ),
      ),
    );
  }

  /** Writes what `make` gives, if `facts` are others than before. */
  #fill(element: Element, facts: unknown, make: () => Node[]): void {
    const key = JSON.stringify([this.#id, facts]);
    if (this.#shown.get(element) === key) return;
    this.#shown.set(element, key);
    element.replaceChildren(...make());
  }

  #troubleOf(problems: readonly Problem[], error: Failure | undefined): Node[] {
    const rows = problems.map(({ severity, message, path }) => {
      const button = h(
        "button",
        { type: "button" },
        h("span", { class: "problem-severity" }, severity),
        h("span", { class: "problem-message" }, message),
        h("code", { class: "problem-place" }, path || "the manifest"),
      );
      button.addEventListener("click", () => this.#commands.place(path));
      return h("li", { class: `problem problem-${severity}` }, button);
    });
    const list = rows.length > 0 ? [h("ul", { class: "problems" }, ...rows)] : [];
    if (!error) return list;
    const words = h("p", { class: "details-error" }, `${error.code}: ${error.message}`);
    const trace = error.traceback
      ? [h("pre", { "tabindex": 0, "aria-label": "Python traceback" }, error.traceback)]
      : [];
    return [...list, words, ...trace];
  }

  #link({ verb, id, waits }: Link): HTMLLIElement {
    const button = h("button", { type: "button" }, id);
    button.addEventListener("click", () => this.#commands.select(id));
    return h("li", {}, `${verb} `, button, waits);
  }
}

interface Failure {
  code: string;
  message: string;
  traceback: string | undefined;
}

/** The error of the run, if this node is to blame. */
function errorOf(node: NodeView, { error, state }: RunModel): Failure | undefined {
  if (state !== "failed" || fieldOf(error, "node") !== node.id) return undefined;
  const message = error instanceof Error ? error.message : String(error);
  return { code: fieldOf(error, "code") ?? "Error", message, traceback: fieldOf(error, "traceback") };
}

function aboutOf({ type, kind, language, isMissing }: NodeView): string {
  if (isMissing) return "Connections name it, but the manifest has no such node.";
  const name = kind && kind.type !== type ? `${type} (${kind.type})` : type || "No type";
  const made = language ? `, in ${LANGUAGES[language]}` : "";
  return `${name}${made}${kind?.description ? `: ${kind.description}` : ""}`;
}

/** What is known of a node: by the runtime's measuring where there is such, by its events otherwise. */
function figuresOf(node: NodeView, model: RunModel): [string, string][] {
  const { metrics, progress, startedAt, endedAt, state } = node;
  const figures: [string, string][] = [["State", STATES[state]]];
  const done = itemsOf(node);
  if (done) figures.push(["Done", done]);
  if (!metrics) return figures;
  figures.push(["Busy", milliseconds(metrics.busyMs)]);
  const share = shareOf(node, model.result?.metrics.totalMs);
  if (share) figures.push(["Busy share", share]);
  const busy = whileBusy(node);
  if (busy !== undefined && progress) figures.push(["While busy", rate(busy, progress.unit)]);
  const span = startedAt !== undefined && endedAt !== undefined ? endedAt - startedAt : 0;
  if (progress && span >= 50) {
    figures.push(["From its first news to its last", rate((progress.done / span) * 1000, progress.unit)]);
  }
  return [
    ...figures,
    ["p50 per item", microseconds(metrics.p50Us)],
    ["p95 per item", microseconds(metrics.p95Us)],
    ["Inputs waited, summed", milliseconds(metrics.waitMs)],
    ["Bytes in", bytes(metrics.bytesIn)],
    ["Bytes out", bytes(metrics.bytesOut)],
  ];
}

interface Link {
  verb: string;
  /** The other node. */
  id: string;
  waits: string;
}

/** The connections of a node with what waits on them. */
function linksOf(id: string, { edges, queues }: RunModel): Link[] {
  return edges.flatMap(({ from, to }) => {
    if (from !== id && to !== id) return [];
    const queue = queues.get(edgeKey(from, to));
    const waits = queue
      ? `: ${counted(queue.items, "item")} (${bytes(queue.bytes)}) waiting, ${count(queue.mostItems)} at most`
      : "";
    return [from === id ? { verb: "Gives to", id: to, waits } : { verb: "Takes from", id: from, waits }];
  });
}
