import { h, setText } from "../dom.ts";
import { milliseconds, progress as progressText } from "../format.ts";
import type { SpeechModel } from "./speech-model.ts";
import { times } from "./summary.ts";

/** How far a transcription is: a bar, seconds done, speed, time left. */
export class Progress {
  readonly element: HTMLElement;
  readonly #fill = h("div", { class: "bar-fill" });
  readonly #bar: HTMLElement;
  readonly #done = h("span", { "data-testid": "progress" });
  readonly #pace = h("span", { "class": "node-time", "data-testid": "pace" });

  constructor() {
    this.#bar = h(
      "div",
      {
        "class": "bar",
        "role": "progressbar",
        "aria-label": "Progress of the transcription",
        "aria-valuemin": 0,
        "aria-valuemax": 100,
      },
      this.#fill,
    );
    const figures = h("div", { class: "node-figures" }, this.#done, this.#pace);
    this.element = h("div", { class: "speech-progress" }, this.#bar, figures);
  }

  /** `heard`: seconds that the microphone has recorded so far, if it is what is transcribed. */
  show(model: SpeechModel, heard: number | undefined): void {
    const { state, pace, speed, leftMs, isActive } = model;
    this.element.hidden = state === "idle";
    this.element.dataset["state"] = state;
    const total = pace.total ?? heard ?? null;
    const fraction =
      state === "done" ? 1 : (pace.fraction ?? (heard ? Math.min(pace.done / heard, 1) : null));
    this.#bar.classList.toggle("bar-open", fraction === null && isActive);
    this.#fill.style.transform = `scaleX(${fraction ?? 0})`;
    if (fraction === null) this.#bar.removeAttribute("aria-valuenow");
    else this.#bar.setAttribute("aria-valuenow", String(Math.round(fraction * 100)));
    const done = pace.done > 0 || total !== null ? progressText(pace.done, total, "seconds") : "";
    setText(this.#done, done && `${done} transcribed`);
    this.#bar.setAttribute("aria-valuetext", done || state);
    const parts = [
      speed === undefined ? "" : `${times(speed)} real time`,
      isActive && leftMs ? `${milliseconds(leftMs)} left` : "",
    ];
    setText(this.#pace, parts.filter(Boolean).join(", "));
  }
}
