import { WHISPER } from "./speech-model.ts";

/** What the user chooses for a transcription. */
export interface Choice {
  model: string;
  language: string;
  task: "transcribe" | "translate";
  timestamps: "segment" | "word";
}

export const FORMATS = ["txt", "srt", "vtt", "tsv", "json"] as const;
export type Format = (typeof FORMATS)[number];

/** Any recording, or sound as it comes, to a transcript. */
export function transcription(choice: Choice): object {
  return chain([
    ["decode", "AudioDecode", {}],
    ["resample", "AudioResample", { sample_rate: 16_000, channels: 1 }],
    [WHISPER, "Whisper", choice],
  ]);
}

/** Any recording to the sound that its waveform is drawn from, so many samples a second. */
export function outline(rate: number): object {
  return chain([["decode", "AudioDecode", { sample_rate: rate, channels: 1 }]]);
}

/** A transcript to the text of a file. */
export function subtitles(format: Format): object {
  return chain([["subtitles", "Subtitles", { format }]]);
}

function chain(nodes: [id: string, type: string, params: object][]): object {
  return {
    version: "v1",
    metadata: { name: nodes.at(-1)?.[0] ?? "" },
    nodes: nodes.map(([id, node_type, params]) => ({ id, node_type, params })),
    connections: nodes.slice(1).map(([id], index) => ({ from: nodes[index]?.[0], to: id })),
  };
}
