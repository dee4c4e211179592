import type { Runtime } from "remotemedia";
import { ErrorPanel } from "./common/error-panel.ts";
import { h } from "./dom.ts";
import type { View } from "./view.ts";

/** A view whose code is fetched when it is shown first: who never goes there does not pay for it. */
export class LazyView implements View {
  readonly element = h("div", { class: "lazy-view" });
  readonly #load: () => Promise<View>;
  #view: View | undefined;
  #tell: ((view: View) => void) | undefined;
  #place: string | undefined;
  #shown: AbortSignal | undefined;

  constructor(load: () => Promise<View>) {
    this.#load = load;
    void this.#make();
  }

  connect(runtime: Runtime): void {
    this.#known((view) => view.connect(runtime));
  }

  broken(error: unknown): void {
    this.#known((view) => view.broken(error));
  }

  open(place: string): void {
    if (this.#view) this.#view.open?.(place);
    else this.#place = place;
  }

  enter(signal: AbortSignal): void {
    if (this.#view) this.#view.enter(signal);
    else this.#shown = signal;
  }

  /** What is known of the runtime, for a view that may still be on its way. */
  #known(tell: (view: View) => void): void {
    this.#tell = tell;
    if (this.#view) tell(this.#view);
  }

  async #make(): Promise<void> {
    this.element.replaceChildren(h("p", { class: "notice" }, "Fetching the view…"));
    try {
      this.#begin(await this.#load());
    } catch (error) {
      this.#failed(error);
    }
  }

  #begin(view: View): void {
    this.#view = view;
    this.element.replaceChildren(view.element);
    this.#tell?.(view);
    if (this.#shown && !this.#shown.aborted) view.enter(this.#shown);
    if (this.#place !== undefined) view.open?.(this.#place);
  }

  #failed(error: unknown): void {
    const panel = new ErrorPanel();
    panel.show(error);
    const again = h("button", { type: "button" }, "Try again");
    again.addEventListener("click", () => void this.#make());
    this.element.replaceChildren(h("div", { class: "notice" }, panel.element, again));
  }
}
