import type { Runtime } from "remotemedia";
import { freshId, h } from "../dom.ts";
import { type Capability, capabilityFacts, storageFact } from "./facts.ts";

/** What the masthead has room for. */
const SHOWN = ["isolated", "threads", "SIMD", "storage"];
/** Pixels between the button and what it opens. */
const GAP = 6;

/** What this browser can do, in a few marks; pressed, what is lost where something lacks, why, and what helps. */
export class Badge {
  readonly element: HTMLElement;
  readonly #button: HTMLButtonElement;
  readonly #panel: HTMLElement;
  readonly #list = h("ul", { class: "skills-list" });
  #facts: Capability[];

  constructor(runtime: Runtime) {
    this.#facts = capabilityFacts(runtime.capabilities, isSecureContext);
    const id = freshId("capabilities");
    const missing = this.#facts.filter((it) => !it.isThere && it.lost !== "Nothing.").length;
    const words = missing === 0 ? "everything there is" : `${missing} of ${this.#facts.length} not there`;
    this.#button = h(
      "button",
      {
        "type": "button",
        "class": "skills",
        "aria-expanded": "false",
        "aria-controls": id,
        "data-testid": "capabilities",
      },
      ...this.#facts.filter((it) => SHOWN.includes(it.word)).flatMap((it) => [mark(it), " "]),
      h("span", { class: "visually-hidden" }, `What this browser can do: ${words}`),
    );
    const close = h("button", { "type": "button", "class": "skill-close", "data-testid": "close" }, "Close");
    close.addEventListener("click", () => this.#open(false));
    this.#panel = h(
      "div",
      {
        "id": id,
        "class": "skills-panel",
        "popover": "manual",
        "role": "region",
        "aria-label": "What this browser can do",
      },
      this.#list,
      h(
        "p",
        { class: "skills-more" },
        h("a", { href: "#/about" }, "More about this browser and this site"),
        close,
      ),
    );
    this.#button.addEventListener("click", () => this.#open(!this.#isOpen));
    this.#write();
    this.element = h("div", { class: "skills-place" }, this.#button, this.#panel);
    runtime.models.storage().then(
      (storage) => {
        this.#facts = [...this.#facts, storageFact(storage)];
        this.#write();
      },
      // What cannot be told is not told; the view of models says why.
      () => undefined,
    );
  }

  get #isOpen(): boolean {
    return this.#button.getAttribute("aria-expanded") === "true";
  }

  #leave = new AbortController();

  #open(isOpen: boolean): void {
    this.#button.setAttribute("aria-expanded", String(isOpen));
    this.#leave.abort();
    this.#panel.togglePopover(isOpen);
    if (!isOpen) return;
    this.#leave = new AbortController();
    const { signal } = this.#leave;
    const onKey = (event: KeyboardEvent): void => {
      if (event.key !== "Escape") return;
      // It is this panel's key as long as it is open.
      event.preventDefault();
      event.stopPropagation();
      this.#open(false);
      this.#button.focus();
    };
    const onPress = ({ target }: Event): void => {
      if (!this.element.contains(target as Node)) this.#open(false);
    };
    const onLeave = ({ relatedTarget }: FocusEvent): void => {
      if (relatedTarget && !this.element.contains(relatedTarget as Node)) this.#open(false);
    };
    document.addEventListener("keydown", onKey, { signal, capture: true });
    document.addEventListener("pointerdown", onPress, { signal });
    this.element.addEventListener("focusout", onLeave, { signal });
    addEventListener("hashchange", () => this.#open(false), { signal });
    addEventListener("resize", () => this.#place(), { signal });
    addEventListener("scroll", () => this.#place(), { signal, passive: true });
    this.#place();
  }

  /** Below the button, within the window. */
  #place(): void {
    const { bottom, right } = this.#button.getBoundingClientRect();
    const width = document.documentElement.clientWidth;
    this.#panel.style.top = `${bottom + GAP}px`;
    this.#panel.style.right = `${Math.max(GAP, Math.min(width - right, width - this.#panel.offsetWidth - GAP))}px`;
  }

  #write(): void {
    this.#list.replaceChildren(...this.#facts.map(row));
  }
}

function mark({ word, isThere }: Capability): HTMLElement {
  const text = isThere ? word : word === "isolated" ? "not isolated" : `no ${word}`;
  return h("span", { class: `mark mark-${isThere ? "on" : "off"}` }, text);
}

function row(fact: Capability): HTMLElement {
  const { name, isThere, gives } = fact;
  return h(
    "li",
    {
      "class": `skill skill-${isThere ? "on" : "off"}`,
      "data-testid": "capability",
      "data-there": isThere,
    },
    h("span", { class: `mark mark-${isThere ? "on" : "off"}` }, name),
    h("span", { class: "skill-word" }, isThere ? "yes" : "no"),
    h("span", { class: "skill-text" }, isThere ? gives : lossOf(fact)),
  );
}

/** What is lost without it, and what helps. */
export function lossOf({ lost, remedy }: Capability): string {
  return /^Nothing/.test(lost) ? lost : `${lost} ${remedy}`;
}
