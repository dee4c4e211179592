import type { NodeInfo, Problem, Runtime } from "remotemedia";
import { h, setText } from "../dom.ts";
import { counted, milliseconds } from "../format.ts";
import { Loads, Logs } from "./activity.ts";
import { Announcer } from "./announcer.ts";
import { Board } from "./board.ts";
import { Editor, type Mark } from "./editor.ts";
import { ErrorPanel } from "./error-panel.ts";
import { type Example, EXAMPLES } from "./examples.ts";
import { InputPanel } from "./input-panel.ts";
import { drawingOf } from "./manifest.ts";
import { pretty } from "./json.ts";
import { metricsElement } from "./metrics.ts";
import { locate, placeIn } from "./pointer.ts";
import { PythonPanel } from "./python-panel.ts";
import { Results } from "./results.ts";
import { RunModel, type RunState } from "./run-model.ts";

const WORDS: Record<RunState, string> = {
  idle: "ready",
  starting: "starting",
  running: "running",
  cancelling: "cancelling",
  done: "done",
  failed: "failed",
  cancelled: "cancelled",
};

/** Characters of a line of the examples, so that they fit into the editors. */
const LINE = 58;
/** Pause in typing after which a manifest is checked, in milliseconds. */
const TYPING = 200;
/** Milliseconds between two looks at a run that works: often enough for the eye, cheap for the page. */
const GLANCE = 80;
/** The same for results, which cost more to draw. */
const RESULTS_GLANCE = 300;

