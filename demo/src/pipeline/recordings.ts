import { freshId, h, setText } from "../dom.ts";
import { bytes } from "../format.ts";
import { siteRecording, siteRecordings } from "../common/site-recordings.ts";
import { builtInRecording } from "./recording.ts";

/** The files that a run gets, one item each: those of the site, or the user's own. */
export class Recordings {
  readonly element: HTMLElement;
  /** Shows that files may be dropped. */
  readonly zone: HTMLElement;
  readonly #samples = h(
    "select",
    { "aria-label": "A recording of the site", "data-testid": "samples" },
    h("option", { value: "" }, "Use spoken words…"),
  );
  #offered: Promise<void> | undefined;
  readonly #list: HTMLUListElement;
  readonly #note: HTMLElement;
  readonly #listeners: (() => void)[] = [];
  #files: File[] = [];
  #urls: string[] = [];
  /** Resolves when the files that were asked for last are there; rejects where they cannot be had. */
  ready: Promise<void> = Promise.resolve();
  /** Who asked last for files that take time. */
  #ticket = 0;

  constructor() {
    const picker = h("input", {
      "type": "file",
      "id": freshId("files"),
      "multiple": true,
      "data-testid": "file-input",
    });
    const builtIn = h(
      "button",
      { "type": "button", "data-testid": "built-in" },
      "Use the built-in recording",
    );
    this.#list = h("ul", { "class": "recordings", "data-testid": "recordings" });
    this.#note = h("p", { class: "hint", role: "status" });
    this.zone = h(
      "div",
      { class: "drop-zone" },
      h("p", { class: "drop-title" }, "Drop files anywhere on this page"),
      h(
        "p",
        { class: "hint" },
        "Recordings as WAV, FLAC, MP3, AAC, Ogg, Opus…, or any other file. They are read piece by piece and stay here.",
      ),
      h(
        "div",
        { class: "drop-actions" },
        h("label", { for: picker.id, class: "file-label" }, "Choose files", picker),
        builtIn,
        this.#samples,
      ),
    );
    this.element = h("div", { class: "recordings-panel" }, this.zone, this.#list, this.#note);
    picker.addEventListener("change", () => {
      if (picker.files?.length) this.use([...picker.files]);
      picker.value = "";
    });
    builtIn.addEventListener("click", () => this.useBuiltIn());
    this.#samples.addEventListener("change", () => {
      if (this.#samples.value) this.useSite([this.#samples.value]);
      this.#samples.value = "";
    });
  }

  get files(): readonly File[] {
    return this.#files;
  }

  /** Lists the recordings of the site, once it is clear that they may be wanted. */
  offer(): void {
    this.#offered ??= siteRecordings()
      .then((all) =>
        this.#samples.append(...all.map(({ file, title }) => h("option", { value: file }, title))),
      )
      // Without the list there is nothing to choose, and files can be used all the same.
      .catch(() => void (this.#offered = undefined));
  }

  onChange(listener: () => void): void {
    this.#listeners.push(listener);
  }

  /** Takes the recording that is made here and now. */
  useBuiltIn(): void {
    this.#wait("Making the built-in recording…", async () => [await builtInRecording()]);
  }

  /** Takes recordings of the site. */
  useSite(names: readonly string[]): void {
    this.#wait("Fetching the recordings…", () => Promise.all(names.map(siteRecording)));
  }

  /** Files that are not there yet are not wanted any more. */
  stopWaiting(): void {
    this.#ticket += 1;
    setText(this.#note, "");
    this.ready = Promise.resolve();
  }

  use(files: File[]): void {
    this.stopWaiting();
    this.#show(files);
    this.#listeners.forEach((listener) => listener());
  }

  #wait(words: string, get: () => Promise<File[]>): void {
    this.stopWaiting();
    const ticket = this.#ticket;
    this.#show([]);
    setText(this.#note, words);
    this.ready = get().then((files) => {
      if (ticket === this.#ticket) this.use(files);
    });
    this.ready.catch((error: unknown) => {
      if (ticket === this.#ticket) setText(this.#note, String(error));
    });
  }

  #show(files: File[]): void {
    this.#urls.forEach((url) => URL.revokeObjectURL(url));
    this.#files = files;
    this.#urls = files.map((file) => URL.createObjectURL(file));
    this.#list.replaceChildren(...files.map((file, index) => recording(file, this.#urls[index] ?? "")));
  }
}

function recording(file: File, url: string): HTMLLIElement {
  const player = h("audio", {
    "src": url,
    "controls": true,
    "preload": "metadata",
    "aria-label": `Listen to ${file.name}`,
  });
  return h(
    "li",
    {},
    h("span", { class: "recording-name" }, file.name),
    h("span", { class: "recording-size" }, bytes(file.size)),
    ...(/^(audio|video)\//.test(file.type) ? [player] : []),
  );
}
