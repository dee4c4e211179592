import type { Value } from "remotemedia";
import type { RunState } from "../common/facts.ts";
import { freshId, h, setText } from "../dom.ts";
import { count, counted } from "../format.ts";
import { chart } from "./chart.ts";
import { cell, compact, pretty } from "./json.ts";
import { KEPT_OUTPUTS, RunModel } from "./run-model.ts";
import { linesOf, numericColumns, runningColumn, type Table, tableOf } from "./series.ts";

type Kind = "json" | "table" | "chart";

const TITLES: Record<Kind, string> = { json: "JSON", table: "Table", chart: "Chart" };
/** What is said while there are no results. */
const NOTHING: Record<RunState, string> = {
  idle: "Nothing yet: run the pipeline.",
  starting: "No results yet.",
  running: "No results yet.",
  cancelling: "No results yet.",
  done: "The pipeline gave no results.",
  failed: "No results: the run failed.",
  cancelled: "No results: the run was cancelled.",
};
/** The most that a chart draws: more would not be more lines, only more work. */
const CHARTED = 20_000;
/** Characters of a line of JSON before it is broken. */
const LINE = 84;
/** Characters of JSON on the page; the download has all. */
const SHOWN_CHARACTERS = 200_000;

/** The results, as they come and in the end: JSON, a table, a chart where there are figures. */
export class Results {
  readonly element: HTMLElement;
  readonly #choices: Record<Kind, HTMLInputElement>;
  readonly #summary = h("p", { "class": "results-summary", "data-testid": "results-summary" });
  readonly #body = h("div", { "class": "results-body", "data-testid": "results" });
  readonly #options = h("div", { class: "chart-options" });
  readonly #download = h("button", { type: "button", hidden: true }, "Download JSON");
  readonly #copy = h("button", { type: "button", hidden: true }, "Copy JSON");
  #outputs: readonly Value[] = [];
  /** What the user chose; undefined: whatever suits the results. */
  #chosen: Kind | undefined;
  #column: string | undefined;
  /** Width of the chart on the page, in pixels. */
  #width = 0;

