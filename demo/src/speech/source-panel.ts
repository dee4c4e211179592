import { acceptDrops } from "../common/drops.ts";
import { freshId, h } from "../dom.ts";
import { bytes } from "../format.ts";
import { builtInSounds } from "./built-in.ts";
import type { Sound } from "./sound.ts";

/** The recordings that can be transcribed: the user's own, and those that come with the site. */
export class SourcePanel {
  readonly element: HTMLElement;
  readonly #zone: HTMLElement;
  readonly #list = h("fieldset", { "class": "sounds", "role": "radiogroup", "aria-label": "Recordings" });
  readonly #group = freshId("sound");
  readonly #onChoose: (sound: Sound) => void;

  constructor(onChoose: (sound: Sound) => void) {
    this.#onChoose = onChoose;
    const picker = h("input", {
      "type": "file",
      "id": freshId("files"),
      "multiple": true,
      "accept": "audio/*,video/mp4,video/webm,.flac,.m4a,.ogg,.opus,.aiff,.aif,.mka,.mkv",
      "data-testid": "sound-file",
    });
    picker.addEventListener("change", () => {
      this.addFiles([...(picker.files ?? [])]);
      picker.value = "";
    });
    this.#zone = h(
      "div",
      { class: "drop-zone" },
      h("p", { class: "drop-title" }, "Drop recordings anywhere on this page"),
      h(
        "p",
        { class: "hint" },
        "WAV, FLAC, MP3, AAC, Ogg, Opus, films… They are read piece by piece and stay here.",
      ),
      h(
        "div",
        { class: "drop-actions" },
        h("label", { for: picker.id, class: "file-label" }, "Choose files", picker),
      ),
    );
    this.element = h("div", { class: "source" }, this.#zone, this.#list);
    void this.#offerBuiltIn();
  }

  /** Takes files that are dropped, until `signal` is aborted. */
  enter(signal: AbortSignal): void {
    acceptDrops(this.#zone, signal, (files) => this.addFiles(files));
  }

  /** Whether another recording can be chosen: not while one is transcribed. */
  set isLocked(isLocked: boolean) {
    this.#list.disabled = isLocked;
  }

  /** Adds recordings of the user, and chooses the first of them. */
  addFiles(files: readonly File[]): void {
    const [first] = files.map((file) =>
      this.add({ name: file.name, detail: bytes(file.size), file: () => Promise.resolve(file) }),
    );
    first?.click();
  }

  /** Adds a recording on top; its choice is returned. */
  add(sound: Sound): HTMLInputElement {
    const [row, choice] = this.#row(sound);
    this.#list.prepend(row);
    return choice;
  }

  async #offerBuiltIn(): Promise<void> {
    const sounds = await builtInSounds();
    const rows = sounds.map((it) => this.#row(it));
    this.#list.append(...rows.map(([row]) => row));
    // Something can be run at once.
    if (!this.#list.querySelector(":checked")) rows[0]?.[1].click();
  }

  #row(sound: Sound): [HTMLElement, HTMLInputElement] {
    const choice = h("input", { "type": "radio", "name": this.#group, "data-testid": "sound-choice" });
    choice.addEventListener("change", () => this.#onChoose(sound));
    const row = h(
      "label",
      { "class": "sound", "data-testid": "sound" },
      choice,
      h("span", { class: "sound-name" }, sound.name),
      h("span", { class: "sound-detail" }, sound.detail),
    );
    return [row, choice];
  }
}
