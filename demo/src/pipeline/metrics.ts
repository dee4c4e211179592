import type { Metrics } from "remotemedia";
import { h } from "../dom.ts";
import { bytes, count, microseconds, milliseconds } from "../format.ts";

const COLUMNS = ["Node", "Items", "Busy", "Waited", "p50", "p95", "Bytes in", "Bytes out"];

/** What the run measured: the whole, then each node in the order in which they work. */
export function metricsElement(metrics: Metrics, order: readonly string[]): HTMLElement {
  const { totalMs, startMs, loadMs, peakBytes, nodes } = metrics;
  const figures: [string, string][] = [
    ["Total", milliseconds(totalMs)],
    ["Until all nodes were open", milliseconds(startMs)],
    ["Wasm worker start", milliseconds(loadMs.wasm)],
    ["Python start", milliseconds(loadMs.python)],
    ["Most bytes held", bytes(peakBytes)],
  ];
  const rows = order.flatMap((id) => {
    const it = nodes[id];
    if (!it) return [];
    const cells = [
      count(it.items),
      milliseconds(it.busyMs),
      milliseconds(it.waitMs),
      microseconds(it.p50Us),
      microseconds(it.p95Us),
      bytes(it.bytesIn),
      bytes(it.bytesOut),
    ];
    return [
      h("tr", {}, h("th", { scope: "row" }, id), ...cells.map((text) => h("td", { class: "number" }, text))),
    ];
  });
  return h(
    "div",
    { "class": "metrics", "data-testid": "metrics" },
    h(
      "dl",
      { class: "readouts" },
      ...figures.map(([name, text]) => h("div", {}, h("dt", {}, name), h("dd", {}, text))),
    ),
    h(
      "div",
      { "class": "scroller", "tabindex": 0, "role": "region", "aria-label": "Figures of each node" },
      h(
        "table",
        {},
        h("thead", {}, h("tr", {}, ...COLUMNS.map((name) => h("th", { scope: "col" }, name)))),
        h("tbody", {}, ...rows),
      ),
    ),
    h(
      "p",
      { class: "hint" },
      "Waited: the time that a node’s inputs spent in its queue, summed. p50, p95: per item.",
    ),
  );
}
