import { freshId, h, setText } from "../../dom.ts";
import { counted } from "../../format.ts";
import type { NodeView } from "../run-model.ts";
import { amountOf, itemsOf, LANGUAGES, rateOf, shareOf, STATES, timeOf } from "./figures.ts";
import type { Point } from "./plan.ts";

/** One node as it is drawn. */
export class Card {
  readonly element: HTMLLIElement;
  /** What is focused and pressed. */
  readonly button: HTMLButtonElement;
  readonly #badge = h("span", { class: "badge" });
  readonly #state = h("span", { class: "node-state" });
  readonly #items = h("span", { class: "node-items" });
  readonly #rate = h("span", { class: "node-rate" });
  readonly #share = h("span", { class: "node-share" });
  readonly #time = h("span", { class: "node-time" });
  readonly #fill = h("div", { class: "bar-fill" });
  readonly #bar: HTMLElement;
  readonly #links: HTMLElement;
  readonly #type: string;

  /** `details` is the id of what a press shows. */
  constructor({ id, type, isMissing }: NodeView, details: string) {
    this.#type = type;
    const linksId = freshId("links");
    this.#links = h("span", { class: "visually-hidden", id: linksId });
    const kind = isMissing ? "not defined" : type || "no type";
    this.button = h(
      "button",
      {
        "type": "button",
        "class": "node-open",
        "aria-expanded": "false",
        "aria-controls": details,
        "aria-describedby": linksId,
        "tabindex": -1,
      },
      h("span", { class: "node-id", title: id }, id),
      h("span", { class: "node-type", title: kind }, kind),
    );
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
    this.element = h(
      "li",
      { "class": "node", "data-testid": "node", "data-node": id, "data-missing": isMissing },
      this.button,
      h("div", { class: "node-marks" }, this.#badge, this.#state),
      this.#bar,
      h("div", { class: "node-figures" }, this.#items, this.#rate, this.#share, this.#time),
      this.#links,
    );
  }

  /** Whether it is the card of such a node. */
  fits({ type, isMissing }: NodeView): boolean {
    return type === this.#type && (isMissing ?? false) === this.element.hasAttribute("data-missing");
  }

  /** Puts it at a place of the sheet; without one it is not seen. */
  place(at: Point | undefined): void {
    this.element.classList.toggle("node-placed", at !== undefined);
    if (at) this.element.style.transform = `translate(${at.x}px, ${at.y}px)`;
  }

  /** Whether its details are shown, and whether Tab leads to it. */
  mark({ isSelected, isCurrent }: { isSelected: boolean; isCurrent: boolean }): void {
    this.button.setAttribute("aria-expanded", String(isSelected));
    this.button.tabIndex = isCurrent ? 0 : -1;
    this.element.classList.toggle("node-selected", isSelected);
  }

  /** What is connected to it, in words. */
  set links(text: string) {
    setText(this.#links, text);
  }

  show(node: NodeView, now: number, totalMs: number | undefined, faults: number): void {
    const { state, progress, language } = node;
    this.element.dataset["state"] = state;
    this.element.toggleAttribute("data-fault", faults > 0);
    this.#badge.hidden = language === undefined;
    this.#badge.className = `badge badge-${language ?? "none"}`;
    setText(this.#badge, language ? LANGUAGES[language] : "");
    setText(this.#state, faults > 0 && state === "idle" ? counted(faults, "problem") : STATES[state]);
    const fraction = state === "done" ? 1 : (progress?.fraction ?? null);
    const isOpen = fraction === null && (state === "running" || state === "loading");
    this.#bar.classList.toggle("bar-open", isOpen);
    this.#fill.style.transform = `scaleX(${fraction ?? 0})`;
    const amount = amountOf(node);
    if (isOpen) this.#bar.removeAttribute("aria-valuenow");
    else this.#bar.setAttribute("aria-valuenow", String(Math.round((fraction ?? 0) * 100)));
    this.#bar.setAttribute("aria-valuetext", amount ? `${STATES[state]}, ${amount}` : STATES[state]);
    setText(this.#items, itemsOf(node));
    setText(this.#rate, rateOf(node, now));
    setText(this.#share, shareOf(node, totalMs));
    setText(this.#time, timeOf(node, now));
  }
}
