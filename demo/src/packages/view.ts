import type { NodeInfo, Runtime } from "remotemedia";
import { Announcer } from "../common/announcer.ts";
import { panel } from "../common/controls.ts";
import { acceptDrops } from "../common/drops.ts";
import { ErrorPanel } from "../common/error-panel.ts";
import { fieldOf } from "../common/facts.ts";
import { h, setText } from "../dom.ts";
import { bytes, counted } from "../format.ts";
import { InputPanel } from "../pipeline/input-panel.ts";
import { InputError } from "../pipeline/json.ts";
import { type Drawing, drawingOf, faultsOf, pathOf } from "../pipeline/manifest.ts";
import { RunModel } from "../pipeline/run-model.ts";
import { type Job, Runner } from "../pipeline/runner.ts";
import type { View } from "../view.ts";
import { Bare, FIRST_MANIFEST } from "./bare.ts";
import { Card } from "./card.ts";
import { Consents } from "./consent.ts";
import { Contents } from "./contents.ts";
import { putExample } from "./example-inputs.ts";
import { pipelineLink } from "./link.ts";
import { ManifestText } from "./manifest-text.ts";
import { OpenPanel } from "./open-panel.ts";
import { Opened } from "./opened.ts";
import { RunsChoice } from "./runs-choice.ts";
import { sitePackage } from "./site-packages.ts";
import { codeOf, titleOf } from "./words.ts";

/** Where a package is, or what fetches it. */
type Source = Blob | URL | ((signal: AbortSignal) => Promise<File>);

