import type { Problem } from "remotemedia";
import { Loads, Logs } from "../common/activity.ts";
import { Announcer } from "../common/announcer.ts";
import { control, enable, key, panel } from "../common/controls.ts";
import { ErrorPanel } from "../common/error-panel.ts";
import type { RunState } from "../common/facts.ts";
import { h, setText } from "../dom.ts";
import { counted, milliseconds } from "../format.ts";
import { GraphView } from "./graph/graph.ts";
import { metricsElement } from "./metrics.ts";
import { Results } from "./results.ts";
import type { RunModel } from "./run-model.ts";
import { TracePanel } from "./trace/panel.ts";
import type { Kind } from "./shown.ts";

const WORDS: Record<RunState, string> = {
  idle: "ready",
  starting: "starting",
  running: "running",
  cancelling: "cancelling",
  done: "done",
  failed: "failed",
  cancelled: "cancelled",
};

/** Milliseconds between two looks at a run that works: often enough for the eye, cheap for the page. */
const GLANCE = 100;
/** The same for results, which cost more to draw. */
const RESULTS_GLANCE = 500;

/** What the console asks for. */
export interface Commands {
  run: () => void;
  cancel: () => void;
  /** Listen no longer; what was heard is still worked on. */
  stopListening: () => void;
  /** Show a place of the manifest, by its JSON Pointer. */
  select: (path: string) => void;
  /** Show a node of the manifest. */
  locate: (node: string) => void;
}

/** The side of the page that runs a pipeline: controls, nodes, results, figures, errors. */
export class Console {
  readonly element: HTMLElement;
  readonly #commands: Commands;
  readonly #run = control("run", "Run", "Control+Enter Meta+Enter");
  readonly #cancel = control("cancel", "Cancel", "Escape");
  readonly #stop = control("stop-listening", "Stop listening");
  readonly #state = h("span", { "class": "run-state", "data-testid": "run-state" });
  readonly #time = h("span", { "class": "run-time", "data-testid": "run-time" });
  readonly #error = new ErrorPanel();
  readonly #loads = new Loads();
  readonly #graph: GraphView;
  readonly #logs = new Logs();
  readonly #results = new Results();
  readonly #metrics = h("div", {});
  readonly #trace = new TracePanel();
  readonly #announcer = new Announcer();
  #isReady = false;
  /** Whether the error that is shown is that of the runtime. */
  #isBroken = false;
  #model: RunModel;
  #glancing: ReturnType<typeof setTimeout> | undefined;
  #resultsAt = -Infinity;
  #drawn = -1;

  constructor(model: RunModel, commands: Commands) {
    this.#model = model;
    this.#commands = commands;
    this.#graph = new GraphView({ place: commands.select, locate: commands.locate });
    this.#run.addEventListener("click", () => commands.run());
    this.#cancel.addEventListener("click", () => commands.cancel());
    this.#stop.addEventListener("click", () => commands.stopListening());
    this.#stop.hidden = true;
    this.element = this.#layOut();
    this.show(model);
  }

  /** Marks the nodes that a check of the manifest found fault with. */
  set faults(faults: ReadonlyMap<string, readonly Problem[]>) {
    this.#graph.faults = faults;
  }

  /** Shows the details of a node. */
  selectNode(id: string): void {
    this.#graph.select(id, true);
  }

