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
  readonly #pace = h("span", { "data-testid": "pace" });

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
    const figures = h("div", { class: "speech-figures" }, this.#done, this.#pace);
    this.element = h("div", { class: "speech-progress" }, this.#bar, figures);
  }

  /** `seconds`: length of the recording as far as the page knows it; a run may know it only when it has read it all. */
  show(model: SpeechModel, seconds: number | undefined, isRecording: boolean): void {
    const { state, pace, speed, isActive } = model;
    this.element.hidden = state === "idle";
    this.element.dataset["state"] = state;
    const total = pace.total ?? seconds;
    const fraction = state === "done" ? 1 : shareOf(pace.done, total);
    const left = isActive ? model.left(total) : undefined;
    this.#bar.classList.toggle("bar-open", fraction === null && isActive);
    this.#fill.style.transform = `scaleX(${fraction ?? 0})`;
    if (fraction === null) this.#bar.removeAttribute("aria-valuenow");
    else this.#bar.setAttribute("aria-valuenow", String(Math.round(fraction * 100)));
    const done = progressText(pace.done, total ?? null, "seconds");
    setText(this.#done, `${done} transcribed`);
    this.#bar.setAttribute("aria-valuetext", done);
    const parts = [
      speed === undefined ? "" : `${times(speed)} real time`,
      left ? `${milliseconds(left)} left` : "",
    ];
    // Who transcribes what is being said can be no faster than the speaker.
    setText(this.#pace, isRecording ? "" : parts.filter(Boolean).join(", "));
  }
}

function shareOf(done: number, total: number | undefined): number | null {
  return total ? Math.min(done / total, 1) : null;
}
