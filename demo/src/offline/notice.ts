import { h, setText } from "../dom.ts";
import type { Keeper, Standing } from "./keeper.ts";

/** What the page says of itself, and what its button says. */
interface Words {
  text: string;
  button: string;
}

/** The line that offers to reload the page: to a newer version, or to become isolated. Never while a run works. */
export class ReloadNotice {
  /** Polite, and on the page before it says anything: only so is it heard. */
  readonly element = h("div", { "class": "reload-notice", "role": "status", "data-testid": "reload-notice" });
  readonly #keeper: Keeper;
  readonly #text = h("p", {});
  readonly #apply = h("button", { "type": "button", "class": "reload-apply", "data-testid": "reload-apply" });
  readonly #later = h("button", { "type": "button", "data-testid": "reload-later" }, "Later");
  /** What the user does not want to hear of again. */
  #dismissed = "";

  constructor(keeper: Keeper) {
    this.#keeper = keeper;
    this.#apply.addEventListener("click", () => void this.#reload());
    this.#later.addEventListener("click", () => {
      this.#dismissed = this.#text.textContent ?? "";
      this.element.replaceChildren();
    });
    keeper.watch((standing) => this.#show(standing));
  }

  #show(standing: Standing): void {
    const words = wordsOf(standing);
    if (words === undefined || words.text === this.#dismissed) return this.element.replaceChildren();
    setText(this.#text, words.text);
    setText(this.#apply, words.button);
    if (!this.#text.isConnected) this.element.replaceChildren(this.#text, this.#apply, this.#later);
  }

  async #reload(): Promise<void> {
    const { standing } = this.#keeper;
    if (standing.kind !== "on") return;
    this.#apply.disabled = this.#later.disabled = true;
    await standing.offline.applyUpdate();
  }
}

/** What there is to say; nothing while something works. */
export function wordsOf(standing: Standing): Words | undefined {
  if (standing.kind !== "on" || standing.state.busy) return undefined;
  switch (standing.state.reload) {
    case "update":
      return { text: "A new version of this site is ready.", button: "Reload to use it" };
    case "replaced":
      return {
        text: "Another tab uses a new version of this site; this one goes on with the older until it is reloaded.",
        button: "Reload",
      };
    case "isolation":
      return { text: "Reloaded, this page can use threads and stop Python at once.", button: "Reload" };
    case null:
      return standing.state.stale
        ? { text: "The server has a newer version of this site; it is being fetched.", button: "Reload now" }
        : undefined;
  }
}