/** The view that edits a pipeline and runs it. */
export class PipelineView {
  readonly element: HTMLElement;
  readonly #manifest = new Editor({ name: "manifest", label: "Manifest", rows: 16 });
  readonly #input = new InputPanel();
  readonly #python = new PythonPanel(() => void this.#learned());
  readonly #run = h(
    "button",
    {
      "type": "button",
      "class": "run",
      "data-testid": "run",
      "disabled": true,
      "aria-keyshortcuts": "Control+Enter Meta+Enter",
    },
    "Run",
  );
  readonly #cancel = h(
    "button",
    {
      "type": "button",
      "class": "cancel",
      "data-testid": "cancel",
      "disabled": true,
      "aria-keyshortcuts": "Escape",
    },
    "Cancel",
  );
  readonly #state = h("span", { "class": "run-state", "data-testid": "run-state" });
  readonly #time = h("span", { "class": "run-time", "data-testid": "run-time" });
  readonly #board = new Board();
  readonly #loads = new Loads();
  readonly #logs = new Logs();
  readonly #results = new Results();
  readonly #metrics = h("div", {});
  readonly #error = new ErrorPanel();
  readonly #announcer = new Announcer();
  readonly #examples = new Map<string, HTMLButtonElement>();
  #runtime: Runtime | undefined;
  #kinds: NodeInfo[] = [];
  #model = new RunModel();
  #stop: AbortController | undefined;
  #typing: ReturnType<typeof setTimeout> | undefined;
  #glancing: ReturnType<typeof setTimeout> | undefined;
  #resultsAt = 0;
  #drawn = -1;

  constructor() {
    this.element = this.#layOut();
    this.#manifest.onInput(() => this.#edited());
    this.#run.addEventListener("click", () => void this.run());
    this.#cancel.addEventListener("click", () => this.cancel());
    this.#listen();
    this.choose(EXAMPLES[0]);
  }

  /** From here on the pipeline can be checked and run. */
  connect(runtime: Runtime): void {
    this.#runtime = runtime;
    this.#run.disabled = false;
    this.#error.clear();
    this.#python.runtime = runtime;
    void this.#learned();
  }

  /** The runtime could not be started. */
  broken(error: unknown): void {
    this.#error.show(error);
    setText(this.#state, "no runtime");
    this.#announcer.say("The runtime did not start.");
  }

  choose(example: Example): void {
    for (const [name, button] of this.#examples)
      button.setAttribute("aria-pressed", String(name === example.name));
    this.#python.source = example.python ?? "";
    this.#manifest.value = pretty(example.manifest, LINE);
    if (example.inputs) this.#input.json = pretty(example.inputs, LINE);
    else if (this.#input.recordings.files.length > 0) this.#input.choose("recordings");
    else void this.#input.recordings.useBuiltIn();
    this.#edited();
  }

  async run(): Promise<void> {
    if (!this.#runtime || this.#model.isActive) return;
    const model = this.#preview();
    this.#begin(model);
    try {
      const inputs = this.#input.read();
      this.#stop = new AbortController();
      await this.#unlessStopped(this.#python.learn());
      const run = this.#runtime.run(this.#manifest.value, {
        ...(inputs === undefined ? {} : { inputs }),
        signal: this.#stop.signal,
        bigint: true,
      });
      for await (const event of run) {
        model.happened(event, performance.now());
        this.#glanceSoon();
      }
    } catch (error) {
      model.fail(error, performance.now());
    } finally {
      this.#over(model);
    }
  }

  cancel(): void {
    if (!this.#model.isActive || this.#model.state === "cancelling") return;
    this.#model.cancelling();
    this.#stop?.abort(new CancelledByUser());
    this.#glanceSoon();
  }

  /** Waits for `work`, but no longer than until the user cancels. */
  #unlessStopped<T>(work: Promise<T>): Promise<T> {
    const { signal } = this.#stop ?? new AbortController();
    return new Promise((resolve, reject) => {
      signal.addEventListener("abort", () => reject(signal.reason as Error), { once: true });
      work.then(resolve, reject);
    });
  }

  #begin(model: RunModel): void {
    this.#error.clear();
    this.#metrics.replaceChildren();
    this.#results.reset();
    this.#model = model;
    model.start(performance.now());
    this.#announcer.say("Running");
    this.#glance();
  }

  #over(model: RunModel): void {
    this.#stop = undefined;
    clearTimeout(this.#glancing);
    this.#glancing = undefined;
    this.#resultsAt = 0;
    this.#glance();
    const { result, error } = model;
    if (result) {
      this.#metrics.replaceChildren(metricsElement(result.metrics, result.graph_info.execution_order));
      this.#announcer.say(
        `Done in ${milliseconds(result.metrics.totalMs)}, ${counted(model.outputCount, "result")}`,
      );
    } else if (model.state === "cancelled") {
      this.#announcer.say("Cancelled");
    } else {
      this.#error.show(error, (path) => this.#select(path));
    }
  }

  /** Shows how the run stands, and again later while it works. */
  #glance(): void {
    this.#glancing = undefined;
    const model = this.#model;
    const now = performance.now();
    this.element.dataset["state"] = model.state;
    setText(this.#state, WORDS[model.state]);
    const elapsed = (model.endedAt ?? now) - model.startedAt;
    setText(this.#time, model.state === "idle" ? "" : milliseconds(model.result?.metrics.totalMs ?? elapsed));
    this.#run.disabled = !this.#runtime || model.isActive;
    this.#cancel.disabled = !model.isActive || model.state === "cancelling";
    this.#board.show(model, now);
    this.#loads.show(model.loads);
    this.#logs.show(model);
    this.#glanceAtResults(model, now);
    if (model.isActive) {
      this.#tell(model);
      this.#glanceSoon();
    }
  }

  #glanceAtResults(model: RunModel, now: number): void {
    if (now < this.#resultsAt + RESULTS_GLANCE || (this.#drawn === model.version && model.isActive)) return;
    this.#resultsAt = now;
    this.#drawn = model.version;
    this.#results.showRun(model);
  }

  #glanceSoon(): void {
    this.#glancing ??= setTimeout(() => this.#glance(), GLANCE);
  }

  #tell({ nodes, state }: RunModel): void {
    const done = nodes.filter((it) => it.state === "done").length;
    if (done > 0 && state === "running")
      this.#announcer.say(`${done} of ${counted(nodes.length, "node")} done`);
  }

  /** The manifest has other text: shows and checks it. */
  #edited(): void {
    if (!this.#model.isActive) {
      this.#model = this.#preview();
      this.#glance();
    }
    this.#manifest.status = "";
    clearTimeout(this.#typing);
    this.#typing = setTimeout(() => void this.#check(), TYPING);
  }

  #preview(): RunModel {
    return new RunModel(drawingOf(this.#manifest.value), this.#kinds);
  }

  async #learned(): Promise<void> {
    if (!this.#runtime) return;
    this.#kinds = await this.#runtime.nodes();
    this.#edited();
  }

  async #check(): Promise<void> {
    const text = this.#manifest.value;
    const problems = (await this.#runtime?.validate(text)) ?? [];
    // Another text is being checked already.
    if (text !== this.#manifest.value || !this.#runtime) return;
    this.#manifest.marks = problems.map((problem) => markOf(problem, text));
    const errors = problems.filter((it) => it.severity === "error").length;
    this.#manifest.status = errors > 0 ? counted(errors, "problem") : "valid";
  }

  #select(path: string): void {
    const text = this.#manifest.value;
    const range = locate(text, path);
    if (range) this.#manifest.select(range);
  }

  #listen(): void {
    document.addEventListener("keydown", (event) => {
      if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
        event.preventDefault();
        void this.run();
      } else if (event.key === "Escape" && !event.defaultPrevented) {
        this.cancel();
      }
    });
    const over = (on: boolean) => (this.#input.recordings.highlighted = on);
    const hasFiles = (event: DragEvent) => event.dataTransfer?.types.includes("Files") ?? false;
    document.addEventListener("dragover", (event) => {
      if (!hasFiles(event)) return;
      event.preventDefault();
      over(true);
    });
    document.addEventListener("dragleave", (event) => event.relatedTarget === null && over(false));
    document.addEventListener("drop", (event) => {
      if (!hasFiles(event)) return;
      event.preventDefault();
      over(false);
      const files = [...(event.dataTransfer?.files ?? [])];
      if (files.length > 0) this.#input.recordings.use(files);
    });
  }

  #layOut(): HTMLElement {
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
      "div",
      { class: "pipeline-view" },
      h(
        "section",
        { "class": "setup", "aria-label": "Set-up" },
        h("div", { "class": "examples", "role": "group", "aria-label": "Examples" }, ...examples),
        h("div", { class: "panel" }, this.#manifest.element, this.#python.element),
        h("div", { class: "panel" }, this.#input.element),
      ),
      h(
        "section",
        { "class": "console", "aria-label": "Run" },
        h(
          "div",
          { class: "controls" },
          this.#run,
          this.#cancel,
          h(
            "span",
            { class: "keys" },
            h("kbd", {}, "Ctrl"),
            " ",
            h("kbd", {}, "Enter"),
            " runs, ",
            h("kbd", {}, "Esc"),
            " cancels",
          ),
          h("span", { class: "run-readout" }, this.#state, this.#time),
        ),
        this.#error.element,
        h(
          "div",
          { class: "panel" },
          h("h2", {}, "Pipeline"),
          this.#loads.element,
          this.#board.element,
          this.#logs.element,
        ),
        h("div", { class: "panel results-panel" }, h("h2", {}, "Results"), this.#results.element),
        h("div", { class: "panel metrics-panel" }, h("h2", {}, "Measured"), this.#metrics),
        this.#announcer.element,
      ),
    );
  }
}

/** Why a run ends that the user cancels. */
class CancelledByUser extends Error {
  readonly code = "Cancelled";

  constructor() {
    super("cancelled");
    this.name = "Cancelled";
  }
}

function markOf({ severity, message, node, path }: Problem, text: string): Mark {
  const range = path === "" ? (placeIn(text, message) ?? undefined) : locate(text, path);
  return {
    severity,
    message: node === undefined ? message : `${node}: ${message}`,
    place: path || "the manifest",
    range,
  };
}
