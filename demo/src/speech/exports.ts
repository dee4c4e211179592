import type { Runtime, Value } from "remotemedia";
import { save, stemOf } from "../common/save.ts";
import { freshId, h, setText } from "../dom.ts";
import { type Format, FORMATS, subtitles } from "./pipelines.ts";

/** A transcript as a file. */
interface Written {
  text: string;
  mime: string;
  extension: string;
}

/** Gives the transcript away: as a file, or for the clipboard, in the format that the user chooses. */
export class Exports {
  readonly element: HTMLElement;
  runtime: Runtime | undefined;
  readonly #choices: HTMLInputElement[];
  readonly #note = h("span", { class: "hint", role: "status" });
  readonly #onError: (error: unknown) => void;
  #transcript: Value | undefined;
  #name = "";

  constructor(onError: (error: unknown) => void) {
    this.#onError = onError;
    const group = freshId("format");
    this.#choices = FORMATS.map((format, index) =>
      h("input", {
        "type": "radio",
        "name": group,
        "value": format,
        "checked": index === 0,
        "data-testid": `format-${format}`,
      }),
    );
    const labels = this.#choices.map((it) => h("label", {}, it, h("span", {}, it.value.toUpperCase())));
    const save = h("button", { "type": "button", "data-testid": "download" }, "Download");
    const copy = h("button", { "type": "button", "data-testid": "copy" }, "Copy");
    save.addEventListener("click", () => void this.#give((it) => this.#save(it)));
    copy.addEventListener("click", () => void this.#give((it) => this.#copy(it)));
    this.element = h(
      "div",
      { class: "exports", hidden: true },
      h("div", { "class": "segments", "role": "radiogroup", "aria-label": "Format" }, ...labels),
      save,
      copy,
      this.#note,
    );
  }

  /** Offers a transcript, or nothing. `name`: of the recording. */
  offer(transcript: Value | undefined, name: string): void {
    this.#transcript = transcript;
    this.#name = name;
    this.element.hidden = transcript === undefined;
    setText(this.#note, "");
  }

  async #give(take: (written: Written) => void | Promise<void>): Promise<void> {
    if (!this.runtime || this.#transcript === undefined) return;
    setText(this.#note, "");
    try {
      const manifest = subtitles(this.#choices.find((it) => it.checked)?.value as Format);
      const { outputs } = await this.runtime.run(manifest, { inputs: [this.#transcript] });
      await take(outputs[0] as unknown as Written);
    } catch (error) {
      this.#onError(error);
    }
  }

  #save({ text, mime, extension }: Written): void {
    save(`${stemOf(this.#name) || "transcript"}.${extension}`, new Blob([text], { type: mime }));
    setText(this.#note, "Saved.");
  }

  async #copy({ text }: Written): Promise<void> {
    try {
      await navigator.clipboard.writeText(text);
      setText(this.#note, "Copied.");
    } catch {
      setText(this.#note, "This page may not write to the clipboard.");
    }
  }
}
