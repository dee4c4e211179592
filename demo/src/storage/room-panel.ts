import type { ModelStorage } from "remotemedia";
import { h, setText } from "../dom.ts";
import { bytes } from "../format.ts";

/** What each place to keep models in means for the user. */
const KINDS: Record<ModelStorage["kind"], [name: string, means: string]> = {
  opfs: [
    "Private file system (OPFS)",
    "Only pages of this site can read it. It outlasts the page, the browser and its updates.",
  ],
  cache: [
    "Cache of this site",
    "This browser has no private file system here, so models are in the cache of this site. It outlasts the page.",
  ],
  memory: [
    "Memory of this page",
    "This browser lets the page keep nothing, as private windows do. Models are gone when the page is closed.",
  ],
};

/** What the panel asks for. */
interface Commands {
  persist: () => void;
  clear: () => void;
}

/** How much room there is, how much of it models take, and for how long. */
export class RoomPanel {
  readonly element: HTMLElement;
  readonly #models = h("span", { class: "meter-models" });
  readonly #others = h("span", { class: "meter-others" });
  readonly #meter = h(
    "div",
    { "class": "meter", "role": "img", "data-testid": "meter" },
    this.#models,
    this.#others,
  );
  readonly #facts = new Map<string, { value: HTMLElement; means: HTMLElement }>();
  readonly #list = h("dl", { class: "facts" });
  readonly #persist = button("persist", "Ask the browser to keep it");
  readonly #clear = button("clear", "Delete all models");

  constructor(commands: Commands) {
    this.#persist.addEventListener("click", () => commands.persist());
    this.#clear.addEventListener("click", () => commands.clear());
    this.#clear.classList.add("danger");
    const actions = h("div", { class: "actions" }, this.#persist, this.#clear);
    this.element = h("div", { "data-testid": "room" }, this.#meter, this.#list, actions);
    this.#meter.hidden = true;
  }

  show(storage: ModelStorage): void {
    const { kind, used, quota, available, persisted } = storage;
    this.#tell("Kept in", ...KINDS[kind]);
    this.#tell("Models", bytes(used), "");
    if (quota !== null && available !== null) this.#measure(used, quota, available);
    else this.#tell("Free", "not told", "This browser does not say how much this site may keep.");
    const [word, means] = persistence(kind, persisted);
    this.#tell("For how long", word, means);
    this.#persist.hidden = persisted || kind === "memory" || !("storage" in navigator);
    this.#clear.hidden = used === 0;
  }

  /** Says what came of asking the browser. */
  answered(isPromised: boolean): void {
    if (isPromised) return;
    this.#tell(
      "For how long",
      "until room runs short",
      "The browser has not promised more. Most do for sites that are bookmarked, installed, or often visited.",
    );
  }

  #measure(used: number, quota: number, available: number): void {
    // What browsers tell is rounded, and models kept in memory count nowhere.
    const others = Math.max(0, quota - available - used);
    this.#tell(
      "Other data of this site",
      bytes(others),
      "Pages and programs kept for offline use, above all.",
    );
    this.#tell("Free for this site", bytes(available), `The browser allows ${bytes(quota)} in all.`);
    this.#models.style.inlineSize = share(used, quota);
    this.#others.style.inlineSize = share(others, quota);
    const words = `Models take ${bytes(used)}, other data of this site ${bytes(others)}; ${bytes(available)} are free.`;
    this.#meter.setAttribute("aria-label", words);
    this.#meter.hidden = false;
  }

  #tell(name: string, value: string, means: string): void {
    let fact = this.#facts.get(name);
    if (!fact) {
      fact = { value: h("span", { class: "fact-value" }), means: h("span", { class: "hint" }) };
      this.#facts.set(name, fact);
      this.#list.append(h("div", {}, h("dt", {}, name), h("dd", {}, fact.value, fact.means)));
    }
    setText(fact.value, value);
    setText(fact.means, means);
    fact.means.hidden = means === "";
  }
}

function persistence(kind: ModelStorage["kind"], isPersisted: boolean): [word: string, means: string] {
  if (kind === "memory") return ["until this page is closed", ""];
  return isPersisted
    ? ["until you delete it", "The browser has promised not to clear it away when room runs short."]
    : ["until room runs short", "The browser may then clear it away, unless it promises not to."];
}

/** A part of a whole that is shown if it is there at all. */
function share(part: number, whole: number): string {
  return part === 0 || whole === 0 ? "0" : `max(3px, ${((100 * part) / whole).toFixed(3)}%)`;
}

function button(name: string, label: string): HTMLButtonElement {
  return h("button", { "type": "button", "data-testid": name, "hidden": true }, label);
}
