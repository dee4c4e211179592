import { acceptDrops } from "../common/drops.ts";
import { freshId, h, setText } from "../dom.ts";
import { bytes } from "../format.ts";
import { builtInRecording } from "./recording.ts";

/** The recordings that a run gets, one item each: the built-in one, or the user's own. */
export class Recordings {
  readonly element: HTMLElement;
  readonly #zone: HTMLElement;
  readonly #list: HTMLUListElement;
  readonly #note: HTMLElement;
  readonly #listeners: (() => void)[] = [];
  #files: File[] = [];
  #urls: string[] = [];

  constructor() {
    const picker = h("input", {
      "type": "file",
      "id": freshId("files"),
      "multiple": true,
      "accept": "audio/*,video/mp4,video/webm,.flac,.m4a,.ogg,.opus,.aiff,.aif",
      "data-testid": "file-input",
    });
    const builtIn = h(
      "button",
      { "type": "button", "data-testid": "built-in" },
      "Use the built-in recording",
    );
    this.#list = h("ul", { "class": "recordings", "data-testid": "recordings" });
    this.#note = h("p", { class: "hint", role: "status" });
    this.#zone = h(
      "div",
      { class: "drop-zone" },
      h("p", { class: "drop-title" }, "Drop recordings anywhere on this page"),
      h(
        "p",
        { class: "hint" },
        "WAV, FLAC, MP3, AAC, Ogg, Opus… They are read piece by piece and stay here.",
      ),
      h(
        "div",
        { class: "drop-actions" },
        h("label", { for: picker.id, class: "file-label" }, "Choose files", picker),
        builtIn,
      ),
    );
    this.element = h("div", { class: "recordings-panel" }, this.#zone, this.#list, this.#note);
    picker.addEventListener("change", () => {
      if (picker.files?.length) this.use([...picker.files]);
      picker.value = "";
    });
    builtIn.addEventListener("click", () => void this.useBuiltIn());
  }

  get files(): readonly File[] {
    return this.#files;
  }

  onChange(listener: () => void): void {
    this.#listeners.push(listener);
  }

  /** Takes files that are dropped anywhere on the page, until `signal` is aborted. */
  acceptDrops(signal: AbortSignal): void {
    acceptDrops(this.#zone, signal, (files) => this.use(files));
  }

  async useBuiltIn(): Promise<void> {
    setText(this.#note, "Making the built-in recording…");
    try {
      this.use([await builtInRecording()]);
    } finally {
      setText(this.#note, "");
    }
  }

  use(files: File[]): void {
    this.#urls.forEach((url) => URL.revokeObjectURL(url));
    this.#files = files;
    this.#urls = files.map((file) => URL.createObjectURL(file));
    this.#list.replaceChildren(...files.map((file, index) => recording(file, this.#urls[index] ?? "")));
    this.#listeners.forEach((listener) => listener());
  }
}

function recording(file: File, url: string): HTMLLIElement {
  return h(
    "li",
    {},
    h("span", { class: "recording-name" }, file.name),
    h("span", { class: "recording-size" }, bytes(file.size)),
    h("audio", {
      "src": url,
      "controls": true,
      "preload": "metadata",
      "aria-label": `Listen to ${file.name}`,
    }),
  );
}
