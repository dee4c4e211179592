import { h } from "../dom.ts";
import { clock, counted, milliseconds } from "../format.ts";
import { languageName } from "./languages.ts";
import type { SpeechModel } from "./speech-model.ts";

/** How often real time, as `12.3×`. */
export function times(factor: number): string {
  return `${factor < 10 ? factor.toFixed(2) : factor < 100 ? factor.toFixed(1) : Math.round(factor)}×`;
}

/** What a transcription took, as it was measured. */
export function summaryElement({ transcript, metrics, segments, speed }: SpeechModel): HTMLElement {
  const duration = transcript?.duration ?? 0;
  const wall = metrics?.totalMs ?? 0;
  const words = transcript?.text.split(/\s+/).filter(Boolean).length ?? 0;
  const figures: [string, string][] = [
    ["Recording", clock(duration)],
    ["Took, with loading", milliseconds(wall)],
    ["Model load", milliseconds(metrics?.loadMs.models ?? 0)],
    ["Speed, with loading", `${times(wall > 0 ? (1000 * duration) / wall : 0)} real time`],
    ["Speed, transcribing", speed === undefined ? "–" : `${times(speed)} real time`],
    ["Language", transcript?.language ? languageName(transcript.language) : "–"],
    [
      "Text",
      `${counted(transcript?.segments.length ?? segments.length, "segment")}, ${counted(words, "word")}`,
    ],
  ];
  return h(
    "dl",
    { "class": "readouts", "data-testid": "summary" },
    ...figures.map(([name, text]) => h("div", {}, h("dt", {}, name), h("dd", {}, text))),
  );
}