  /** There is a runtime: pipelines can be run. */
  ready(): void {
    this.#isReady = true;
    if (this.#isBroken) this.#error.clear();
    this.#isBroken = false;
    this.#glance();
  }

  /** How results are shown, until the user chooses. */
  set preferred(kind: Kind | undefined) {
    this.#results.preferred = kind;
  }

  /** Whether the microphone is being listened to. */
  set isListening(isListening: boolean) {
    if (this.#stop.contains(document.activeElement) && !isListening) this.#run.focus();
    this.#stop.hidden = !isListening;
    enable(this.#stop, isListening);
  }

  /** The runtime could not be started. */
  broken(error: unknown): void {
    this.#isBroken = true;
    this.#error.show(error);
    setText(this.#state, "no runtime");
    this.#announcer.say("The runtime did not start.");
  }

  /** What the user wanted cannot be done. */
  complain(error: unknown): void {
    this.#error.show(error);
    // In one column it is far below what the user looks at.
    this.#error.element.scrollIntoView({ block: "nearest" });
  }

  /** Shows a pipeline that does not run. What an earlier one gave stays. */
  show(model: RunModel): void {
    this.#model = model;
    this.#glance();
  }

  /** Shows a run from its start on. */
  follow(model: RunModel): void {
    this.#error.clear();
    this.#metrics.replaceChildren();
    this.#results.reset();
    this.#trace.reset();
    this.#resultsAt = -Infinity;
    this.#announcer.say("Running");
    this.show(model);
    // In one column what happens is far below what starts it.
    if (this.element.getBoundingClientRect().top > innerHeight / 2) this.element.scrollIntoView();
  }

  /** The run that is shown is over. */
  over(): void {
    clearTimeout(this.#glancing);
    this.#resultsAt = -Infinity;
    const { result, error, state, outputCount } = this.#model;
    if (result) {
      this.#metrics.replaceChildren(metricsElement(result.metrics, result.graph_info.execution_order));
      const time = milliseconds(result.metrics.totalMs);
      this.#announcer.say(`Done in ${time}, ${counted(outputCount, "result")}`);
    } else if (state === "cancelled") {
      this.#announcer.say("Cancelled");
    } else {
      this.#error.show(error, this.#commands.select, (node) => this.selectNode(node));
    }
    this.#glance();
    this.#trace.over(this.#model);
  }

  /** Looks at the model, and again later while it works. */
  #glance(): void {
    this.#glancing = undefined;
    const model = this.#model;
    const now = performance.now();
    setText(this.#state, this.#isReady ? WORDS[model.state] : "starting the runtime");
    const elapsed = (model.endedAt ?? now) - model.startedAt;
    setText(this.#time, model.state === "idle" ? "" : milliseconds(model.result?.metrics.totalMs ?? elapsed));
    enable(this.#run, this.#isReady && !model.isActive);
    enable(this.#cancel, model.isActive && model.state !== "cancelling");
    this.#graph.show(model);
    this.#loads.show(model.loads);
    this.#logs.show(model);
    if (model.state !== "idle") this.#glanceAtResults(model, now);
    this.element.dataset["state"] = model.state;
    if (!model.isActive) return;
    this.#tell(model);
    // What is over is shown at once, by over(): all of it, not the state before the results.
    this.#glancing = setTimeout(() => this.#model.isActive && this.#glance(), GLANCE);
  }

  #glanceAtResults(model: RunModel, now: number): void {
    if (now < this.#resultsAt + RESULTS_GLANCE || (this.#drawn === model.version && model.isActive)) return;
    this.#resultsAt = now;
    this.#drawn = model.version;
    this.#results.show(model);
    if (model.isActive) this.#trace.show(model, now);
  }

  #tell({ nodes, state }: RunModel): void {
    const done = nodes.filter((it) => it.state === "done").length;
    if (done > 0 && state === "running") {
      this.#announcer.say(`${done} of ${counted(nodes.length, "node")} done`);
    }
  }

  #layOut(): HTMLElement {
    return h(
      "section",
      { "class": "console", "aria-label": "Run", "data-testid": "console" },
      h(
        "div",
        { class: "controls" },
        this.#run,
        this.#stop,
        this.#cancel,
        h("span", { class: "keys" }, key("Ctrl"), " ", key("Enter"), " runs, ", key("Esc"), " cancels"),
        h("span", { class: "run-readout" }, this.#state, this.#time),
      ),
      this.#error.element,
      panel("pipeline", "Pipeline", this.#loads.element, this.#graph.element, this.#logs.element),
      panel("results", "Results", this.#results.element),
      panel("metrics", "Measured", this.#metrics),
      panel("trace", "Trace", this.#trace.element),
      this.#announcer.element,
    );
  }
}
