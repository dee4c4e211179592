import type { Value } from "remotemedia";
import { save } from "../common/save.ts";
import { h } from "../dom.ts";
import { count, counted } from "../format.ts";
import { cell } from "./json.ts";
import { KEPT_OUTPUTS } from "./run-model.ts";
import { csv, type NamedTable, sorted, type Sorting } from "./shown.ts";

/** A table whose columns sort it. `onSort` is called with what the user wants; the table is drawn anew for it. */
export function tableElement(
  { name, table }: NamedTable,
  sorting: Sorting | undefined,
  onSort: (sorting: Sorting | undefined) => void,
): HTMLElement {
  const inOrder = sorted(table, sorting);
  const shown = inOrder.rows.slice(0, KEPT_OUTPUTS);
  const heads = table.columns.map((column) => head(column, sorting, onSort));
  const element = h(
    "table",
    { "data-testid": "results-table" },
    h("thead", {}, h("tr", {}, h("th", { scope: "col" }, "#"), ...heads)),
    h("tbody", {}, ...shown.map(row)),
  );
  const scroller = h(
    "div",
    { "class": "scroller", "tabindex": 0, "role": "region", "aria-label": "Results as a table" },
    element,
  );
  const download = h("button", { "type": "button", "data-testid": "download-csv" }, "Download CSV");
  download.addEventListener("click", () =>
    save(`${name}.csv`, new Blob([csv(inOrder)], { type: "text/csv" })),
  );
  const left = table.rows.length - shown.length;
  const note =
    left > 0
      ? [h("p", { class: "hint" }, `${counted(left, "more row")}, not shown; the download has all.`)]
      : [];
  return h("div", {}, scroller, ...note, h("p", { class: "show-actions" }, download));
}

function head(
  column: string,
  sorting: Sorting | undefined,
  onSort: (sorting: Sorting | undefined) => void,
): HTMLElement {
  const isSorted = sorting?.column === column;
  const order = !isSorted ? "none" : sorting.isDown ? "descending" : "ascending";
  const button = h("button", { type: "button", class: "sort" }, column);
  // Upwards, downwards, as they came.
  const next = !isSorted ? { column, isDown: false } : sorting.isDown ? undefined : { column, isDown: true };
  button.addEventListener("click", () => onSort(next));
  return h("th", { "scope": "col", "aria-sort": order }, button);
}

function row(values: (Value | undefined)[], index: number): HTMLElement {
  const isNumber = (value: Value | undefined): boolean =>
    typeof value === "number" || typeof value === "bigint";
  return h(
    "tr",
    {},
    h("th", { scope: "row" }, count(index + 1)),
    ...values.map((it) => h("td", { class: isNumber(it) ? "number" : undefined }, cell(it))),
  );
}
