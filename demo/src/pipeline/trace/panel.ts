import { save } from "../../common/save.ts";
import { freshId, h, setText } from "../../dom.ts";
import { counted, milliseconds } from "../../format.ts";
import type { RunModel } from "../run-model.ts";
import { chromeTrace } from "./chrome.ts";
import { Timeline } from "./timeline.ts";
import { type Lane, type Trace, traceInWords, traceOf } from "./trace.ts";
import { UserTiming } from "./user-timing.ts";

/** Rows of the table that are shown; the download has all. */
const ROWS = 1000;
const COLUMNS = ["From", "For", "Lane", "What", "Known by", "Figures"];
const HINT =
  "Times are when this page heard of something, unless they are said to be measured: what a node did between its first " +
  "and its last news is not known in detail, only how long it was busy in all. The curves are throughput. Arrow keys go " +
  "from one thing to the next, Enter shows it closer, + − 0 change the window; a mouse drags one.";

/** A run over time: as a timeline, as a table, as a file for profilers, and in the browser's own profiler. */
export class TracePanel {
  readonly element: HTMLElement;
  readonly #timeline = new Timeline();
  readonly #timing = new UserTiming();
  readonly #summary = h("p", { "class": "results-summary", "data-testid": "trace-summary" });
  readonly #table = h("div", { hidden: true });
  readonly #tools: HTMLElement;
  readonly #save = h("button", { "type": "button", "data-testid": "trace-download" }, "Download trace");
  #trace: Trace | undefined;
  #isTable = false;

  constructor() {
    const tool = (name: string, label: string, text: string, act: () => void): HTMLButtonElement => {
      const facts = { "data-testid": name, "aria-label": label, "title": label };
      const button = h("button", { type: "button", ...facts }, text);
      button.addEventListener("click", act);
      return button;
    };
    this.#tools = h(
      "div",
      { "class": "graph-tools", "role": "group", "aria-label": "Window of the timeline" },
      tool("trace-earlier", "Earlier", "←", () => this.#timeline.move(-0.5)),
      tool("trace-later", "Later", "→", () => this.#timeline.move(0.5)),
      tool("trace-out", "More of it", "−", () => this.#timeline.zoom(false)),
      tool("trace-in", "Less of it, closer", "+", () => this.#timeline.zoom(true)),
      tool("trace-whole", "All of it", "All", () => this.#timeline.whole()),
    );
    this.#save.addEventListener("click", () => this.#download());
    this.element = h(
      "div",
      { "class": "trace", "data-testid": "trace" },
      h("div", { class: "results-head" }, this.#choice(), this.#tools, this.#save),
      this.#summary,
      this.#timeline.element,
      this.#table,
      h("p", { class: "hint" }, HINT),
    );
  }

  /** Shows a run as far as it has come. */
  show(model: RunModel, now: number): void {
    this.#trace = traceOf(model, now);
    setText(this.#summary, traceInWords(this.#trace));
    this.#draw();
  }

  /** Shows a run that is over, and writes it into the browser's own timeline. */
  over(model: RunModel): void {
    this.show(model, performance.now());
    if (this.#trace) this.#timing.publish(this.#trace);
  }

  reset(): void {
    this.#trace = undefined;
    this.#timeline.reset();
    this.#table.replaceChildren();
  }

  #choice(): HTMLElement {
    const group = freshId("trace-kind");
    const choices = (["Timeline", "Table"] as const).map((name) => {
      const value = name.toLowerCase();
      const input = h("input", { "type": "radio", "name": group, value, "data-testid": `trace-as-${value}` });
      input.checked = name === "Timeline";
      input.addEventListener("change", () => this.#show(value === "table"));
      return h("label", {}, input, h("span", {}, name));
    });
    const facts = { "class": "segments", "role": "radiogroup", "aria-label": "Show the trace as" };
    return h("div", facts, ...choices);
  }

  #show(isTable: boolean): void {
    this.#isTable = isTable;
    this.#table.hidden = !isTable;
    this.#timeline.element.hidden = this.#tools.hidden = isTable;
    this.#draw();
  }

  #draw(): void {
    if (!this.#trace) return;
    if (this.#isTable) this.#table.replaceChildren(...tableOf(this.#trace));
    else this.#timeline.show(this.#trace);
  }

  #download(): void {
    if (!this.#trace) return;
    const text = JSON.stringify(chromeTrace(this.#trace));
    save("trace.json", new Blob([text], { type: "application/json" }));
  }
}

/** Everything by time, in words. */
function tableOf({ lanes }: Trace): HTMLElement[] {
  const rows = lanes.flatMap(rowsOf).toSorted((a, b) => a.at - b.at);
  const table = h(
    "table",
    { "data-testid": "trace-table" },
    h("thead", {}, h("tr", {}, ...COLUMNS.map((name) => h("th", { scope: "col" }, name)))),
    h(
      "tbody",
      {},
      ...rows
        .slice(0, ROWS)
        .map(({ at, cells: [lane, ...rest], duration }) =>
          h(
            "tr",
            {},
            h("td", { class: "number" }, milliseconds(at)),
            h("td", { class: "number" }, duration === undefined ? "" : milliseconds(duration)),
            h("th", { scope: "row" }, lane ?? ""),
            ...rest.map((text) => h("td", {}, text)),
          ),
        ),
    ),
  );
  const facts = {
    "class": "scroller",
    "tabindex": 0,
    "role": "region",
    "aria-label": "The trace as a table",
  };
  const left = rows.length - ROWS;
  const more = left > 0 ? [h("p", { class: "hint" }, `${counted(left, "more row")}, not shown.`)] : [];
  return [h("div", facts, table), ...more];
}

interface Row {
  at: number;
  duration: number | undefined;
  cells: string[];
}

function rowsOf({ name: lane, spans, moments }: Lane): Row[] {
  return [
    ...spans.map(({ name, start, end, source, facts }) => {
      const how = source === "measured" ? "measured" : "arrival of events";
      return { at: start, duration: end - start, cells: [lane, name, how, facts] };
    }),
    ...moments.map(({ name, at }) => ({
      at,
      duration: undefined,
      cells: [lane, name, "arrival of events", ""],
    })),
  ];
}
