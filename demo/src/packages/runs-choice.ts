import { freshId, h } from "../dom.ts";
import type { Runs } from "./consent.ts";

const TITLES: Record<Runs, string> = { engine: "This page’s engine", package: "Its own executor" };

/** Who runs a package that brings an executor. */
export class RunsChoice {
  readonly element: HTMLElement;
  readonly #choices: Record<Runs, HTMLInputElement>;

  constructor() {
    const group = freshId("runs");
    const choice = (value: Runs): HTMLInputElement =>
      h("input", { "type": "radio", "name": group, value, "data-testid": `runs-${value}` });
    this.#choices = { engine: choice("engine"), package: choice("package") };
    const labels = (Object.keys(TITLES) as Runs[]).map((it) =>
      h("label", {}, this.#choices[it], h("span", {}, TITLES[it])),
    );
    this.element = h(
      "fieldset",
      { class: "runs-choice" },
      h("legend", {}, "Run by"),
      h("div", { class: "segments" }, ...labels),
    );
  }

  get value(): Runs {
    return this.#choices.package.checked ? "package" : "engine";
  }

  /** Lets choose if there is a choice. */
  offer(hasExecutor: boolean): void {
    this.element.hidden = !hasExecutor;
    this.#choices.engine.checked = true;
  }
}
