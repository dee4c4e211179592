import { Listening } from "../common/listening.ts";
import { h, setText } from "../dom.ts";
import { bytes, clock } from "../format.ts";

/** Milliseconds between two looks at the microphone's level. */
const GLANCE = 100;

/** The microphone as the source of a run: how it is listened to, how loud it is, what was recorded. */
export class MicrophonePanel {
  readonly element: HTMLElement;
  readonly #byPause = h("input", { "type": "checkbox", "checked": true, "data-testid": "by-pause" });
  readonly #level = h("meter", { "min": 0, "max": 1, "high": 0.97, "value": 0, "aria-label": "Level" });
  readonly #state = h("span", { "class": "microphone-state", "data-testid": "microphone-state" });
  readonly #kept = h("div", { class: "microphone-kept", hidden: true });
  readonly #onUse: (file: File) => void;
  #url: string | undefined;

  /** `onUse` gets a recording that the user wants to use as a file. */
  constructor(onUse: (file: File) => void) {
    this.#onUse = onUse;
    this.element = h(
      "div",
      { class: "microphone-panel" },
      h(
        "p",
        { class: "hint" },
        "Run asks for the microphone and listens until you press Stop listening. The sound stays in this page.",
      ),
      h("label", { class: "check" }, this.#byPause, "An item for each thing you say, ended by a pause"),
      h("p", { class: "microphone-now" }, this.#level, this.#state),
      this.#kept,
    );
    setText(this.#state, "not listening");
  }

  async listen(signal: AbortSignal): Promise<Listening> {
    setText(this.#state, "asking for the microphone…");
    try {
      const listening = await Listening.open(signal, this.#byPause.checked);
      this.#follow(listening);
      return listening;
    } catch (error) {
      setText(this.#state, "not listening");
      throw error;
    }
  }

  /** Shows what was recorded, to be listened to and used again. */
  keep(file: File): void {
    if (this.#url) URL.revokeObjectURL(this.#url);
    this.#url = URL.createObjectURL(file);
    const use = h("button", { "type": "button", "data-testid": "use-recording" }, "Use it as a file");
    use.addEventListener("click", () => this.#onUse(file));
    this.#kept.replaceChildren(
      h("span", { class: "recording-name" }, file.name),
      h("span", { class: "recording-size" }, bytes(file.size)),
      use,
      h("audio", { "src": this.#url, "controls": true, "aria-label": `Listen to ${file.name}` }),
    );
    this.#kept.hidden = false;
  }

  #follow(listening: Listening): void {
    let isOver = false;
    const over = (): void => {
      isOver = true;
      this.#level.value = 0;
      setText(this.#state, `heard ${clock(listening.seconds)}`);
    };
    const look = (): void => {
      if (isOver) return;
      this.#level.value = listening.level;
      setText(this.#state, `listening, ${clock(listening.seconds)}`);
      setTimeout(look, GLANCE);
    };
    look();
    listening.onStop(over);
  }
}
