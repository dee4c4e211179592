import type { Runtime } from "remotemedia";
import { Announcer } from "../common/announcer.ts";
import { enable } from "../common/controls.ts";
import { h, setText } from "../dom.ts";
import { bytes } from "../format.ts";
import { keeper, type Standing } from "./keeper.ts";
import { fetchAll, type Part, partsOf, saysSaveData } from "./parts.ts";
import { errorInWords, partInWords, standingInWords } from "./words.ts";

/** What of the site works without a network, and the button that fetches the rest. */
export class OfflinePanel {
  readonly element: HTMLElement;
  readonly #announcer = new Announcer();
  readonly #standing = h("p", { "data-testid": "offline-standing" });
  readonly #list = h("ul", { "class": "offline-parts", "data-testid": "offline-parts" });
  readonly #bar = h("progress", { "aria-label": "Fetching for use offline", "hidden": true });
  readonly #figures = h("p", { "class": "hint", "data-testid": "offline-figures" });
  readonly #error = h("p", { "class": "offline-error", "data-testid": "offline-error", "hidden": true });
  readonly #fetch = h(
    "button",
    { "type": "button", "data-testid": "offline-fetch", "aria-disabled": "true" },
    "Make everything available offline",
  );
  readonly #cancel = h(
    "button",
    { "type": "button", "data-testid": "offline-cancel", "hidden": true },
    "Cancel",
  );
  #runtime: Runtime | undefined;
  #fetching: AbortController | undefined;
  #refreshing: Promise<void> | undefined;
  #again = false;

  constructor() {
    this.element = h(
      "section",
      { "class": "panel offline-panel", "aria-label": "Offline", "data-testid": "offline" },
      h("h2", {}, "Offline"),
      this.#standing,
      this.#list,
      h("p", { class: "offline-actions" }, this.#fetch, this.#cancel),
      this.#bar,
      this.#figures,
      this.#error,
      this.#announcer.element,
    );
    this.#fetch.addEventListener("click", () => void this.#fetchAll());
    this.#cancel.addEventListener("click", () => this.#fetching?.abort());
    keeper.watch((standing) => this.#show(standing));
  }

  /** From here on there is a runtime: it keeps the models. */
  connect(runtime: Runtime): void {
    this.#runtime = runtime;
    this.refresh();
  }

  /** Looks again at what is kept: models may come and go elsewhere. */
  refresh(): void {
    this.#again = true;
    this.#refreshing ??= this.#look().finally(() => (this.#refreshing = undefined));
  }

  #show(standing: Standing): void {
    setText(this.#standing, standingInWords(standing, saysSaveData()));
    const error = standing.kind === "on" ? standing.state.error : null;
    if (!this.#fetching) this.#say(error);
    this.refresh();
  }

  async #look(): Promise<void> {
    while (this.#again) {
      this.#again = false;
      const { standing } = keeper;
      if (standing.kind !== "on" || !standing.state.installed) {
        this.#list.replaceChildren();
        enable(this.#fetch, false);
        continue;
      }
      try {
        this.#tell(await partsOf(standing.offline, this.#runtime));
      } catch (error) {
        this.#say(error);
      }
    }
  }

  #tell(parts: readonly Part[]): void {
    const rows = parts.map((part) =>
      h(
        "li",
        { "data-testid": "offline-part", "data-part": part.name, "data-kept": part.bytesKept >= part.bytes },
        h("span", { class: "offline-what" }, part.title),
        h("span", { class: "offline-state" }, partInWords(part)),
      ),
    );
    this.#list.replaceChildren(...rows);
    const lacks = parts.some((it) => it.bytesKept < it.bytes);
    enable(this.#fetch, lacks && !this.#fetching);
    const kept = parts.reduce((sum, it) => sum + it.bytesKept, 0);
    const all = parts.reduce((sum, it) => sum + it.bytes, 0);
    if (!this.#fetching) setText(this.#figures, `${bytes(kept)} of ${bytes(all)} are kept in this browser.`);
  }

  async #fetchAll(): Promise<void> {
    const { standing } = keeper;
    if (standing.kind !== "on" || this.#fetching || this.#fetch.getAttribute("aria-disabled") === "true")
      return;
    const fetching = new AbortController();
    this.#fetching = fetching;
    this.#working(true);
    this.#say(null);
    try {
      await fetchAll(standing.offline, this.#runtime, fetching.signal, (loaded, total) => {
        [this.#bar.max, this.#bar.value] = [Math.max(total, 1), loaded];
        setText(this.#figures, `${bytes(loaded)} of ${bytes(total)}`);
        this.#announcer.say(`${Math.floor((loaded / Math.max(total, 1)) * 10) * 10} % fetched`);
      });
      this.#announcer.say("Everything is available offline");
    } catch (error) {
      if (!fetching.signal.aborted) this.#say(error);
      else this.#announcer.say("Cancelled; what has come stays");
    }
    this.#fetching = undefined;
    this.#working(false);
    this.refresh();
  }

  #working(on: boolean): void {
    enable(this.#fetch, !on);
    this.#cancel.hidden = this.#bar.hidden = !on;
    if (!on) this.#bar.removeAttribute("value");
    if (on) this.#cancel.focus();
    else if (document.activeElement === document.body) this.#fetch.focus();
  }

  #say(error: unknown): void {
    const words = error === null || error === undefined ? "" : errorInWords(error);
    this.#error.hidden = words === "";
    setText(this.#error, words);
    if (words !== "") this.#announcer.say(words);
  }
}
