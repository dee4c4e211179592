import type { NodeInfo, Run, Runtime } from "remotemedia";
import { CancelledByUser, type RunState, unlessAborted } from "../common/facts.ts";
import type { Listening } from "../common/listening.ts";
import { type Commands, Console } from "./console.ts";
import type { InputPanel } from "./input-panel.ts";
import { RunModel } from "./run-model.ts";

/** What runs, once it is ready to. */
export interface Job {
  pipeline: Parameters<Runtime["run"]>[0];
  options?: { executor: "engine" | "package" };
  /** Kinds of nodes that only this pipeline has. */
  kinds?: readonly NodeInfo[];
  /** Called when the run is over, however it ended. */
  over?: () => void;
}

/** Where a runner has its pipeline from. */
export interface Source {
  /** The pipeline as it stands, for a board of nodes that wait. */
  preview: () => RunModel;
  /** Takes the pipeline as it stands; what it gives gets it ready, once there are items for it. */
  take: () => (runtime: Runtime, signal: AbortSignal) => Promise<Job>;
}

/** Runs what a view shows, with the items of its input panel, on the view's console. */
export class Runner {
  readonly console: Console;
  readonly #input: InputPanel;
  readonly #source: Source;
  #runtime: Runtime | undefined;
  #model = new RunModel();
  #stop = new AbortController();
  #listening: Listening | undefined;
  /** The run that works, or the last one. */
  #current: Promise<void> = Promise.resolve();
  /** Whether somebody waits for the runtime to run what there is. */
  #isWanted = false;

  constructor(input: InputPanel, source: Source, places: Pick<Commands, "select" | "locate">) {
    this.#input = input;
    this.#source = source;
    this.console = new Console(this.#model, {
      ...places,
      run: () => void this.run(),
      cancel: () => this.cancel(),
      stopListening: () => void this.#listening?.stop(),
    });
  }

  get state(): RunState {
    return this.#model.state;
  }

  /** From here on the pipeline can be run. */
  connect(runtime: Runtime): void {
    this.#runtime = runtime;
    this.console.ready();
    if (this.#isWanted) void this.run();
  }

  /** Takes the keys of the page, until `signal` is aborted. */
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
    // What nobody sees any more does not listen either.
    signal.addEventListener("abort", () => void this.#listening?.stop());
  }

  /** The pipeline is another: shows it, unless a run is shown that works. */
  refresh(): void {
    if (!this.#model.isActive) this.console.show((this.#model = this.#source.preview()));
  }

  async run(): Promise<void> {
    if (!this.#runtime || this.#model.isActive) return;
    this.#current = this.#follow(this.#runtime);
    await this.#current;
  }

  /** Runs instead of what runs now, and as soon as there is a runtime. */
  async runNow(): Promise<void> {
    this.#isWanted = !this.#runtime;
    await this.stop();
    await this.run();
  }

  /** Cancels what runs, and waits for its end. */
  async stop(): Promise<void> {
    this.cancel();
    await this.#current;
  }

  cancel(): void {
    if (!this.#model.isActive || this.#model.state === "cancelling") return;
    this.#model.cancelling();
    this.#stop.abort(new CancelledByUser("cancelled"));
  }

  async #follow(runtime: Runtime): Promise<void> {
    const model = (this.#model = this.#source.preview());
    this.#stop = new AbortController();
    model.start(performance.now());
    this.console.follow(model);
    try {
      await this.#work(model, runtime, this.#stop.signal);
    } catch (error) {
      model.fail(error, performance.now());
    }
    this.console.over();
  }

  async #work(model: RunModel, runtime: Runtime, signal: AbortSignal): Promise<void> {
    const getReady = this.#source.take();
    const { isMicrophone } = this.#input;
    const inputs = isMicrophone ? undefined : await unlessAborted(this.#input.read(), signal);
    model.names = this.#input.names;
    const { pipeline, options, kinds = [], over } = await getReady(runtime, signal);
    try {
      model.know([...kinds, ...(await runtime.nodes())]);
      const listening = isMicrophone ? await this.#input.listen(signal) : undefined;
      const given = listening ? { inputs: "stream" as const } : inputs === undefined ? {} : { inputs };
      const run = runtime.run(pipeline, { ...options, ...given, signal, bigint: true, edgeEvents: true });
      await this.#hearAll(model, run, listening);
    } finally {
      over?.();
    }
  }

  async #hearAll(model: RunModel, run: Run, listening: Listening | undefined): Promise<void> {
    if (listening) this.#hear(listening, run);
    try {
      for await (const event of run) model.happened(event, performance.now());
    } finally {
      void listening?.stop();
    }
  }

  /** Pours what the microphone hears into a run, until the user or the run ends it. */
  #hear(listening: Listening, run: Run): void {
    this.#listening = listening;
    this.console.isListening = true;
    listening.onStop(() => {
      this.#listening = undefined;
      this.console.isListening = false;
    });
    // Why the run takes nothing more, the run itself tells.
    void listening.into(run).catch(() => undefined);
  }
}
