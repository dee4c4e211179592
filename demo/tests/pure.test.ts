/** The parts of the page that need no page. */
import assert from "node:assert/strict";
import { test } from "node:test";
import type { NodeInfo, Problem, Result, RunEvent, Value } from "remotemedia";
import { compact, inputsFrom, pretty } from "../src/pipeline/json.ts";
import { drawingOf, faultsOf, pathOf } from "../src/pipeline/manifest.ts";
import { lineOf, locate, placeIn } from "../src/pipeline/pointer.ts";
import { RunModel } from "../src/pipeline/run-model.ts";
import { linesOf, numericColumns, runningColumn, tableOf, ticks } from "../src/pipeline/series.ts";

const TEXT =
  '{ "nodes": [\n  { "id": "a\\"]", "params": {} },\n  { "id": "b/c", "x~y": [1, -2.5e3, true] }\n] }';

function checkPlace(pointer: string, expected: string | undefined): void {
  const range = locate(TEXT, pointer);
  assert.equal(range && TEXT.slice(range.start, range.end), expected, pointer);
}

test("a pointer leads to the text of its value", () => {
  checkPlace("/nodes/0/id", '"a\\"]"');
  checkPlace("/nodes/0/params", "{}");
  checkPlace("/nodes/1/x~0y/1", "-2.5e3");
  checkPlace("/nodes/1/x~0y/2", "true");
  checkPlace("", TEXT);
});

test("what is not there is placed in the innermost value around it", () => {
  checkPlace("/nodes/0/params/factor", "{}");
  checkPlace("/nodes/0/id/deeper", '"a\\"]"');
  checkPlace("/nothing", TEXT);
});

test("a text that is no JSON has no places, however deep it is", () => {
  for (const text of ["", "{", '{"a" 1}', '["x', "[,]", "[".repeat(200_000)]) {
    assert.equal(locate(text, "/a/0"), undefined, text.slice(0, 20));
  }
});

test("a parser's line and column lead to the sign it stumbled over", () => {
  assert.deepEqual(placeIn("ab\ncde", "expected value at line 2 column 2"), { start: 4, end: 5 });
  assert.deepEqual(placeIn("ab", "EOF at line 1 column 9"), { start: 2, end: 2 });
  assert.equal(placeIn("ab", "at line 7 column 1"), undefined);
  assert.equal(placeIn("ab", "something else"), undefined);
  assert.equal(lineOf("a\nb\nc", 4), 3);
});

function checkOrder(nodes: string, edges: string, expected: string): void {
  const manifest = {
    nodes: nodes.split(" ").map((id) => ({ id, node_type: "T" })),
    connections: edges.split(" ").map((edge) => ({ from: edge[0], to: edge[1] })),
  };
  const drawing = drawingOf(JSON.stringify(manifest));
  assert.equal(drawing?.nodes.map((it) => it.id).join(" "), expected);
}

test("nodes are drawn after what they hear, ties as they are written", () => {
  checkOrder("c a b", "ab bc", "a b c");
  checkOrder("d a b c", "ab ac bd cd", "a b c d");
  checkOrder("a b c", "ac", "a b c");
});

test("cycles and broken parts do not keep the rest from being drawn", () => {
  checkOrder("x y a", "xy yx", "a x y");
  checkOrder("a b", "bb", "a b");
  assert.equal(drawingOf("{"), undefined);
  for (const text of ["null", "7", '{"nodes": 3}', '{"nodes": [1, null, {"id": 2}]}']) {
    assert.deepEqual(drawingOf(text), { nodes: [], edges: [] });
  }
});

test("what is connected but not defined is drawn, and said to be missing", () => {
  checkOrder("a b", "az", "a b z");
  const drawing = drawingOf('{"nodes": [{"id": "a"}], "connections": [{"from": "a", "to": "z"}]}');
  assert.deepEqual(drawing?.nodes, [
    { id: "a", type: "" },
    { id: "z", type: "", isMissing: true },
  ]);
});

test("a problem marks the nodes that it is about", () => {
  const text = JSON.stringify({
    nodes: [{ id: "a" }, { id: "b" }, { id: "a" }],
    connections: [{ from: "b", to: "nowhere" }],
  });
  const problem = (path: string, node?: string): Problem => ({
    code: "InvalidManifest",
    severity: "error",
    message: path,
    path,
    ...(node === undefined ? {} : { node }),
  });
  const marked = (...problems: Problem[]): string =>
    [...faultsOf(problems, text)].map(([id, found]) => `${id} ${found.length}`).join(", ");
  assert.equal(marked(problem("/nodes/1/params/x", "b")), "a 0, b 1, nowhere 0");
  assert.equal(marked(problem("/nodes/2/id")), "a 1, b 0, nowhere 0");
  assert.equal(marked(problem("/connections/0/to")), "a 0, b 1, nowhere 1");
  assert.equal(marked(problem(""), problem("/nodes/7"), problem("/version")), "a 0, b 0, nowhere 0");
  assert.equal(faultsOf([problem("/nodes/0")], "{").size, 0);
  assert.deepEqual([pathOf("b", text), pathOf("z", text)], ["/nodes/1", "/nodes"]);
});

