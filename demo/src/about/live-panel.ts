import facts from "virtual:site-facts";
import { Announcer } from "../common/announcer.ts";
import { control, enable } from "../common/controls.ts";
import { ErrorPanel } from "../common/error-panel.ts";
import { CancelledByUser, fieldOf } from "../common/facts.ts";
import { h, setText } from "../dom.ts";
import { counted } from "../format.ts";
import { type Bar, barsElement } from "./bars.ts";
import {
  measureAll,
  type Measurement,
  type MeasurementName,
  MEASUREMENTS,
  type Progress,
} from "./measurements.ts";
import { inUnit, summarize } from "./statistics.ts";

/** Times that each thing is measured. */
const RUNS = 5;

/** Measures in this browser, and shows what it measures. */
export class LivePanel {
  readonly element: HTMLElement;
  readonly #measure = control("measure", "Measure in this browser");
  readonly #cancel = control("cancel-measure", "Cancel");
  readonly #copy = h("button", { "type": "button", "data-testid": "copy", "hidden": true }, "Copy as JSON");
  readonly #bar = h("progress", { "aria-label": "Measurements", "max": 1, "value": 0, "hidden": true });
  readonly #state = h("span", { "class": "hint", "data-testid": "measure-state" });
  readonly #line = h("p", { class: "measure-progress", hidden: true }, this.#bar, this.#state);
  readonly #error = new ErrorPanel();
  readonly #results = h("ul", { "class": "figures", "data-testid": "measured" });
  readonly #announcer = new Announcer();
  readonly #samples = new Map<MeasurementName, number[]>();
  #stop: AbortController | undefined;
  #isReady = false;

  constructor() {
    this.#measure.classList.add("run");
    this.#measure.addEventListener("click", () => void this.measure());
    this.#cancel.addEventListener("click", () => this.cancel());
    this.#copy.addEventListener("click", () => void this.#toClipboard());
    this.element = h(
      "div",
      { "data-testid": "live", "data-state": "idle" },
      h("p", { class: "lead" }, LEAD),
      h("div", { class: "actions" }, this.#measure, this.#cancel, this.#copy),
      this.#line,
      this.#error.element,
      this.#results,
      this.#announcer.element,
    );
  }

  /** From here on there is a runtime, so that others can be started too. */
  connect(): void {
    this.#isReady = true;
    this.#show("idle");
  }

  async measure(): Promise<void> {
    if (!this.#isReady || this.#stop) return;
    const stop = (this.#stop = new AbortController());
    this.#samples.clear();
    this.#error.clear();
    this.#show("running");
    this.#announcer.say("Measuring");
    try {
      await measureAll(RUNS, stop.signal, {
        onProgress: (it) => this.#progress(it),
        onSample: (name, value) => this.#sample(name, value),
      });
      this.#over("done", "Done");
    } catch (error) {
      if (stop.signal.aborted || fieldOf(error, "code") === "Cancelled") this.#over("cancelled", "Cancelled");
      else {
        this.#error.show(error);
        this.#over("failed", "Failed");
      }
    }
  }

  cancel(): void {
    this.#stop?.abort(new CancelledByUser("cancelled"));
  }

  #progress({ done, total, next }: Progress): void {
    [this.#bar.max, this.#bar.value] = [total, done];
    setText(this.#state, next === "" ? "" : `${done} of ${total}: ${next}`);
  }

  #sample(name: MeasurementName, value: number): void {
    this.#samples.set(name, [...(this.#samples.get(name) ?? []), value]);
    this.#draw();
  }

  #over(state: "done" | "cancelled" | "failed", words: string): void {
    this.#stop = undefined;
    setText(this.#state, words);
    this.#announcer.say(words);
    this.#show(state);
  }

  #show(state: string): void {
    const isRunning = state === "running";
    this.element.dataset["state"] = state;
    enable(this.#measure, this.#isReady && !isRunning);
    enable(this.#cancel, isRunning);
    this.#bar.hidden = !isRunning;
    this.#line.hidden = state === "idle";
    this.#copy.hidden = isRunning || this.#samples.size === 0;
    this.#draw();
  }

  #draw(): void {
    const drawn = MEASUREMENTS.filter((it) => this.#samples.has(it.name));
    this.#results.replaceChildren(...drawn.map((it) => resultElement(it, this.#samples.get(it.name) ?? [])));
  }

  async #toClipboard(): Promise<void> {
    try {
      await navigator.clipboard.writeText(JSON.stringify(this.#report(), null, 2));
      setText(this.#state, "Copied");
    } catch (error) {
      this.#error.show(error);
    }
  }

  /** What was measured, and where, for others to read. */
  #report(): object {
    const results = MEASUREMENTS.flatMap(({ name, title, unit }) => {
      const summary = summarize(this.#samples.get(name) ?? []);
      return summary ? [{ name, title, unit, ...summary }] : [];
    });
    return {
      version: facts.version,
      build: facts.fingerprint,
      when: new Date().toISOString(),
      browser: navigator.userAgent,
      cores: navigator.hardwareConcurrency,
      isolated: crossOriginIsolated,
      results,
    };
  }
}

const LEAD =
  "The same things on this device, now, by the package’s public API and in workers of their own: a minute or less. " +
  "Each is measured five times; the bar is the median, the ticks are the single runs.";

function resultElement(
  { name, title, unit, how, published }: Measurement,
  runs: readonly number[],
): HTMLElement {
  const summary = summarize(runs);
  if (!summary) return h("li", { hidden: true });
  const { median, min, max } = summary;
  const bars: Bar[] = [
    { label: "this browser", value: median, text: inUnit(median, unit), tone: "ours", runs },
  ];
  const figure = facts.figures.find((it) => it.what === published);
  if (figure) {
    const text = inUnit(figure.ours.value, figure.ours.unit);
    bars.push({ label: "published", value: figure.ours.value, text, tone: "other" });
  }
  const range = `${counted(runs.length, "run")}, ${inUnit(min, unit)} to ${inUnit(max, unit)}.`;
  return h(
    "li",
    { "class": "figure", "data-testid": "result", "data-name": name },
    h("h3", {}, title),
    barsElement(bars),
    h("p", { class: "hint" }, `${how} ${range}`),
  );
}