/** The view that opens packages, shows what is in them, and runs them. */
export class PackagesView implements View {
  readonly element: HTMLElement;
  readonly #open = new OpenPanel({
    file: (file) => void this.#take(file),
    address: (url) => void this.#openPackage(url, nameOf(url)),
    site: (file) => void this.#openSite(file),
    cancel: () => this.#opening.abort(new DOMException("the user cancelled", "AbortError")),
  });
  readonly #error = new ErrorPanel();
  readonly #card = new Card();
  readonly #manifest = new ManifestText();
  readonly #link = h("a", { "href": "#/pipelines", "data-testid": "open-in-pipelines" }, "Open in Pipelines");
  readonly #linkNote = h("span", { class: "hint" });
  readonly #input = new InputPanel();
  readonly #inputNote = h("p", { "class": "hint", "data-testid": "example-note" });
  readonly #runs = new RunsChoice();
  readonly #contents = new Contents();
  readonly #announcer = new Announcer();
  readonly #runner: Runner;
  readonly #shown: HTMLElement;
  readonly #contentsPanel: HTMLElement;
  readonly #consents = new Consents();
  #runtime: Runtime | undefined;
  #kinds: NodeInfo[] = [];
  #opening = new AbortController();
  #subject: Opened | Bare | undefined;
  /** What the address or the user wants, until there is a runtime to open it. */
  #wanted: (() => void) | undefined;
  #drawing: Drawing | undefined;

  constructor() {
    this.#runner = new Runner(
      this.#input,
      { preview: () => this.#preview(), take: () => this.#job() },
      {
        select: (path) => this.#manifest.select(path),
        locate: (node) => this.#manifest.select(pathOf(node, this.#manifest.value)),
      },
    );
    // What is wrong with a package is told beside it, what is wrong with a run by the console.
    this.#error.element.dataset["testid"] = "open-error";
    this.#manifest.editor.onInput(() => this.#runner.refresh());
    this.#contentsPanel = panel("contents", "Contents", this.#contents.element);
    this.#shown = this.#layOutSubject();
    this.element = this.#layOut();
    this.#show(false);
  }

  connect(runtime: Runtime): void {
    this.#runtime = runtime;
    this.#error.clear();
    this.#runner.connect(runtime);
    void runtime.nodes().then((kinds) => (this.#manifest.editor.kinds = this.#kinds = kinds));
    this.#wanted?.();
    this.#wanted = undefined;
  }

  broken(error: unknown): void {
    this.#error.show(error);
  }

  enter(signal: AbortSignal): void {
    this.#runner.enter(signal);
    acceptDrops(this.#open.zone, signal, (files) => this.#drop(files));
  }

  /** Opens a package of the site by its name: `#/packages/calculator`. Nothing runs by itself. */
  open(place: string): void {
    if (/^[\w-]+$/.test(place)) void this.#openSite(`${place}.rmpkg`);
  }

  /** A package or an executor is opened; other files are items for what is open. */
  #drop(files: File[]): void {
    const [file] = files;
    if (file && files.length === 1 && (!this.#subject || /\.(rmpkg|wasm)$/i.test(file.name))) {
      void this.#take(file);
    } else {
      this.#input.recordings.use(files);
    }
  }

  async #take(file: File): Promise<void> {
    if (!/\.wasm$/i.test(file.name)) return this.#openPackage(file, file.name);
    await this.#clear();
    this.#subject = new Bare(file);
    this.#card.showBare(file);
    this.#manifest.write(FIRST_MANIFEST);
    this.#input.json = "[5, 7, 3]";
    setText(this.#inputNote, "");
    this.#link.hidden = true;
    setText(this.#linkNote, "");
    this.#runs.offer(false);
    this.#opened(file.name);
  }

  #openSite(file: string): Promise<void> {
    return this.#openPackage((signal) => sitePackage(file, signal), file);
  }

  async #openPackage(from: Source, file: string): Promise<void> {
    if (!this.#runtime) return void (this.#wanted = () => void this.#openPackage(from, file));
    this.#opening.abort();
    const { signal } = (this.#opening = new AbortController());
    await this.#clear();
    this.#open.begin();
    try {
      const source = typeof from === "function" ? await from(signal) : from;
      const opened = await Opened.open(this.#runtime, source, file, {
        keys: this.#open.keys,
        signal,
        onProgress: ({ name, loaded, total }) => this.#open.progress(name, loaded, total),
      });
      if (signal.aborted) return opened.close();
      await this.#showPackage(opened, signal);
    } catch (error) {
      if (!signal.aborted) this.#reject(error);
      else if (this.#opening.signal === signal) this.#announcer.say("Cancelled");
    }
    if (this.#opening.signal === signal) this.#open.end();
  }

  async #showPackage(opened: Opened, signal: AbortSignal): Promise<void> {
    const { package: pkg, file } = opened;
    this.#subject = opened;
    this.#card.show(pkg, file);
    this.#manifest.read(pkg.manifest);
    this.#runs.offer(pkg.info().executor !== null);
    this.#contents.show(pkg);
    const note = await putExample(this.#input, pkg);
    if (signal.aborted) return;
    setText(this.#inputNote, note);
    await this.#showLink(opened);
    const { name, size } = { name: titleOf(pkg.info(), file), size: bytes(pkg.info().size) };
    this.#opened(`${name}, ${size}, ${counted(pkg.warnings.length, "warning")}`);
    await this.#check(opened);
  }

  /** What the runtime finds fault with, on the nodes it is about. */
  async #check(opened: Opened): Promise<void> {
    const found = (await this.#runtime?.validate(opened.package)) ?? [];
    if (this.#subject !== opened) return;
    // What is unknown may be what its own code brings, which is not read before its user lets it run.
    const bringsNodes = codeOf(opened.package.info(), "engine").length > 0;
    const problems = found.filter((it) => it.code !== "UnknownNode" || !bringsNodes);
    this.#runner.console.faults = faultsOf(problems, this.#manifest.value);
  }

  async #showLink({ package: pkg }: Opened): Promise<void> {
    const found = await pipelineLink(pkg).catch(() => undefined);
    this.#link.hidden = !found;
    this.#link.href = found?.address ?? "#/pipelines";
    const stays = found && found.without.length > 0 ? `Without its ${found.without.join(", ")}.` : "";
    setText(this.#linkNote, found ? stays : "Its pipeline is too large for a link.");
  }

  #opened(words: string): void {
    this.#runner.refresh();
    this.#show(true);
    this.#announcer.say(`Opened ${words}`);
  }

  #reject(error: unknown): void {
    this.#error.show(error);
    this.#announcer.say(
      fieldOf(error, "code") === "PackageRejected" ? "The package is refused" : "Not opened",
    );
  }

  /** Closes what is open: what comes next is shown from its start. */
  async #clear(): Promise<void> {
    await this.#runner.stop();
    this.#error.clear();
    this.#show(false);
    if (this.#subject instanceof Opened) this.#subject.close();
    this.#subject = undefined;
  }

  #show(isThere: boolean): void {
    this.#shown.hidden = !isThere;
    this.#contentsPanel.hidden = !(this.#subject instanceof Opened) || !isThere;
    this.#runner.console.element.hidden = !isThere;
    this.element.classList.toggle("has-package", isThere);
  }

  #preview(): RunModel {
    this.#drawing = this.#subject ? (drawingOf(this.#manifest.value) ?? this.#drawing) : undefined;
    const own = this.#subject instanceof Bare ? undefined : this.#subject?.kinds;
    return new RunModel(this.#drawing, [...(own ?? []), ...this.#kinds]);
  }

  #job(): (runtime: Runtime, signal: AbortSignal) => Promise<Job> {
    const [subject, runs, manifest] = [this.#subject, this.#runs.value, this.#manifest.value];
    return async (runtime, signal) => {
      if (!subject) throw new InputError("open a package first");
      return subject instanceof Bare
        ? subject.job(runtime, manifest, this.#consents, signal)
        : subject.job(runtime, runs, this.#consents, signal);
    };
  }

  #layOutSubject(): HTMLElement {
    return h(
      "div",
      { "class": "setup", "data-testid": "package" },
      panel(
        "package",
        "Package",
        this.#card.element,
        h("p", { class: "package-actions" }, this.#link, this.#linkNote),
        this.#manifest.element,
      ),
      h("div", { class: "panel" }, this.#input.element, this.#inputNote, this.#runs.element),
    );
  }

  #layOut(): HTMLElement {
    return h(
      "div",
      { "class": "view packages-view", "data-testid": "packages-view" },
      h(
        "section",
        { "class": "setup", "aria-label": "Package" },
        panel("open", "Open a package", this.#open.element),
        this.#error.element,
        this.#shown,
        this.#contentsPanel,
      ),
      this.#runner.console.element,
      this.#announcer.element,
    );
  }
}

/** What a package from an address is called. */
function nameOf({ pathname, host }: URL): string {
  const last = pathname.split("/").filter(Boolean).at(-1) ?? host;
  try {
    return decodeURIComponent(last);
  } catch {
    return last;
  }
}
