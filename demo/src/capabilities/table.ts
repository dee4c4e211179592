import { h } from "../dom.ts";
import { lossOf } from "./badge.ts";
import type { Capability } from "./facts.ts";

/** Every capability with what it is good for, and what is lost without it. */
export function capabilitiesTable(facts: readonly Capability[]): HTMLElement {
  const heads = ["What", "Here", "What for", "What is lost without it, and what helps"];
  const rows = facts.map((fact) =>
    h(
      "tr",
      { "data-testid": "capability-row", "data-there": fact.isThere },
      h("th", { scope: "row" }, fact.name),
      h(
        "td",
        { "data-title": heads[1] },
        h("span", { class: `mark mark-${fact.isThere ? "on" : "off"}` }, fact.isThere ? "yes" : "no"),
      ),
      h("td", { "data-title": heads[2] }, fact.gives),
      h("td", { "data-title": heads[3] }, fact.isThere ? "" : lossOf(fact)),
    ),
  );
  const head = h("thead", {}, h("tr", {}, ...heads.map((it) => h("th", { scope: "col" }, it))));
  return h("table", { class: "stacked" }, head, h("tbody", {}, ...rows));
}
