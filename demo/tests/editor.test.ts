/** What the manifest's editor suggests and explains, without the editor. */
import assert from "node:assert/strict";
import { test } from "node:test";
import type { NodeInfo } from "remotemedia";
import { explain, suggest } from "../src/pipeline/assist.ts";
import { formatted } from "../src/pipeline/json.ts";
import { looseJson, textOf, within } from "../src/pipeline/loose-json.ts";

function kind(type: string, aliases: string[], properties: object): NodeInfo {
  const params = { type: "object", properties };
  return {
    type,
    aliases,
    language: "rust",
    description: `What ${type} does.`,
    params,
    inputs: ["audio"],
    outputs: ["json"],
  };
}

const KINDS = [
  kind("MultiplyNode", [], {
    factor: {
      "type": "number",
      "default": 2,
      "description": "What numbers are multiplied by.",
      "x-aliases": ["multiplier"],
    },
  }),
  kind("VoiceActivity", ["RustVADNode"], {
    mode: { type: "string", enum: ["annotate", "filter"], default: "annotate" },
    pad_ms: { type: "integer", minimum: 0, maximum: 9 },
    vad: { type: "boolean", default: true },
    words: { type: "array" },
    sample_rate: { "x-ignored": "the audio itself tells its rate" },
  }),
];

/** Splits a text at its caret, which is written as `|`. */
function atCaret(marked: string): [text: string, offset: number] {
  const offset = marked.indexOf("|");
  return [marked.slice(0, offset) + marked.slice(offset + 1), offset];
}

/** What is suggested at the caret, as labels. */
function checkSuggested(marked: string, expected: string): void {
  const found = suggest(...atCaret(marked), KINDS);
  assert.equal(found?.options.map((it) => it.label).join(" ") ?? "", expected, marked);
}

/** The text after a suggestion was taken, with the caret where it is then. */
function checkTaken(marked: string, label: string, expected: string): void {
  const [text, offset] = atCaret(marked);
  const found = suggest(text, offset, KINDS);
  const option = found?.options.find((it) => it.label === label);
  assert.ok(found && option, `${label} at ${marked}`);
  const put = `${option.text.slice(0, option.caret)}|${option.text.slice(option.caret)}`;
  assert.equal(text.slice(0, found.start) + put + text.slice(found.end), expected);
}

const node = (inside: string): string => `{ "nodes": [{ ${inside} }] }`;
const vad = (params: string): string => node(`"node_type": "VoiceActivity", "params": { ${params} }`);

test("fields are suggested that are not there yet", () => {
  checkSuggested('{ "version": "v1", |', "metadata nodes connections");
  checkSuggested('{ "me|" : {} }', "version metadata nodes connections");
  checkSuggested('{ "metadata": { "name": "x", "|" } }', "description created_at author version license");
  checkSuggested(
    node('"id": "a", |'),
    "node_type params is_streaming capabilities host runtime_hint execution",
  );
  checkSuggested('{ "connections": [{ "from": "a", "|', "to");
  checkSuggested('{ "other": { | } }', "");
});

test("kinds of nodes are suggested by all their names", () => {
  checkSuggested(node('"node_type": "|"'), "MultiplyNode VoiceActivity RustVADNode");
  checkSuggested(node('"node_type": "Mul|'), "MultiplyNode VoiceActivity RustVADNode");
  checkSuggested(node('"node_type": |'), "MultiplyNode VoiceActivity RustVADNode");
  checkSuggested('{ "nodes": [|] }', "MultiplyNode VoiceActivity");
});

test("parameters are suggested for the node at hand, wherever its kind is written", () => {
  checkSuggested(vad("|"), "mode pad_ms vad words");
  checkSuggested(node('"params": { "|" }, "node_type": "RustVADNode"'), "mode pad_ms vad words");
  checkSuggested(vad('"mode": "|"'), "annotate filter");
  checkSuggested(vad('"vad": |'), "true false");
  checkSuggested(vad('"pad_ms": |'), "0");
  checkSuggested(node('"node_type": "Unknown", "params": { | }'), "");
});