  constructor() {
    const group = freshId("results-kind");
    const choice = (kind: Kind) =>
      h("input", { "type": "radio", "name": group, "value": kind, "data-testid": `show-${kind}` });
    this.#choices = { json: choice("json"), table: choice("table"), chart: choice("chart") };
    const kinds = Object.entries(this.#choices) as [Kind, HTMLInputElement][];
    this.element = h(
      "div",
      { class: "results" },
      h(
        "div",
        { class: "results-head" },
        h(
          "div",
          { "class": "segments", "role": "radiogroup", "aria-label": "Show results as" },
          ...kinds.map(([kind, input]) => h("label", {}, input, h("span", {}, TITLES[kind]))),
        ),
        this.#options,
        h("div", { class: "results-actions" }, this.#copy, this.#download),
      ),
      this.#summary,
      this.#body,
    );
    for (const [kind, input] of kinds) input.addEventListener("change", () => this.#choose(kind));
    this.#download.addEventListener("click", () => this.#save());
    this.#copy.addEventListener("click", () => void this.#toClipboard());
    this.show(new RunModel());
    // The chart is drawn for the width it has.
    new ResizeObserver(() => {
      if (this.#body.clientWidth !== this.#width && this.#choices.chart.checked) this.#draw();
    }).observe(this.#body);
  }

  /** Forgets what the user chose for the results before. */
  reset(): void {
    this.#chosen = undefined;
    this.#column = undefined;
  }

  show({ outputs, outputCount, state, isActive }: RunModel): void {
    this.#outputs = outputs;
    this.#download.hidden = this.#copy.hidden = isActive || outputCount === 0;
    const more =
      outputs.length < outputCount ? `, the first ${count(outputs.length)} shown until the run is over` : "";
    setText(this.#summary, outputCount === 0 ? NOTHING[state] : `${counted(outputCount, "result")}${more}`);
    this.#draw();
  }

  #choose(kind: Kind): void {
    this.#chosen = kind;
    this.#draw();
  }

  #draw(): void {
    const table = tableOf(this.#outputs.slice(0, CHARTED));
    const columns = table ? numericColumns(table) : [];
    const running = table && runningColumn(table);
    this.#choices.table.disabled = !table;
    this.#choices.chart.disabled = columns.length === 0;
    const suits: Kind = running !== undefined && columns.length > 1 ? "chart" : "json";
    const chosen = this.#chosen ?? suits;
    const kind = this.#choices[chosen].disabled ? "json" : chosen;
    this.#choices[kind].checked = true;
    this.#options.hidden = kind !== "chart";
    if (this.#outputs.length === 0) return this.#body.replaceChildren();
    if (kind === "json" || !table) return this.#body.replaceChildren(this.#json());
    if (kind === "table") return this.#body.replaceChildren(tableElement(table));
    this.#body.replaceChildren(this.#chart(table, columns, running));
  }

  #json(): HTMLElement {
    let room = SHOWN_CHARACTERS;
    const shown = this.#outputs.filter((value, index) => {
      if (room > 0) room -= compact(value).length;
      return room > 0 || index === 0;
    });
    const left = this.#outputs.length - shown.length;
    const text = pretty(shown, LINE).slice(0, 4 * SHOWN_CHARACTERS);
    const pre = h(
      "pre",
      { "tabindex": 0, "aria-label": "Results as JSON", "data-testid": "results-json" },
      text,
    );
    return left > 0
      ? h("div", {}, pre, h("p", { class: "hint" }, `${counted(left, "more result")}, not printed.`))
      : pre;
  }

  #chart(table: Table, columns: string[], running: string | undefined): SVGSVGElement {
    const heights = columns.length > 1 ? columns.filter((it) => it !== running) : columns;
    const variety = (name: string): number =>
      new Set(table.rows.map((row) => row[table.columns.indexOf(name)])).size;
    // What changes most makes the best picture.
    const lively = heights.reduce(
      (best, name) => (variety(name) > variety(best) ? name : best),
      heights[0] ?? "",
    );
    const column = heights.includes(this.#column ?? "") ? (this.#column ?? "") : lively;
    this.#offer(heights, column);
    const along = running === column ? undefined : running;
    this.#width = this.#body.clientWidth;
    return chart(linesOf(table, along, column), along ?? "result", column, this.#width);
  }

  #offer(columns: string[], chosen: string): void {
    const current = [...this.#options.querySelectorAll("option")].map((it) => it.value);
    if (current.join("\n") !== columns.join("\n")) {
      const select = h(
        "select",
        { id: freshId("column") },
        ...columns.map((it) => h("option", { value: it }, it)),
      );
      select.addEventListener("change", () => {
        this.#column = select.value;
        this.#draw();
      });
      this.#options.replaceChildren(h("label", { for: select.id }, "Figure"), select);
    }
    const select = this.#options.querySelector("select");
    if (select) select.value = chosen;
  }

  #save(): void {
    const url = URL.createObjectURL(new Blob([compact(this.#outputs)], { type: "application/json" }));
    h("a", { href: url, download: "results.json" }).click();
    setTimeout(() => URL.revokeObjectURL(url), 60_000);
  }

  async #toClipboard(): Promise<void> {
    try {
      await navigator.clipboard.writeText(pretty(this.#outputs, LINE));
      setText(this.#copy, "Copied");
    } catch {
      setText(this.#copy, "Not allowed here");
    }
    setTimeout(() => setText(this.#copy, "Copy JSON"), 2000);
  }
}

function tableElement({ columns, rows }: Table): HTMLElement {
  const shown = rows.slice(0, KEPT_OUTPUTS);
  const isNumber = (value: Value | undefined) => typeof value === "number" || typeof value === "bigint";
  const table = h(
    "table",
    { "data-testid": "results-table" },
    h(
      "thead",
      {},
      h("tr", {}, h("th", { scope: "col" }, "#"), ...columns.map((it) => h("th", { scope: "col" }, it))),
    ),
    h(
      "tbody",
      {},
      ...shown.map((row, index) =>
        h(
          "tr",
          {},
          h("th", { scope: "row" }, count(index + 1)),
          ...row.map((it) => h("td", { class: isNumber(it) ? "number" : undefined }, cell(it))),
        ),
      ),
    ),
  );
  const scroller = h(
    "div",
    { "class": "scroller", "tabindex": 0, "role": "region", "aria-label": "Results as a table" },
    table,
  );
  const left = rows.length - shown.length;
  return left > 0
    ? h("div", {}, scroller, h("p", { class: "hint" }, `${counted(left, "more row")}, not shown.`))
    : scroller;
}
