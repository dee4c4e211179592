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
  readonly #onKinds: () => void;
  /** The newest source that was sent, and what became of it. */
  #sent: { source: string; kinds: Promise<NodeInfo[]> } | undefined;
  #runtime: Runtime | undefined;
  #learning = 0;

  /** `onKinds` is called when the runtime has learned new kinds, or could not. */
  constructor(onKinds: () => void) {
    this.#onKinds = onKinds;
    this.element = h(
      "details",
      { class: "python-panel" },
      h("summary", {}, "Your own Python nodes"),
      this.#editor.element,
      this.#traceback,
    );
    this.#editor.onChange(() => void this.learn().catch(() => undefined));
  }

  /** Whether kinds may be on their way. */
  get isLearning(): boolean {
    return this.#learning > 0;
  }

  set runtime(runtime: Runtime) {
    this.#runtime = runtime;
    void this.learn().catch(() => undefined);
  }

  set source(source: string) {
    this.#editor.value = source;
    this.#editor.status = "";
    this.#traceback.hidden = true;
    this.element.open = source !== "";
    void this.learn().catch(() => undefined);
  }

  /** Teaches the runtime what it does not know yet. Rejects with what is wrong with the source. */
  async learn(): Promise<void> {
    const source = this.#editor.value;
    if (source.trim() === "" || !this.#runtime) return;
    if (this.#sent?.source !== source) this.#sent = { source, kinds: this.#send(source, this.#runtime) };
    await this.#sent.kinds;
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
