import type { NodeInfo, Problem, Runtime } from "remotemedia";
import { acceptDrops } from "../common/drops.ts";
import { unlessAborted } from "../common/facts.ts";
import { h } from "../dom.ts";
import { counted } from "../format.ts";
import type { View } from "../view.ts";
import { type Example, EXAMPLES } from "./examples.ts";
import { Gallery } from "./gallery.ts";
import { InputPanel } from "./input-panel.ts";
import { LINE, pretty } from "./json.ts";
import { type Drawing, drawingOf, faultsOf, pathOf } from "./manifest.ts";
import { ManifestEditor } from "./manifest-editor.ts";
import { imported, isManifest } from "./manifest-file.ts";
import { ManifestTools } from "./manifest-tools.ts";
import { locate, placeIn } from "./pointer.ts";
import { PythonPanel } from "./python-panel.ts";
import { RunModel } from "./run-model.ts";
import { type Job, Runner } from "./runner.ts";
import { packed, unpacked } from "./share.ts";
import type { Kind } from "./shown.ts";
import type { Mark } from "./surface.ts";

/** Pause in typing after which a manifest is checked, in milliseconds. */
const TYPING = 200;

/** The view that edits a pipeline and runs it. */
export class PipelineView implements View {
  readonly element: HTMLElement;
  readonly #manifest = new ManifestEditor();
  readonly #tools = new ManifestTools({
    manifest: () => this.#manifest.value,
    format: () => this.#manifest.format(),
    open: (file) => void this.#import(file),
    link: () => this.#link(),
    pack: () => this.#pack(),
  });
  readonly #input = new InputPanel();
  readonly #python = new PythonPanel(() => void this.#learned());
  readonly #runner: Runner;
  readonly #gallery = new Gallery({
    choose: (example) => this.#pick(example),
    run: (example) => void this.#runNow(example),
  });
  #runtime: Runtime | undefined;
  #kinds: NodeInfo[] = [];
  #drawing: Drawing | undefined;
  #typing: ReturnType<typeof setTimeout> | undefined;

  constructor() {
    this.#runner = new Runner(
      this.#input,
      { preview: () => this.#preview(), take: () => this.#take() },
      {
        select: (path) => this.#select(path),
        locate: (node) => this.#select(pathOf(node, this.#manifest.value)),
      },
    );
    this.element = h(
      "div",
      { class: "view" },
      this.#gallery.element,
      this.#setup(),
      this.#runner.console.element,
    );
    this.#manifest.onInput(() => this.#edited());
    this.choose(EXAMPLES[0]);
  }

  /** From here on the pipeline can be checked and run. */
  connect(runtime: Runtime): void {
    this.#runtime = runtime;
    this.#python.runtime = runtime;
    void this.#learned();
    this.#runner.connect(runtime);
  }

  /** The runtime could not be started. */
  broken(error: unknown): void {
    this.#runner.console.broken(error);
  }

  enter(signal: AbortSignal): void {
    this.#runner.enter(signal);
    acceptDrops(this.#input.recordings.zone, signal, (files) => void this.#takeFiles(files));
  }

  /** Opens what the address names: an example, or the pipeline that is in it. Nothing runs by itself. */
  open(place: string): void {
    const letters = new URLSearchParams(place.startsWith("?") ? place : "").get("m");
    const example = EXAMPLES.find((it) => it.name === place);
    if (example) this.choose(example);
    else if (letters !== null) void this.#openLink(letters);
  }

  /** Puts an example on the page. */
  choose({ name, python, manifest, source, shown }: Example): void {
    this.#put(pretty(manifest, LINE), name, shown);
    this.#python.source = python ?? "";
    if ("items" in source) this.#input.json = pretty(source.items, LINE);
    else if ("recordings" in source) this.#input.sample(source.recordings);
    else this.#input.choose("microphone");
    this.#edited();
  }

  /** The same for who asks for it here: the address says so, to be passed on. */
  #pick(example: Example): void {
    this.choose(example);
    history.replaceState(null, "", `#/pipelines/${example.name}`);
  }

  async #openLink(letters: string): Promise<void> {
    try {
      const { manifest, inputs, source, python } = await unpacked(letters);
      this.#put(manifest);
      this.#python.strange = python ?? "";
      if (source) this.#input.choose(source);
      else this.#input.json = inputs ?? "";
      this.#tools.say("This pipeline came with a link. Nothing of it has run yet.");
      this.#edited();
    } catch (error) {
      this.#runner.console.complain(error);
    }
  }

  async #link(): Promise<{ address: string; without: string }> {
    const { written, isMicrophone } = this.#input;
    const source = written !== undefined ? undefined : isMicrophone ? "microphone" : "recordings";
    const letters = await packed({
      manifest: this.#manifest.value,
      ...(written === undefined ? {} : { inputs: written }),
      ...(source ? { source } : {}),
      ...(this.#python.source.trim() === "" ? {} : { python: this.#python.source }),
    });
    const address = new URL(`#/pipelines?m=${letters}`, document.baseURI).href;
    return { address, without: source === "recordings" ? " Files do not travel in it." : "" };
  }

  /** Lets its user choose what goes into a package. The code for it is fetched then. */
  async #pack(): Promise<string | undefined> {
    const runtime = this.#runtime;
    if (!runtime) throw new Error("Nothing can be packed before the runtime has started.");
    const { packed } = await import("./pack-dialog.ts");
    const inputs = this.#input.isMicrophone ? undefined : () => this.#input.read();
    return packed({ runtime, manifest: this.#manifest.value, inputs, python: this.#python.source });
  }

  /** Takes files that are dropped: a manifest for the editor, all else as input. */
  async #takeFiles(files: File[]): Promise<void> {
    const [file] = files;
    if (file && files.length === 1 && (await isManifest(file))) await this.#import(file);
    else this.#input.recordings.use(files);
  }

  async #import(file: File): Promise<void> {
    try {
      const { manifest, inputs } = await imported(file);
      this.#put(manifest);
      if (inputs !== undefined) this.#input.json = inputs;
      this.#tools.say(`Opened ${file.name}.`);
      this.#edited();
    } catch (error) {
      this.#runner.console.complain(error);
    }
  }

  /** Another manifest: an example's, or somebody's. */
  #put(manifest: string, example?: string, shown?: Kind): void {
    this.#gallery.chosen = example;
    this.#runner.console.preferred = shown;
    this.#tools.say("");
    this.#manifest.value = manifest;
  }

  /** Runs an example: instead of what runs now, and as soon as there is a runtime. */
  async #runNow(example: Example): Promise<void> {
    this.#pick(example);
    await this.#runner.runNow();
  }

  /** The manifest as it stands, and what it takes until it can run. */
  #take(): (runtime: Runtime, signal: AbortSignal) => Promise<Job> {
    const pipeline = this.#manifest.value;
    return async (_runtime, signal) => {
      await unlessAborted(this.#python.learn(true), signal);
      return { pipeline };
    };
  }

  /** The manifest has other text: shows and checks it. */
  #edited(): void {
    this.#runner.refresh();
    this.#manifest.status = "";
    clearTimeout(this.#typing);
    this.#typing = setTimeout(() => void this.#check(), TYPING);
  }

  /** While a text is no JSON, which it is at times while it is written, the graph stays as it was. */
  #preview(): RunModel {
    this.#drawing = drawingOf(this.#manifest.value) ?? this.#drawing;
    return new RunModel(this.#drawing, this.#kinds);
  }

  /** The runtime knows other kinds of nodes. */
  async #learned(): Promise<void> {
    if (!this.#runtime) return;
    this.#manifest.kinds = this.#kinds = await this.#runtime.nodes();
    if (this.#runner.state === "idle") this.#edited();
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
    this.#runner.console.faults = faultsOf(problems, text);
    this.#manifest.status = errors > 0 ? counted(errors, "problem") : "valid";
  }

  #select(path: string): void {
    const range = locate(this.#manifest.value, path);
    if (range) this.#manifest.select(range);
  }

  #setup(): HTMLElement {
    return h(
      "section",
      { "class": "setup", "aria-label": "Set-up" },
      h("div", { class: "panel" }, this.#manifest.element, this.#tools.element, this.#python.element),
      h("div", { class: "panel" }, this.#input.element),
    );
  }
}

function markOf({ severity, message, node, path }: Problem, text: string): Mark {
  const range = path === "" ? placeIn(text, message) : locate(text, path);
  const words = node === undefined ? message : `${node}: ${message}`;
  return { severity, message: words, place: path || "the manifest", range };
}
