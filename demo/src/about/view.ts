import type { Runtime } from "remotemedia";
import facts from "virtual:site-facts";
import { capabilityFacts, storageFact } from "../capabilities/facts.ts";
import { capabilitiesTable } from "../capabilities/table.ts";
import { panel } from "../common/controls.ts";
import { ErrorPanel } from "../common/error-panel.ts";
import { h } from "../dom.ts";
import type { View } from "../view.ts";
import { architectureElement } from "./architecture.ts";
import { LivePanel } from "./live-panel.ts";
import { publishedElement } from "./published.ts";

/** The view that says what this is, what this browser can do for it, and how fast it is. */
export class AboutView implements View {
  readonly element: HTMLElement;
  readonly #error = new ErrorPanel();
  readonly #live = new LivePanel();
  readonly #browser = h("div", { class: "table-place" }, h("p", { class: "empty" }, "Starting the runtime…"));
  #runtime: Runtime | undefined;

  constructor() {
    this.element = h(
      "div",
      { "class": "view about-view", "data-testid": "about" },
      this.#error.element,
      h(
        "section",
        { "class": "about-what", "aria-label": "What this is" },
        panel("what", "What this is", whatElement()),
        panel("architecture", "How it is built", h("div", { class: "picture" }, architectureElement())),
      ),
      panel("browser", "This browser", this.#browser),
      panel("live", "How fast it is here", this.#live.element),
      panel("published", "Published figures", publishedElement(facts.figures)),
    );
  }

  connect(runtime: Runtime): void {
    this.#runtime = runtime;
    this.#error.clear();
    this.#live.connect();
    void this.#look();
  }

  broken(error: unknown): void {
    this.#error.show(error);
    this.#browser.replaceChildren(h("p", { class: "empty" }, "The runtime did not start."));
  }

  enter(signal: AbortSignal): void {
    const onKey = (event: KeyboardEvent): void => {
      if (event.key === "Escape" && !event.defaultPrevented) this.#live.cancel();
    };
    document.addEventListener("keydown", onKey, { signal });
    void this.#look();
  }

  /** Looks what this browser can do, and whether it has promised anything since. */
  async #look(): Promise<void> {
    if (!this.#runtime) return;
    const found = capabilityFacts(this.#runtime.capabilities, isSecureContext);
    const kept = await this.#runtime.models.storage().then(
      (it) => [storageFact(it)],
      () => [],
    );
    this.#browser.replaceChildren(capabilitiesTable([...found, ...kept]));
  }
}

function whatElement(): HTMLElement {
  return h(
    "div",
    { class: "prose" },
    h(
      "p",
      {},
      "RemoteMedia runs pipelines of media and machine-learning nodes in the page: nodes in Rust, compiled to " +
        "WebAssembly, and nodes in Python, run by Pyodide, connected as a graph. They work in Web Workers, so the page " +
        "never stands still; recordings, text and results never leave this device.",
    ),
    h(
      "p",
      {},
      "This site uses the published package and nothing else. What it does, any page can do with a few lines of JavaScript.",
    ),
    h(
      "dl",
      { class: "versions" },
      ...fact("Version", h("span", { "data-testid": "version" }, facts.version)),
      ...fact("Build", h("code", { "data-testid": "build" }, facts.fingerprint)),
      ...fact("License", h("span", {}, "MIT or Apache-2.0, as you like")),
    ),
    h(
      "ul",
      { class: "links" },
      link("./docs/", "Documentation"),
      link("./remotemedia/LICENSE-MIT", "MIT license"),
      link("./remotemedia/LICENSE-APACHE", "Apache license"),
      link("./remotemedia/THIRD-PARTY-NOTICES.txt", "Third-party notices of the package"),
      link("./THIRD-PARTY-NOTICES.txt", "Third-party notices of this page"),
    ),
  );
}

function fact(name: string, value: HTMLElement): HTMLElement[] {
  return [h("dt", {}, name), h("dd", {}, value)];
}

function link(href: string, text: string): HTMLElement {
  return h("li", {}, h("a", { href }, text));
}
