import type { Value } from "remotemedia";
import type { RunState } from "../common/facts.ts";
import { save } from "../common/save.ts";
import { freshId, h, setText } from "../dom.ts";
import { count, counted } from "../format.ts";
import { bars } from "./bars.ts";
import { chart } from "./chart.ts";
import { compact, pretty } from "./json.ts";
import { RunModel } from "./run-model.ts";
import { linesOf, numericColumns, runningColumn, type Table, tableOf } from "./series.ts";
import { filesElement, soundsElement, textElement } from "./show-files.ts";
import { tableElement } from "./show-table.ts";
import {
  filesOf,
  type Kind,
  labelColumn,
  type NamedTable,
  saidNow,
  soundsOf,
  type Sorting,
  tablesOf,
  textsOf,
} from "./shown.ts";

const TITLES: Record<Kind, string> = {
  text: "Text",
  table: "Table",
  chart: "Chart",
  audio: "Audio",
  files: "Files",
  json: "JSON",
};
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

/** The results, as they come and in the end: text, tables, charts, sound, files, and JSON always. */
export class Results {
  readonly element: HTMLElement;
  readonly #choices: Record<Kind, HTMLInputElement>;
  readonly #summary = h("p", { "class": "results-summary", "data-testid": "results-summary" });
  readonly #body = h("div", { "class": "results-body", "data-testid": "results" });
  readonly #options = h("div", { class: "chart-options" });
  readonly #download = h("button", { type: "button", hidden: true }, "Download JSON");
  readonly #copy = h("button", { type: "button", hidden: true }, "Copy JSON");
  #model = new RunModel();
  #outputs: readonly Value[] = [];
  /** What the user chose; undefined: whatever suits the results. */
  #chosen: Kind | undefined;
  /** What the example wants, where the user chose nothing. */
  #preferred: Kind | undefined;
  #column: string | undefined;
  #table: string | undefined;
  #sorting: Sorting | undefined;
  #drawn = new AbortController();
  /** Width of the chart on the page, in pixels. */
  #width = 0;

