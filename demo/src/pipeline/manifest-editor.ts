import type { NodeInfo } from "remotemedia";
import { Editor } from "./editor.ts";
import { formatted } from "./json.ts";

const ROWS = 16;
const BUSY = ["pointerdown", "compositionstart"];
const QUIET = ["pointerup", "pointercancel", "compositionend", "blur"];
const KEYS =
  "Ctrl+Space suggests, Ctrl+F finds, F8 goes to the next problem, Shift+Alt+F formats; Tab leaves the field.";

/**
 * The editor of manifests. It is a plain field until somebody goes there; only then the code that knows the language
 * is fetched, and where it cannot be, the field stays plain.
 */
export class ManifestEditor extends Editor {
  #kinds: readonly NodeInfo[] = [];
  #loading: Promise<void> | undefined;
  /** Whether something is being selected or composed in the plain field. */
  #isBusy = false;

  constructor() {
    super({ name: "manifest", label: "Manifest", hint: "What runs, as JSON.", rows: ROWS });
    const { area } = this.plain;
    for (const name of ["focus", "pointerenter"]) area.addEventListener(name, () => void this.#load());
    for (const name of BUSY) area.addEventListener(name, () => (this.#isBusy = true));
    for (const name of QUIET) area.addEventListener(name, () => (this.#isBusy = false));
  }

  /** The kinds of nodes that a manifest can name. */
  set kinds(kinds: readonly NodeInfo[]) {
    this.#kinds = kinds;
  }

  /** Lays the text out anew; what is no JSON stays as it is. */
  format(): void {
    const text = formatted(this.value);
    if (text === undefined || text === this.value) return;
    this.value = text;
    this.changed();
  }

  #load(): Promise<void> {
    this.#loading ??= this.#upgrade().catch(() => void (this.#loading = undefined));
    return this.#loading;
  }

  async #upgrade(): Promise<void> {
    const { CodeText } = await import("./code-text.ts");
    await this.#quiet();
    const code = new CodeText({
      name: "manifest",
      label: "Manifest",
      rows: ROWS,
      onInput: () => this.changed(),
      kinds: () => this.#kinds,
      format: () => this.format(),
      from: this.plain,
    });
    this.hint = KEYS;
    this.replace(code);
  }

  /** Waits until nothing is being composed, or selected with the mouse, in the plain field. */
  async #quiet(): Promise<void> {
    const { area } = this.plain;
    while (this.#isBusy) {
      await new Promise<unknown>((resolve) => {
        for (const name of QUIET) area.addEventListener(name, resolve, { once: true });
      });
    }
  }
}