test("inputs are a list, or nothing", () => {
  assert.deepEqual(inputsFrom("[5, [null]]"), [5, [null]]);
  assert.equal(inputsFrom(" \n"), undefined);
  assert.throws(() => inputsFrom("{}"), { code: "InvalidInput" });
  assert.throws(() => inputsFrom("[1,"), { code: "InvalidInput" });
});

test("values are printed in as many lines as they need", () => {
  assert.equal(pretty([1, "a", null, {}, []], 40), '[1, "a", null, {}, []]');
  assert.equal(pretty({ a: [1, 2], b: "cd" }, 20), '{\n  "a": [1, 2],\n  "b": "cd"\n}');
  const audio = { type: "audio", samples: new Float32Array(3) };
  assert.equal(compact(audio), '{"type":"audio","samples":"Float32Array(3)"}');
});

const LOUDNESS: Value[] = [
  { recording: 1, second: 0, level: -9 },
  { recording: 1, second: 1, level: -8.5 },
  { recording: 2, second: 0, level: null },
  { recording: 2, second: 1, level: -3 },
];

test("a chart runs along the column that counts, and begins anew where it falls back", () => {
  const table = tableOf(LOUDNESS)!;
  assert.deepEqual(numericColumns(table), ["recording", "second", "level"]);
  assert.equal(runningColumn(table), "second");
  assert.deepEqual(linesOf(table, "second", "level"), [
    [
      { x: 0, y: -9 },
      { x: 1, y: -8.5 },
    ],
    [{ x: 1, y: -3 }],
  ]);
});

test("plain numbers are charted by their place; what has no figures is not", () => {
  const table = tableOf([20, 24, 16])!;
  assert.equal(runningColumn(table), undefined);
  assert.deepEqual(
    linesOf(table, undefined, "value")[0]?.map((it) => it.x),
    [1, 2, 3],
  );
  assert.deepEqual(numericColumns(tableOf([{ a: "x" }, { a: "y" }])!), []);
  assert.equal(tableOf([]), undefined);
  assert.equal(tableOf([{ a: 1 }, 2]), undefined);
});

test("the marks of an axis are round numbers within it", () => {
  assert.deepEqual(ticks(0, 19, 10), [0, 2, 4, 6, 8, 10, 12, 14, 16, 18]);
  assert.deepEqual(ticks(-0.31, 0.1, 4), [-0.2, 0]);
  assert.deepEqual(ticks(3, 3, 5), [3]);
});

const KIND: NodeInfo = {
  type: "T",
  aliases: ["Alias"],
  language: "python",
  description: "",
  params: {},
  inputs: [],
  outputs: [],
};

function model(): RunModel {
  const nodes = ["a", "b"].map((id) => ({ id, type: id === "a" ? "Alias" : "Other" }));
  const it = new RunModel({ nodes, edges: [] }, [KIND]);
  it.start(100);
  return it;
}

function progress(node: string, fraction: number | null): RunEvent {
  return { type: "progress", node, done: 1, total: null, unit: "items", fraction, etaMs: null, run: 1 };
}

function states(it: RunModel): string {
  return [it.state, ...it.nodes.map((node) => `${node.id} ${node.state}`)].join(", ");
}

test("a run is shown as its events tell it", () => {
  const it = model();
  assert.deepEqual(
    it.nodes.map((node) => node.language),
    ["python", undefined],
  );
  it.happened({ type: "load", what: "python", name: "pyodide", loaded: 1, total: 2, run: 1 }, 110);
  assert.equal(states(it), "starting, a loading, b waiting");
  it.happened({ type: "started", order: ["b", "a"], run: 1 }, 120);
  it.happened(progress("b", null), 130);
  assert.equal(states(it), "running, b running, a loading");
  it.happened(progress("b", 1), 140);
  it.happened({ type: "output", node: "b", value: 5, run: 1 }, 140);
  assert.deepEqual([states(it), it.outputs], ["running, b done, a loading", [5]]);
  const result = { outputs: [5, 6], metrics: { nodes: {} } } as unknown as Result;
  it.happened({ type: "finished", result, run: 1 }, 150);
  assert.deepEqual([states(it), it.outputCount, it.endedAt], ["done, b done, a done", 2, 150]);
});

test("a run that ends badly names its culprit, or that it was cancelled", () => {
  const failed = model();
  failed.happened(progress("a", null), 110);
  failed.fail(Object.assign(new Error("no"), { code: "NodeFailed", node: "b" }), 120);
  failed.fail(new Error("later"), 130);
  assert.equal(states(failed), "failed, a cancelled, b failed");
  assert.match(String(failed.error), /no/);

  const cancelled = model();
  cancelled.happened(progress("a", 1), 110);
  cancelled.cancelling();
  cancelled.fail(Object.assign(new Error("user"), { code: "Cancelled", node: "b" }), 120);
  assert.equal(states(cancelled), "cancelled, a done, b idle");
});