  constructor() {
    const group = freshId("results-kind");
    const kinds = Object.keys(TITLES) as Kind[];
    const choice = (kind: Kind): HTMLInputElement =>
      h("input", { "type": "radio", "name": group, "value": kind, "data-testid": `show-${kind}` });
    this.#choices = Object.fromEntries(kinds.map((it) => [it, choice(it)])) as Record<Kind, HTMLInputElement>;
    this.element = h(
      "div",
      { class: "results" },
      h(
        "div",
        { class: "results-head" },
        h(
          "div",
          { "class": "segments", "role": "radiogroup", "aria-label": "Show results as" },
          ...kinds.map((it) => h("label", {}, this.#choices[it], h("span", {}, TITLES[it]))),
        ),
        this.#options,
        h("div", { class: "results-actions" }, this.#copy, this.#download),
      ),
      this.#summary,
      this.#body,
    );
    for (const kind of kinds) this.#choices[kind].addEventListener("change", () => this.#choose(kind));
    this.#download.addEventListener("click", () =>
      save("results.json", new Blob([compact(this.#outputs)], { type: "application/json" })),
    );
    this.#copy.addEventListener("click", () => void this.#toClipboard());
    this.show(this.#model);
    // The chart is drawn for the width it has.
    new ResizeObserver(() => {
      if (this.#body.clientWidth !== this.#width && this.#choices.chart.checked) this.#draw();
    }).observe(this.#body);
  }

  /** What results are shown as, until the user chooses; undefined: whatever suits them. */
  set preferred(kind: Kind | undefined) {
    this.#preferred = kind;
  }

  /** Forgets what the user chose for the results before. */
  reset(): void {
    this.#chosen = undefined;
    this.#column = undefined;
    this.#table = undefined;
    this.#sorting = undefined;
  }

  show(model: RunModel): void {
    const { outputs, outputCount, state, isActive } = model;
    this.#model = model;
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
    // What was on the page before is of no use any more.
    this.#drawn.abort();
    this.#drawn = new AbortController();
    this.#options.hidden = true;
    const outputs = this.#outputs;
    const now = saidNow(this.#model.partials.values());
    const views: Partial<Record<Kind, () => Element>> = { json: () => this.#json() };
    const texts = textsOf(outputs) ?? (outputs.length === 0 && now ? [] : undefined);
    if (texts) views.text = () => textElement(texts, now);
    const names = this.#model.names;
    const sounds = soundsOf(outputs, names);
    const files = filesOf(outputs, names);
    // What is heard or saved has no rows to speak of.
    const tables = Math.max(sounds.length, files.length) < outputs.length ? tablesOf(outputs) : [];
    const [table] = tables;
    if (table) views.table = () => this.#tableOf(tables, table);
    const charted = tableOf(outputs.slice(0, CHARTED));
    if (charted && numericColumns(charted).length > 0) views.chart = () => this.#chart(charted);
    if (sounds.length > 0) views.audio = () => soundsElement(sounds, this.#drawn.signal);
    if (files.length > 0) views.files = () => filesElement(files);
    const kind = this.#kindOf(views, charted);
    for (const [name, choice] of Object.entries(this.#choices) as [Kind, HTMLInputElement][]) {
      choice.disabled = !views[name];
      if (choice.parentElement) choice.parentElement.hidden = !views[name];
    }
    this.#choices[kind].checked = true;
    if (outputs.length === 0 && !now) return this.#body.replaceChildren();
    this.#body.replaceChildren(views[kind]?.() ?? this.#json());
  }

  #kindOf(views: Partial<Record<Kind, unknown>>, charted: Table | undefined): Kind {
    const wanted = [this.#chosen, this.#preferred].find((it) => it && views[it]);
    if (wanted) return wanted;
    if (views.audio) return "audio";
    if (views.files) return "files";
    if (views.text) return "text";
    if (!charted || !views.chart) return "json";
    const isCurve = runningColumn(charted) !== undefined && numericColumns(charted).length > 1;
    return isCurve || labelColumn(charted) !== undefined ? "chart" : "json";
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

  #tableOf(tables: readonly NamedTable[], first: NamedTable): HTMLElement {
    const table = tables.find((it) => it.name === this.#table) ?? first;
    if (tables.length > 1) {
      this.#offer(
        "Rows",
        tables.map((it) => it.name),
        table.name,
        (name) => (this.#table = name),
      );
    }
    return tableElement(table, this.#sorting, (sorting) => {
      const column = sorting?.column ?? this.#sorting?.column;
      this.#sorting = sorting;
      this.#draw();
      // The head that was pressed is another now.
      const heads = [...this.#body.querySelectorAll<HTMLElement>(".sort")];
      heads.find((it) => it.textContent === column)?.focus();
    });
  }

  #chart(table: Table): SVGSVGElement {
    const columns = numericColumns(table);
    const running = runningColumn(table);
    const labels = running !== undefined && columns.length > 1 ? undefined : labelColumn(table);
    const heights = columns.length > 1 ? columns.filter((it) => it !== running) : columns;
    const variety = (name: string): number =>
      new Set(table.rows.map((row) => row[table.columns.indexOf(name)])).size;
    // What changes most makes the best picture.
    const lively = heights.reduce(
      (best, name) => (variety(name) > variety(best) ? name : best),
      heights[0] ?? "",
    );
    const column = heights.includes(this.#column ?? "") ? (this.#column ?? "") : lively;
    this.#offer("Figure", heights, column, (name) => (this.#column = name));
    this.#width = this.#body.clientWidth;
    if (labels !== undefined) return barsOf(table, labels, column, this.#width);
    const along = running === column ? undefined : running;
    return chart(linesOf(table, along, column), along ?? "result", column, this.#width);
  }

  /** Lets the user choose what of the results is shown. */
  #offer(title: string, names: readonly string[], chosen: string, onChoose: (name: string) => void): void {
    this.#options.hidden = false;
    const current = [...this.#options.querySelectorAll("option")].map((it) => it.value);
    if (this.#options.firstChild?.textContent !== title || current.join("\n") !== names.join("\n")) {
      const select = h(
        "select",
        { id: freshId("column") },
        ...names.map((it) => h("option", { value: it }, it)),
      );
      select.addEventListener("change", () => {
        onChoose(select.value);
        this.#draw();
      });
      this.#options.replaceChildren(h("label", { for: select.id }, title), select);
    }
    const select = this.#options.querySelector("select");
    if (select) select.value = chosen;
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

function barsOf({ columns, rows }: Table, labels: string, column: string, width: number): SVGSVGElement {
  const [from, at] = [columns.indexOf(labels), columns.indexOf(column)];
  const items = rows.map((row) => ({ label: String(row[from]), value: Number(row[at] ?? 0) }));
  return bars(items, labels, column, width);
}
