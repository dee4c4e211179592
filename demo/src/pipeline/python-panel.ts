import type { NodeInfo, Runtime } from "remotemedia";
import { h } from "../dom.ts";
import { Editor } from "./editor.ts";
import { fieldOf } from "../common/facts.ts";

/** The user's own Python nodes: their source, and whether the runtime knows it. */
export class PythonPanel {
  readonly element: HTMLDetailsElement;
  readonly #editor = new Editor({
    name: "python",
    label: "Source",
    hint: "Classes that extend Node, or functions under @node(). The runtime learns them when you leave the field, or run.",
    rows: 14,
  });
  readonly #traceback = h("pre", { "tabindex": 0, "hidden": true, "data-testid": "python-traceback" });
  readonly #warning = h(
    "p",
    { "class": "warning", "role": "note", "hidden": true, "data-testid": "from-link" },
    h("strong", {}, "This Python came with a link: read it before you run. "),
    "Nothing of it has run yet. It runs in this page’s workers when you press Run, and only then.",
  );
  readonly #onKinds: () => void;
  /** The newest source that was sent, and what became of it. */
  #sent: { source: string; kinds: Promise<NodeInfo[]> } | undefined;
  #runtime: Runtime | undefined;
  #learning = 0;
  /** Whether the source came with a link, and the user has not run it yet. */
  #isStrange = false;

  /** `onKinds` is called when the runtime has learned new kinds, or could not. */
  constructor(onKinds: () => void) {
    this.#onKinds = onKinds;
    this.element = h(
      "details",
      { class: "python-panel" },
      h("summary", {}, "Your own Python nodes"),
      this.#warning,
      this.#editor.element,
      this.#traceback,
    );
    this.#editor.onChange(() => void this.learn().catch(() => undefined));
  }

  /** Whether there may be kinds that the runtime does not know yet. */
  get isLearning(): boolean {
    return this.#learning > 0 || (this.#isStrange && this.source.trim() !== "");
  }

  get source(): string {
    return this.#editor.value;
  }

  set runtime(runtime: Runtime) {
    this.#runtime = runtime;
    void this.learn().catch(() => undefined);
  }

  set source(source: string) {
    this.#put(source, false);
    void this.learn().catch(() => undefined);
  }

  /** Shows source of somebody else: the runtime learns it when the user runs it, not before. */
  set strange(source: string) {
    this.#put(source, source.trim() !== "");
  }

  /**
   * Teaches the runtime what it does not know yet; source from a link only if `isAsked` says that the user wants to run
   * it. Rejects with what is wrong with the source.
   */
  async learn(isAsked = false): Promise<void> {
    const { source } = this;
    if (isAsked) this.#trust();
    if (source.trim() === "" || !this.#runtime || this.#isStrange) return;
    if (this.#sent?.source !== source) this.#sent = { source, kinds: this.#send(source, this.#runtime) };
    await this.#sent.kinds;
  }

  #put(source: string, isStrange: boolean): void {
    this.#isStrange = isStrange;
    this.#warning.hidden = !isStrange;
    this.#editor.value = source;
    this.#editor.status = "";
    this.#traceback.hidden = true;
    this.element.open = source !== "";
  }

  #trust(): void {
    this.#isStrange = false;
    this.#warning.hidden = true;
  }

  async #send(source: string, runtime: Runtime): Promise<NodeInfo[]> {
    this.#learning += 1;
    this.#editor.status = "Python learns it…";
    this.#traceback.hidden = true;
    try {
      const kinds = await runtime.registerPython(source);
      if (this.#editor.value === source) {
        this.#editor.marks = [];
        this.#editor.status = `known: ${kinds.map((it) => it.type).join(", ")}`;
      }
      return kinds;
    } catch (error) {
      // A worker that failed to start may start the next time.
      this.#sent = undefined;
      if (this.#editor.value === source) this.#refuse(source, error);
      throw error;
    } finally {
      this.#learning -= 1;
      this.#onKinds();
    }
  }

  #refuse(source: string, error: unknown): void {
    const message = error instanceof Error ? error.message : String(error);
    const traceback = fieldOf(error, "traceback");
    const [line] =
      [...`${traceback ?? ""}${message}`.matchAll(/(?:<registered \d+>", |\()line (\d+)/g)]
        .at(-1)
        ?.slice(1) ?? [];
    const place = line === undefined ? "Python" : `line ${line}`;
    this.#editor.status = "";
    this.#editor.marks = [
      {
        severity: "error",
        message,
        place,
        range: line === undefined ? undefined : lineRange(source, Number(line)),
      },
    ];
    this.#traceback.hidden = !traceback;
    this.#traceback.textContent = traceback ?? "";
  }
}

function lineRange(text: string, line: number): { start: number; end: number } {
  const lines = text.split("\n");
  const start = lines.slice(0, line - 1).join("\n").length + (line > 1 ? 1 : 0);
  return { start, end: start + (lines[line - 1]?.length ?? 0) };
}
