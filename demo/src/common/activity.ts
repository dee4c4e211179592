import { h, setText } from "../dom.ts";
import { bytes, count, counted, milliseconds } from "../format.ts";
import type { Load, LogLine } from "./facts.ts";

/** What is fetched and started for a run, with its bytes. */
export class Loads {
  readonly element = h("ul", {
    "class": "loads",
    "aria-label": "Start-up",
    "data-testid": "loads",
    "hidden": true,
  });
  readonly #rows = new Map<string, { bar: HTMLProgressElement; text: HTMLElement }>();

  show(loads: ReadonlyMap<string, Load>): void {
    this.element.hidden = loads.size === 0;
    for (const key of this.#rows.keys()) {
      if (!loads.has(key)) {
        this.#rows.clear();
        this.element.replaceChildren();
        break;
      }
    }
    for (const [key, load] of loads) this.#update(this.#rows.get(key) ?? this.#add(key, load), load);
  }

  #add(key: string, { what, name }: Load): { bar: HTMLProgressElement; text: HTMLElement } {
    const row = {
      bar: h("progress", { "aria-label": `Loading ${name}` }),
      text: h("span", { class: "load-figures" }),
    };
    this.#rows.set(key, row);
    this.element.append(
      h(
        "li",
        {},
        h("span", { class: "load-what" }, what),
        h("span", { class: "load-name" }, name),
        row.bar,
        row.text,
      ),
    );
    return row;
  }

  #update({ bar, text }: { bar: HTMLProgressElement; text: HTMLElement }, load: Load): void {
    const { loaded, total, startedAt, changedAt } = load;
    if (total === null) bar.removeAttribute("value");
    else [bar.max, bar.value] = [Math.max(total, 1), Math.min(loaded, total)];
    const time = changedAt > startedAt ? milliseconds(changedAt - startedAt) : "";
    setText(text, [sizeOf(load), time].filter(Boolean).join(", "));
  }
}

/** A total of 1 is a step of the start-up, not a byte. */
function sizeOf({ loaded, total }: Load): string {
  if (total === null) return loaded > 0 ? bytes(loaded) : "";
  return total > 1 ? `${bytes(loaded)} of ${bytes(total)}` : "";
}

/** Lines that nodes print and log. */
export class Logs {
  readonly element: HTMLDetailsElement;
  readonly #title = h("summary", {});
  readonly #list = h("ol", {
    "class": "log-lines",
    "tabindex": 0,
    "aria-label": "Log lines",
    "data-testid": "logs",
  });
  #source: readonly LogLine[] | undefined;
  #shown = 0;

  constructor() {
    this.element = h("details", { class: "logs", hidden: true }, this.#title, this.#list);
  }

  show({ logs, logsLeftOut }: { logs: readonly LogLine[]; logsLeftOut: number }): void {
    if (this.#source !== logs) {
      this.#source = logs;
      this.#shown = 0;
      this.#list.replaceChildren();
    }
    this.element.hidden = logs.length === 0;
    const left = logsLeftOut > 0 ? `, ${count(logsLeftOut)} more not kept` : "";
    setText(this.#title, `Log: ${counted(logs.length, "line")}${left}`);
    this.#list.append(...logs.slice(this.#shown).map(line));
    this.#shown = logs.length;
  }
}

function line({ node, level, message }: LogLine): HTMLLIElement {
  return h(
    "li",
    { class: `log log-${level}` },
    h("span", { class: "log-level" }, level),
    h("span", { class: "log-node" }, node ?? ""),
    h("span", { class: "log-message" }, message),
  );
}