test("connections are offered the nodes, but not the one at their other end", () => {
  const text = (connection: string) =>
    `{ "nodes": [{ "id": "a" }, { "id": "b" }], "connections": [${connection}] }`;
  checkSuggested(text('{ "from": "|" }'), "a b");
  checkSuggested(text('{ "from": "a", "to": | }'), "b");
  checkSuggested(text("|"), "from, to");
});

test("nothing is suggested behind a value, within a number's end, or outside", () => {
  for (const marked of ['"v1"|', '{ "version"| : 1 }', '{ "version": "v1" }|', "[|]", '{ "a": [1, |] }']) {
    checkSuggested(marked, "");
  }
});

test("what is taken replaces what is written, and the caret is where writing goes on", () => {
  checkTaken(
    node('"node_type": "Mu|l"'),
    "MultiplyNode",
    node('"node_type": "MultiplyNode"|').replace(' "|', '"|'),
  );
  checkTaken('{ "|" }', "nodes", '{ "nodes": [|] }');
  checkTaken('{ "|": 1 }', "nodes", '{ "nodes"|: 1 }');
  checkTaken(vad("|"), "mode", vad('"mode": "annotate"|'));
  checkTaken(vad('"mode": "|"'), "filter", vad('"mode": "filter"|'));
  checkTaken(
    '{ "nodes": [{ "id": "multiply" }, |] }',
    "MultiplyNode",
    '{ "nodes": [{ "id": "multiply" }, { "id": "multiply2", "node_type": "MultiplyNode", "params": {|} }] }',
  );
});

function checkExplained(marked: string, title: string | undefined, words = /./): void {
  const [text, offset] = atCaret(marked);
  const found = explain(text, offset, KINDS);
  assert.equal(found?.title, title, marked);
  if (found) assert.match(`${found.takes} ${found.description}`, words);
}

test("words are explained: fields, kinds and parameters", () => {
  checkExplained('{ "nod|es": [] }', "nodes", /in any order/);
  checkExplained(node('"node_type": "RustVAD|Node"'), "VoiceActivity", /audio to json.*What VoiceActivity/);
  checkExplained(vad('"pad|_ms": 1'), "pad_ms", /integer from 0 to 9/);
  checkExplained(vad('"mo|de": 1'), "mode", /"annotate", "filter", else "annotate"/);
  checkExplained(vad('"sample|_rate": 1'), "sample_rate", /Has no effect: the audio itself/);
  const multiply = node('"node_type": "MultiplyNode", "params": { "multi|plier": 3 }');
  checkExplained(multiply, "multiplier: factor", /number, else 2 What numbers/);
  checkExplained(vad('"pad_ms": 1|2'), undefined);
  checkExplained('{ "mine|": 1 }', undefined);
});

test("a text that is being written is understood as far as it goes", () => {
  for (const text of ['{"nodes": [{"id": "a"', '{"nodes": [{"id": "a" }, {] ', '{nodes: [{id: "a"}, , ] ]']) {
    assert.equal(textOf(within(looseJson(text), ["nodes", 0, "id"])), "a", text);
  }
  assert.equal(textOf(looseJson('"a\\n\\u0041"')), "a\nA");
  assert.equal(textOf(looseJson('"never ended')), "never ended");
});

test("whatever is written, reading it ends", () => {
  const signs = ["{", "}", "[", "]", '"', ":", ",", "\\", "a", " ", "\n", "1"];
  let state = 7;
  const sign = (): string => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return signs[state % signs.length] ?? "";
  };
  for (let run = 0; run < 500; run++) {
    const text = Array.from({ length: 40 }, sign).join("");
    for (let offset = 0; offset <= text.length; offset++) {
      suggest(text, offset, KINDS);
      explain(text, offset, KINDS);
    }
  }
  assert.equal(looseJson("[".repeat(100_000))?.start, 0);
  assert.equal(looseJson('{"a":'.repeat(100_000))?.start, 0);
});

test("a manifest is laid out anew, its numbers as they were, and what is no JSON is left alone", () => {
  assert.equal(formatted(' {"a":[1,\n2]}'), '{ "a": [1, 2] }');
  assert.equal(formatted("{"), undefined);
});
