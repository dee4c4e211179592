import type { Package, PackageEntry } from "remotemedia";
import { h, setText } from "../dom.ts";
import { bytes, count, counted } from "../format.ts";

/** Rows at first: a package may have thousands of entries. */
const SHOWN = 200;
/** Digits of a hash that tell it from others. */
const DIGITS = 12;
const STEPS: { [key: string]: number } = { ArrowDown: 1, ArrowUp: -1, Home: -Infinity, End: Infinity };

/** What is in a package: each entry with its size and its hash. */
export class Contents {
  readonly element: HTMLElement;
  readonly #summary = h("p", { "class": "hint", "data-testid": "contents-summary" });
  readonly #rows = h("tbody", {});
  readonly #full = h("p", { "class": "hash-full", "role": "status", "data-testid": "hash-full" });
  readonly #more = h("button", { "type": "button", "hidden": true, "data-testid": "more-entries" });
  #entries: readonly PackageEntry[] = [];

  constructor() {
    this.#more.addEventListener("click", () => this.#list(Infinity));
    this.#rows.addEventListener("keydown", (event) => this.#move(event));
    const heads = ["Entry", "Size", "Packed", "SHA-256"].map((it) => h("th", { scope: "col" }, it));
    this.element = h(
      "div",
      { "class": "contents", "data-testid": "contents" },
      this.#summary,
      h(
        "div",
        { "class": "scroller", "role": "region", "aria-label": "Entries of the package", "tabindex": 0 },
        h("table", {}, h("thead", {}, h("tr", {}, ...heads)), this.#rows),
      ),
      this.#more,
      this.#full,
    );
  }

  show(pkg: Package): void {
    this.#entries = pkg.entries();
    const whole = this.#entries.reduce((sum, it) => sum + it.size, 0);
    setText(this.#summary, `${counted(this.#entries.length, "entry", "entries")}, ${bytes(whole)} unpacked`);
    this.#list(SHOWN);
  }

  #list(most: number): void {
    const shown = this.#entries.slice(0, most);
    const left = this.#entries.length - shown.length;
    this.#more.hidden = left === 0;
    setText(this.#more, `Show ${count(left)} more`);
    this.#rows.replaceChildren(...shown.map((entry, index) => this.#row(entry, index === 0)));
    setText(this.#full, HINT);
  }

  /** `isWay`: the keys get into the list by this row; the arrow keys go on from there. */
  #row(entry: PackageEntry, isWay: boolean): HTMLTableRowElement {
    const { name, size, compressed, sha256 } = entry;
    const digits = `${sha256.slice(0, DIGITS)}…`;
    const label = `${digits}, copy the SHA-256 of ${name}`;
    const hash = h(
      "button",
      { "type": "button", "class": "hash", "aria-label": label, "tabindex": isWay ? 0 : -1 },
      digits,
    );
    const tell = (): void => this.#tell(entry);
    hash.addEventListener("focus", tell);
    hash.addEventListener("pointerenter", tell);
    hash.addEventListener("click", () => void this.#copy(entry));
    return h(
      "tr",
      { "data-testid": "entry" },
      h("th", { scope: "row", class: "entry-name" }, name),
      h("td", { class: "number" }, bytes(size)),
      h("td", { class: "number" }, compressed === size ? "stored" : bytes(compressed)),
      h("td", {}, hash),
    );
  }

  #tell({ name, sha256 }: PackageEntry, what = ""): void {
    this.#full.replaceChildren(`${name}: `, h("code", {}, sha256), what);
  }

  async #copy(entry: PackageEntry): Promise<void> {
    try {
      await navigator.clipboard.writeText(entry.sha256);
      this.#tell(entry, " is copied.");
    } catch {
      this.#tell(entry, " This page may not write to the clipboard.");
    }
  }

  #move(event: KeyboardEvent): void {
    const step = STEPS[event.key];
    const hashes = [...this.#rows.querySelectorAll<HTMLElement>(".hash")];
    const at = hashes.indexOf(event.target as HTMLElement);
    if (step === undefined || at < 0) return;
    event.preventDefault();
    const next = hashes[Math.min(Math.max(at + step, 0), hashes.length - 1)];
    for (const it of hashes) it.tabIndex = it === next ? 0 : -1;
    next?.focus();
  }
}

const HINT = "Point at a hash for all of it; press it to copy it. Arrow keys go from one to the next.";
