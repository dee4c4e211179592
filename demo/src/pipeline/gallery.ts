import { h } from "../dom.ts";
import { type Example, EXAMPLES } from "./examples.ts";

/** What of the strip's edge stays free beside a card, in pixels. */
const MARGIN = 12;

/** What the gallery asks for. */
export interface GalleryCommands {
  choose: (example: Example) => void;
  run: (example: Example) => void;
}

/** The examples, as cards: a click puts one on the page, or runs it at once. */
export class Gallery {
  readonly element: HTMLElement;
  readonly #list: HTMLUListElement;
  readonly #cards = new Map<string, HTMLButtonElement>();

  constructor(commands: GalleryCommands) {
    const cards = EXAMPLES.map((example) => this.#card(example, commands));
    this.#list = h("ul", { class: "cards" }, ...cards);
    this.element = h("section", { "class": "gallery", "aria-label": "Examples" }, this.#list);
  }

  /** The example that is on the page; undefined: something else. */
  set chosen(chosen: string | undefined) {
    for (const [name, card] of this.#cards) card.setAttribute("aria-pressed", String(name === chosen));
    const card = chosen === undefined ? undefined : this.#cards.get(chosen);
    // Only the strip moves, where there is one: the page stays where it is.
    if (card)
      this.#list.scrollTo({ left: (card.parentElement?.offsetLeft ?? 0) - this.#list.offsetLeft - MARGIN });
  }

  #card(example: Example, { choose, run }: GalleryCommands): HTMLLIElement {
    const { name, title, summary, tags } = example;
    const card = h(
      "button",
      { "type": "button", "class": "example", "aria-pressed": "false", "data-testid": `example-${name}` },
      h("span", { class: "example-title" }, title),
      h("span", { class: "example-summary" }, summary),
      h(
        "span",
        { class: "example-tags" },
        ...tags.map((it) => h("span", { class: `tag tag-${it.toLowerCase()}` }, it)),
      ),
    );
    card.addEventListener("click", () => choose(example));
    const start = h(
      "button",
      {
        "type": "button",
        "class": "example-run",
        "aria-label": `Run ${title}`,
        "data-testid": `run-${name}`,
      },
      "Run",
    );
    start.addEventListener("click", () => run(example));
    this.#cards.set(name, card);
    return h("li", { class: "card" }, card, start);
  }
}
