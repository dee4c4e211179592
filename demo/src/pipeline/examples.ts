import loudness from "./loudness.py?raw";

/** What a click on an example puts on the page. */
export interface Example {
  /** For addresses and tests. */
  name: string;
  title: string;
  /** One line: what it shows. */
  summary: string;
  manifest: object;
  /** Input items; undefined for recordings. */
  inputs?: unknown[];
  /** The user's own nodes. */
  python?: string;
}

export const EXAMPLES: readonly [Example, ...Example[]] = [
  {
    name: "calculator",
    title: "Calculator",
    summary: "Two Rust nodes: times 2, plus 10",
    manifest: {
      version: "v1",
      metadata: { name: "calculator-demo" },
      nodes: [
        { id: "multiply", node_type: "MultiplyNode", params: { factor: 2 } },
        { id: "add", node_type: "AddNode", params: { addend: 10 } },
      ],
      connections: [{ from: "multiply", to: "add" }],
    },
    inputs: [5, 7, 3],
  },
  {
    name: "text",
    title: "Text",
    summary: "A Python node: each text asks for its own operations",
    manifest: {
      version: "v1",
      metadata: { name: "text-processor-demo" },
      nodes: [{ id: "text1", node_type: "TextProcessorNode", params: {} }],
      connections: [],
    },
    inputs: [
      { text: "Hello WASM", operations: ["uppercase", "word_count"] },
      { text: "Python in Browser", operations: ["lowercase", "char_count"] },
    ],
  },
  {
    name: "mixed",
    title: "Mixed",
    summary: "Rust multiplies, Python reads the number as text",
    manifest: {
      version: "v1",
      metadata: { name: "mixed-demo" },
      nodes: [
        { id: "multiply", node_type: "MultiplyNode", params: { factor: 3 } },
        {
          id: "text",
          node_type: "TextProcessorNode",
          params: { operations: ["uppercase", "word_count", "char_count"] },
        },
      ],
      connections: [{ from: "multiply", to: "text" }],
    },
    inputs: [5, 7, 10],
  },
  {
    name: "audio",
    title: "Audio",
    summary: "Decode and resample in Rust, loudness per second in your own Python",
    manifest: {
      version: "v1",
      metadata: { name: "loudness-demo" },
      nodes: [
        { id: "decode", node_type: "AudioDecode" },
        { id: "resample", node_type: "AudioResample", params: { sample_rate: 16000, channels: 1 } },
        { id: "loudness", node_type: "LoudnessNode", params: { floor: -96 } },
      ],
      connections: [
        { from: "decode", to: "resample" },
        { from: "resample", to: "loudness" },
      ],
    },
    python: loudness,
  },
];
