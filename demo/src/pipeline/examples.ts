import comparing from "./python/comparing.py?raw";
import keywords from "./python/keywords.py?raw";
import loudness from "./python/loudness.py?raw";
import pi from "./python/pi.py?raw";
import type { Kind } from "./shown.ts";

/** Where an example's items come from. */
export type Source =
  | { items: unknown[] }
  /** Recordings of the site, by the names of their files; none: the one that is made here and now. */
  | { recordings: readonly string[] }
  | { microphone: true };

/** What a click on an example puts on the page. */
export interface Example {
  /** For addresses and tests. */
  name: string;
  title: string;
  /** One line: what it shows. */
  summary: string;
  tags: readonly ("Rust" | "Python" | "audio" | "speech" | "microphone" | "offline")[];
  manifest: object;
  source: Source;
  /** The user's own nodes. */
  python?: string;
  /** How its results are shown, unless the user chooses. */
  shown?: Kind;
}

type Node = [id: string, type: string, params?: object];

const MONO: Node = ["resample", "AudioResample", { sample_rate: 16_000, channels: 1 }];
const DECODE: Node = ["decode", "AudioDecode"];
const WHISPER: Node = ["whisper", "Whisper", { model: "demo", language: "en" }];

function manifest(name: string, nodes: readonly Node[], connections: readonly [string, string][]): object {
  return {
    version: "v1",
    metadata: { name },
    nodes: nodes.map(([id, node_type, params]) => ({ id, node_type, ...(params ? { params } : {}) })),
    connections: connections.map(([from, to]) => ({ from, to })),
  };
}

/** Each node hands its results to the next. */
function chain(name: string, ...nodes: Node[]): object {
  return manifest(
    name,
    nodes,
    nodes.slice(1).map(([to], index) => [nodes[index]?.[0] ?? "", to]),
  );
}

export const EXAMPLES: readonly [Example, ...Example[]] = [
  {
    name: "calculator",
    title: "Calculator",
    summary: "Two Rust nodes: times 2, plus 10",
    tags: ["Rust", "offline"],
    manifest: chain(
      "calculator-demo",
      ["multiply", "MultiplyNode", { factor: 2 }],
      ["add", "AddNode", { addend: 10 }],
    ),
    source: { items: [5, 7, 3] },
  },
  {
    name: "text",
    title: "Text",
    summary: "A Python node: each text asks for its own operations",
    tags: ["Python", "offline"],
    manifest: chain("text-processor-demo", ["text1", "TextProcessorNode", {}]),
    source: {
      items: [
        { text: "Hello WASM", operations: ["uppercase", "word_count"] },
        { text: "Python in Browser", operations: ["lowercase", "char_count"] },
      ],
    },
  },
  {
    name: "mixed",
    title: "Mixed",
    summary: "Rust multiplies, Python reads the number as text",
    tags: ["Rust", "Python", "offline"],
    manifest: chain(
      "mixed-demo",
      ["multiply", "MultiplyNode", { factor: 3 }],
      ["text", "TextProcessorNode", { operations: ["uppercase", "word_count", "char_count"] }],
    ),
    source: { items: [5, 7, 10] },
  },
  {
    name: "audio",
    title: "Loudness",
    summary: "Decode and resample in Rust, loudness per second in your own Python",
    tags: ["Rust", "Python", "audio", "offline"],
    manifest: chain("loudness-demo", DECODE, MONO, ["loudness", "LoudnessNode", { floor: -96 }]),
    source: { recordings: [] },
    python: loudness,
  },
  {
    name: "transcribe",
    title: "Transcribe",
    summary: "A recording becomes text, with the model that comes with the site",
    tags: ["Rust", "speech", "offline"],
    manifest: chain("transcribe-demo", DECODE, MONO, WHISPER),
    source: { recordings: ["date-time.wav"] },
    shown: "text",
  },
  {
    name: "keywords",
    title: "Keywords",
    summary: "Speech to text in Rust, its most frequent words in Python, as a chart",
    tags: ["Rust", "Python", "speech", "offline"],
    manifest: chain("keywords-demo", DECODE, MONO, WHISPER, ["keywords", "KeywordStatistics", { top: 10 }]),
    source: { recordings: ["noisy.wav", "date-time.wav", "stereo.flac"] },
    python: keywords,
    shown: "chart",
  },
  {
    name: "captions",
    title: "Live captions",
    summary: "What you say into the microphone, written down while you speak",
    tags: ["Rust", "speech", "microphone", "offline"],
    manifest: chain("captions-demo", MONO, WHISPER),
    source: { microphone: true },
    shown: "text",
  },
  {
    name: "subtitles",
    title: "Subtitles",
    summary: "A batch of recordings becomes one archive of subtitle files",
    tags: ["Rust", "speech", "offline"],
    manifest: chain("subtitles-demo", DECODE, MONO, WHISPER, ["subtitles", "Subtitles", { format: "srt" }]),
    source: { recordings: ["command.wav", "date-time.wav", "numbers.wav", "stereo.flac"] },
    shown: "files",
  },
  {
    name: "convert",
    title: "Convert",
    summary: "Stereo at 44.1 kHz becomes mono at 16 kHz, to hear and to download",
    tags: ["Rust", "audio", "offline"],
    manifest: chain("convert-demo", DECODE, [
      "resample",
      "AudioResample",
      { sample_rate: 16_000, channels: 1, quality: "high" },
    ]),
    source: { recordings: [] },
    shown: "audio",
  },
  {
    name: "voices",
    title: "Voice activity",
    summary: "Where in a recording somebody speaks, as a table",
    tags: ["Rust", "audio", "offline"],
    manifest: chain("voice-activity-demo", DECODE, MONO, ["voice", "VoiceActivity", { min_silence_ms: 300 }]),
    source: { recordings: ["noisy.wav"] },
    shown: "table",
  },
  {
    name: "branches",
    title: "Branches",
    summary: "Three Rust nodes work on each number, Python puts their results side by side",
    tags: ["Rust", "Python", "offline"],
    manifest: manifest(
      "branches-demo",
      [
        ["numbers", "PassThrough"],
        ["double", "MultiplyNode", { factor: 2 }],
        ["more", "AddNode", { addend: 10 }],
        ["half", "CalculatorNode", { operation: "divide", operand: 2 }],
        ["compare", "CompareNode", { columns: ["double", "more", "half"] }],
      ],
      ["double", "more", "half"].flatMap((it): [string, string][] => [
        ["numbers", it],
        [it, "compare"],
      ]),
    ),
    source: { items: [1, 2, 4, 8, 16, 32] },
    python: comparing,
    shown: "table",
  },
  {
    name: "pi",
    title: "Pi by chance",
    summary: "A Python generator hands out its estimate again and again, with progress",
    tags: ["Python", "offline"],
    manifest: chain("pi-demo", ["pi", "PiByChance", { steps: 100 }]),
    source: { items: [100_000] },
    python: pi,
    shown: "chart",
  },
];
