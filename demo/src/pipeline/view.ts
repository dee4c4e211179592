import type { NodeInfo, Problem, Runtime } from "remotemedia";
import { CancelledByUser, unlessAborted } from "../common/facts.ts";
import { h } from "../dom.ts";
import { counted } from "../format.ts";
import type { View } from "../view.ts";
import { Console } from "./console.ts";
import { type Example, EXAMPLES } from "./examples.ts";
import { InputPanel } from "./input-panel.ts";
import { LINE, pretty } from "./json.ts";
import { drawingOf } from "./manifest.ts";
import { ManifestEditor } from "./manifest-editor.ts";
import { locate, placeIn } from "./pointer.ts";
import { PythonPanel } from "./python-panel.ts";
import { RunModel } from "./run-model.ts";
import type { Mark } from "./surface.ts";

/** Pause in typing after which a manifest is checked, in milliseconds. */
const TYPING = 200;

/** The view that edits a pipeline and runs it. */
export class PipelineView implements View {
  readonly element: HTMLElement;
  readonly #manifest = new ManifestEditor();
  readonly #input = new InputPanel();
  readonly #python = new PythonPanel(() => void this.#learned());
  readonly #console: Console;
  readonly #examples = new Map<string, HTMLButtonElement>();
  #runtime: Runtime | undefined;
  #kinds: NodeInfo[] = [];
  #model = new RunModel();
  #stop = new AbortController();
  #typing: ReturnType<typeof setTimeout> | undefined;

  constructor() {
    this.#console = new Console(this.#model, {
      run: () => void this.run(),
      cancel: () => this.cancel(),
      select: (path) => this.#select(path),
    });
    this.element = h("div", { class: "view" }, this.#setup(), this.#console.element);
    this.#manifest.onInput(() => this.#edited());
    this.choose(EXAMPLES[0]);
  }

  /** From here on the pipeline can be checked and run. */
  connect(runtime: Runtime): void {
    this.#runtime = runtime;
    this.#console.ready();
    this.#python.runtime = runtime;
    void this.#learned();
  }

  /** The runtime could not be started. */
  broken(error: unknown): void {
    this.#console.broken(error);
  }

  enter(signal: AbortSignal): void {
    const onKey = (event: KeyboardEvent): void => {
      if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
        event.preventDefault();
        void this.run();
      } else if (event.key === "Escape" && !event.defaultPrevented) {
        this.cancel();
      }
    };
    document.addEventListener("keydown", onKey, { signal });
    this.#input.recordings.acceptDrops(signal);
  }

  choose(example: Example): void {
    for (const [name, button] of this.#examples) {
      button.setAttribute("aria-pressed", String(name === example.name));
    }
    this.#python.source = example.python ?? "";
    this.#manifest.value = pretty(example.manifest, LINE);
    if (example.inputs) this.#input.json = pretty(example.inputs, LINE);
    else if (this.#input.recordings.files.length > 0) this.#input.choose("recordings");
    else void this.#input.recordings.useBuiltIn();
    this.#edited();
  }

  async run(): Promise<void> {
    if (!this.#runtime || this.#model.isActive) return;
    const model = (this.#model = this.#preview());
    this.#stop = new AbortController();
    model.start(performance.now());
    this.#console.follow(model);
    try {
      await this.#work(model, this.#runtime, this.#stop.signal);
    } catch (error) {
      model.fail(error, performance.now());
    }
    this.#console.over();
  }

  cancel(): void {
    if (!this.#model.isActive || this.#model.state === "cancelling") return;
    this.#model.cancelling();
    this.#stop.abort(new CancelledByUser("cancelled"));
  }

  async #work(model: RunModel, runtime: Runtime, signal: AbortSignal): Promise<void> {
    const inputs = this.#input.read();
    const manifest = this.#manifest.value;
    await unlessAborted(this.#python.learn(), signal);
    model.know(await runtime.nodes());
    const options = { ...(inputs === undefined ? {} : { inputs }), signal, bigint: true };
    for await (const event of runtime.run(manifest, options)) model.happened(event, performance.now());
  }

  /** The manifest has other text: shows and checks it. */
  #edited(): void {
    if (!this.#model.isActive) this.#console.show((this.#model = this.#preview()));
    this.#manifest.status = "";
    clearTimeout(this.#typing);
    this.#typing = setTimeout(() => void this.#check(), TYPING);
  }

  #preview(): RunModel {
    return new RunModel(drawingOf(this.#manifest.value), this.#kinds);
  }

  /** The runtime knows other kinds of nodes. */
  async #learned(): Promise<void> {
    if (!this.#runtime) return;
    this.#manifest.kinds = this.#kinds = await this.#runtime.nodes();
    if (this.#model.state === "idle") this.#edited();
    else await this.#check();
  }

  async #check(): Promise<void> {
    const text = this.#manifest.value;
    const found = (await this.#runtime?.validate(text)) ?? [];
    // Another text is being checked already.
    if (text !== this.#manifest.value || !this.#runtime) return;
    // What is unknown yet may be what Python is learning.
    const problems = found.filter((it) => it.code !== "UnknownNode" || !this.#python.isLearning);
    this.#manifest.marks = problems.map((problem) => markOf(problem, text));
    const errors = problems.filter((it) => it.severity === "error").length;
    this.#manifest.status = errors > 0 ? counted(errors, "problem") : "valid";
  }

  #select(path: string): void {
    const range = locate(this.#manifest.value, path);
    if (range) this.#manifest.select(range);
  }

  #setup(): HTMLElement {
    const examples = EXAMPLES.map((example) => {
      const button = h(
        "button",
        {
          "type": "button",
          "class": "example",
          "aria-pressed": "false",
          "data-testid": `example-${example.name}`,
        },
        h("span", { class: "example-title" }, example.title),
        h("span", { class: "example-summary" }, example.summary),
      );
      button.addEventListener("click", () => this.choose(example));
      this.#examples.set(example.name, button);
      return button;
    });
    return h(
      "section",
      { "class": "setup", "aria-label": "Set-up" },
      h("div", { "class": "examples", "role": "group", "aria-label": "Examples" }, ...examples),
      h("div", { class: "panel" }, this.#manifest.element, this.#python.element),
      h("div", { class: "panel" }, this.#input.element),
    );
  }
}

function markOf({ severity, message, node, path }: Problem, text: string): Mark {
  const range = path === "" ? placeIn(text, message) : locate(text, path);
  const words = node === undefined ? message : `${node}: ${message}`;
  return { severity, message: words, place: path || "the manifest", range };
}
