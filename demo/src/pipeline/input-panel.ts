import type { InputValue } from "remotemedia";
import type { Listening } from "../common/listening.ts";
import { freshId, h } from "../dom.ts";
import { counted } from "../format.ts";
import { Editor } from "./editor.ts";
import { InputError, pretty } from "./json.ts";
import { MicrophonePanel } from "./microphone-panel.ts";
import { placeIn } from "./pointer.ts";
import { Recordings } from "./recordings.ts";
import { rewritten, WAYS, type Written } from "./written.ts";

type Kind = Written | "recordings" | "microphone" | "given";

const TITLES: Record<Kind, string> = {
  json: WAYS.json.title,
  numbers: WAYS.numbers.title,
  lines: WAYS.lines.title,
  recordings: "Files",
  microphone: "Microphone",
  given: "Example",
};
/** Characters of a line of what is given, before it is broken. */
const WIDTH = 58;

/** What a run gets: items that were written, files, or nothing. */
export type Items = readonly (InputValue | File)[] | undefined;

/** What goes into the pipeline: items that are written here, files, or the microphone's sound. */
export class InputPanel {
  readonly element: HTMLElement;
  readonly recordings = new Recordings();
  readonly #microphone = new MicrophonePanel((file) => this.recordings.use([file]));
  readonly #editor = new Editor({ name: "inputs", label: "Items", hint: WAYS.json.hint, rows: 7 });
  /** Items that cannot be written down, as they came. */
  readonly #shown = h("pre", { "tabindex": 0, "aria-label": "Items", "data-testid": "given-items" });
  #given: readonly InputValue[] = [];
  readonly #choices: Record<Kind, HTMLInputElement>;
  /** What is written in each way, for who comes back to it. */
  readonly #texts: Record<Written, string> = { json: "", numbers: "", lines: "" };
  #way: Written = "json";

  constructor() {
    const group = freshId("input-kind");
    const kinds = Object.keys(TITLES) as Kind[];
    this.#choices = Object.fromEntries(kinds.map((it) => [it, choice(group, it)])) as Record<
      Kind,
      HTMLInputElement
    >;
    this.element = h(
      "fieldset",
      { class: "input-panel" },
      h("legend", {}, "Input"),
      h(
        "div",
        { class: "segments" },
        ...kinds.map((it) => h("label", {}, this.#choices[it], h("span", {}, TITLES[it]))),
      ),
      this.#editor.element,
      this.recordings.element,
      this.#microphone.element,
      this.#shown,
    );
    this.#offerGiven(false);
    for (const input of Object.values(this.#choices)) input.addEventListener("change", () => this.#show());
    this.#editor.onInput(() => void this.#check());
    this.recordings.onChange(() => this.choose("recordings"));
    this.choose("json");
  }

  set json(text: string) {
    this.#offerGiven(false);
    this.choose("json");
    this.#editor.value = text;
    this.#check();
  }

  /** Takes items that are more than text, or than files. */
  set given(items: readonly InputValue[]) {
    this.#given = items;
    this.#shown.textContent = pretty(items, WIDTH);
    this.#offerGiven(true);
    this.choose("given");
  }

  /** Takes recordings of the site; none: the one that is made here and now. */
  sample(names: readonly string[]): void {
    this.choose("recordings");
    if (names.length > 0) this.recordings.useSite(names);
    else this.recordings.useBuiltIn();
  }

  choose(kind: Kind): void {
    if (kind !== "recordings") this.recordings.stopWaiting();
    this.#choices[kind].checked = true;
    this.#show();
  }

  get isMicrophone(): boolean {
    return this.#choices.microphone.checked;
  }

  /** What is written, if it is items that are: as a JSON text. */
  get written(): string | undefined {
    const { recordings, given } = this.#choices;
    if (recordings.checked || given.checked || this.isMicrophone) return undefined;
    return this.#way === "json" ? this.#editor.value : rewritten(this.#editor.value, this.#way, "json");
  }

  /** Names of the files that a run gets, one for each item; none for other items. */
  get names(): string[] {
    return this.#choices.recordings.checked ? this.recordings.files.map((it) => it.name) : [];
  }

  /** What a run gets. Rejects with an {@link InputError} if that is no list of items, after marking the place. */
  async read(): Promise<Items> {
    if (this.#choices.recordings.checked) {
      await this.recordings.ready;
      if (this.recordings.files.length === 0) throw new InputError("choose a file first");
      return this.recordings.files;
    }
    if (this.#choices.given.checked) return this.#given;
    const items = this.#check();
    if (items instanceof Error) {
      this.#editor.focus();
      throw items;
    }
    return items;
  }

  /** Opens the microphone for a run, and keeps what was recorded in the end. */
  async listen(signal: AbortSignal): Promise<Listening> {
    const listening = await this.#microphone.listen(signal);
    listening.onStop(() => void listening.stop().then((file) => this.#microphone.keep(file)));
    return listening;
  }

  #check(): InputValue[] | undefined | InputError {
    const text = this.#editor.value;
    try {
      const items = WAYS[this.#way].read(text);
      this.#editor.marks = [];
      this.#editor.status = items ? counted(items.length, "item") : "no inputs";
      return items;
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error);
      this.#editor.marks = [{ severity: "error", message, place: "inputs", range: placeIn(text, message) }];
      this.#editor.status = "";
      return new InputError(message);
    }
  }

  #show(): void {
    const { recordings, microphone, given } = this.#choices;
    this.#shown.hidden = !given.checked;
    this.recordings.element.hidden = !recordings.checked;
    if (recordings.checked) this.recordings.offer();
    this.#microphone.element.hidden = !microphone.checked;
    const way = (Object.keys(WAYS) as Written[]).find((it) => this.#choices[it].checked);
    this.#editor.element.hidden = !way;
    if (way && way !== this.#way) this.#rewrite(way);
  }

  #offerGiven(isThere: boolean): void {
    const label = this.#choices.given.parentElement;
    if (label) label.hidden = !isThere;
  }

  /** Takes the items along where they can be written in the new way. */
  #rewrite(way: Written): void {
    const text = this.#editor.value;
    this.#texts[this.#way] = text;
    const taken = rewritten(text, this.#way, way);
    this.#way = way;
    this.#editor.hint = WAYS[way].hint;
    this.#editor.value = taken ?? this.#texts[way];
    this.#check();
  }
}

function choice(name: string, value: Kind): HTMLInputElement {
  return h("input", { "type": "radio", name, value, "data-testid": `input-${value}` });
}
