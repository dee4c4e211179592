/** A run over time: what is kept of it, how it is told, and what profilers read. */
import assert from "node:assert/strict";
import { test } from "node:test";
import type { Result, RunEvent } from "remotemedia";
import { type ChromeEvent, chromeTrace } from "../src/pipeline/trace/chrome.ts";
import { RunModel } from "../src/pipeline/run-model.ts";
import {
  momentInWords,
  spanInWords,
  type Trace,
  traceInWords,
  traceOf,
} from "../src/pipeline/trace/trace.ts";
import { type Timing, UserTiming } from "../src/pipeline/trace/user-timing.ts";
import { around, moved, showing, within, zoomed } from "../src/pipeline/trace/window.ts";

function progress(node: string, done: number, fraction: number | null): RunEvent {
  return { type: "progress", node, done, total: null, unit: "items", fraction, etaMs: null, run: 1 };
}

const METRICS = { items: 4, busyMs: 20, waitMs: 1, bytesIn: 32, bytesOut: 64, p50Us: 5000, p95Us: 6000 };
const RESULT = {
  outputs: [],
  metrics: { totalMs: 90, startMs: 30, peakBytes: 128, nodes: { a: METRICS, b: METRICS } },
} as unknown as Result;

/** A run of two nodes that begins at 1000 and takes 100 ms. */
function model(): RunModel {
  const nodes = ["a", "b"].map((id) => ({ id, type: "T" }));
  const run = new RunModel({ nodes, edges: [{ from: "a", to: "b" }] });
  run.start(1000);
  return run;
}

function finished(): RunModel {
  const run = model();
  const events: [RunEvent, number][] = [
    [{ type: "load", what: "python", name: "pyodide", loaded: 0, total: 10, run: 1 }, 1005],
    [{ type: "load", what: "model", name: "tiny", loaded: 0, total: 10, run: 1 }, 1010],
    [{ type: "load", what: "python", name: "pyodide", loaded: 10, total: 10, run: 1 }, 1020],
    [{ type: "load", what: "model", name: "tiny", loaded: 10, total: 10, run: 1 }, 1030],
    [{ type: "started", order: ["a", "b"], run: 1 }, 1040],
    [progress("a", 1, 0.25), 1050],
    [{ type: "edge", from: "a", to: "b", items: 3, bytes: 24, run: 1 }, 1052],
    [{ type: "log", node: "b", level: "warn", message: "slow", run: 1 }, 1055],
    [{ type: "partial", node: "b", value: { text: "ha" }, run: 1 }, 1058],
    [progress("b", 1, 0.25), 1060],
    [progress("b", 2, 0.5), 1065],
    [progress("b", 3, 0.75), 1070],
    [{ type: "output", node: "b", value: 1, run: 1 }, 1072],
    [{ type: "output", node: "b", value: 2, run: 1 }, 1074],
    [progress("a", 4, 1), 1080],
    [progress("b", 4, 1), 1090],
    [{ type: "edge", from: "a", to: "b", items: 0, bytes: 0, run: 1 }, 1091],
    [{ type: "finished", result: RESULT, run: 1 }, 1100],
  ];
  for (const [event, at] of events) run.happened(event, at);
  return run;
}

/** All of a trace in lines. */
function told({ lanes }: Trace): string[] {
  return lanes.flatMap(({ name, spans, moments }) => [
    ...spans.map((it) => `${name}: ${it.name} ${it.start}-${it.end} ${it.source}`),
    ...moments.map((it) => `${name}: ${it.name} @${it.at}`),
  ]);
}

test("a run is told lane by lane, with what is measured and what is only heard", () => {
  const trace = traceOf(finished(), 9999);
  assert.deepEqual(told(trace), [
    "Run: Run (done) 0-100 heard",
    "Run: Before the runtime began 0-10 heard",
    "Run: Until all nodes were open 10-40 measured",
    "Run: All nodes at work 40-100 measured",
    "Run: The runtime began @40",
    "Run: Done @100",
    "Start-up: Load python pyodide 5-20 heard",
    "Start-up: Load model tiny 10-30 heard",
    "a: Work (done) 50-80 heard",
    "b: Work (done) 60-90 heard",
    "b: warn: slow @55",
    'b: Partial: {"text":"ha"} @58',
    "b: First result @72",
  ]);
  assert.equal(trace.length, 100);
  const [a] = trace.lanes[2]!.spans;
  const words = spanInWords(a!);
  assert.match(
    words,
    /^Work \(done\)\. 30 ms from 50 ms on, by the events' arrival\. 4 items; busy for 20 ms/,
  );
  assert.equal(momentInWords({ name: "x", at: 55, kind: "log" }), "x. At 55 ms");
  assert.equal(traceInWords(trace), "100 ms, 4 lanes, 5 moments");
});

test("a run that works is told until now, and one that fails names its node", () => {
  const run = model();
  run.happened(progress("a", 1, null), 1010);
  assert.deepEqual(told(traceOf(run, 1050)), [
    "Run: Run (starting) 0-50 heard",
    "a: Work (running) 10-50 heard",
  ]);
  run.fail(Object.assign(new Error("no"), { code: "NodeFailed", node: "b" }), 1060);
  assert.deepEqual(told(traceOf(run, 9999)), [
    "Run: Run (failed) 0-60 heard",
    "Run: Failed: NodeFailed @60",
    "a: Work (cancelled) 10-60 heard",
    "b: Failed: NodeFailed @60",
  ]);
});

test("cancelling is told when it was asked for and when it was done", () => {
  const run = model();
  run.cancelling(1020);
  run.fail(Object.assign(new Error("user"), { code: "Cancelled" }), 1030);
  assert.deepEqual(told(traceOf(run, 9999)), [
    "Run: Run (cancelled) 0-30 heard",
    "Run: Cancelling was asked for @20",
    "Run: Cancelled @30",
  ]);
});

test("however long a run is, what is kept of it is bounded, and its newest count is kept", () => {
  const run = model();
  for (let at = 0; at < 5000; at += 1) {
    run.happened({ type: "log", node: "a", level: "info", message: "x".repeat(1000), run: 1 }, 1000 + at);
    run.happened({ type: "edge", from: "a", to: "b", items: at, bytes: 0, run: 1 }, 1000 + at);
  }
  run.happened({ type: "edge", from: "a", to: "b", items: 0, bytes: 0, run: 1 }, 7000);
  const trace = traceOf(run, 8000);
  const marks = trace.lanes[1]!.moments;
  assert.ok(marks.length <= 400 && marks.every((it) => it.name.length <= 160), `${marks.length}`);
  assert.equal(trace.leftOut, 5000 - marks.length);
  assert.match(traceInWords(trace), /4,600 more moments not kept/);
  const [counter] = trace.counters;
  assert.ok(counter!.points.length <= 401, `${counter!.points.length}`);
  assert.deepEqual(counter!.points.at(-1), { at: 7000, items: 0 });
});

/** Checks an event against the Trace Event Format as far as it is used here. */
function checkEvent(event: ChromeEvent): void {
  const text = JSON.stringify(event);
  assert.ok(typeof event.name === "string" && event.name !== "", text);
  assert.ok(Number.isInteger(event.ts) && event.ts >= 0, text);
  assert.ok(event.pid === 1 && Number.isInteger(event.tid) && event.tid >= 0, text);
  if (event.ph === "X") assert.ok(Number.isInteger(event.dur) && event.dur! > 0, text);
  else assert.equal(event.dur, undefined, text);
  if (event.ph === "i") assert.equal(event.s, "t", text);
  if (event.ph === "C") assert.ok(Object.values(event.args!).every(Number.isFinite), text);
  if (event.ph === "M") assert.match(event.name, /^(process_name|thread_name|thread_sort_index)$/);
}

test("profilers get named threads, spans that nest, moments and counters", () => {
  const trace = chromeTrace(traceOf(finished(), 9999));
  assert.deepEqual(JSON.parse(JSON.stringify(trace)), trace);
  trace.traceEvents.forEach(checkEvent);
  const names = trace.traceEvents.filter((it) => it.name === "thread_name").map((it) => it.args!["name"]);
  assert.deepEqual(names, ["Run", "Start-up", "Start-up (2)", "a", "b"]);
  const spans = trace.traceEvents.filter((it) => it.ph === "X");
  assert.equal(spans.length, 8);
  for (const a of spans)
    for (const b of spans) {
      const isApart = a.ts + a.dur! <= b.ts || b.ts + b.dur! <= a.ts;
      const isWithin = a.ts >= b.ts && a.ts + a.dur! <= b.ts + b.dur!;
      const isAround = b.ts >= a.ts && b.ts + b.dur! <= a.ts + a.dur!;
      assert.ok(a.tid !== b.tid || isApart || isWithin || isAround, `${a.name} and ${b.name} overlap`);
    }
  const measured = spans.filter((it) => it.args!["source"] === "measured").map((it) => [it.name, it.dur]);
  assert.deepEqual(measured, [
    ["Until all nodes were open", 30_000],
    ["All nodes at work", 60_000],
  ]);
  const counted = trace.traceEvents
    .filter((it) => it.name === "waiting a → b")
    .map((it) => it.args!["items"]);
  assert.deepEqual(counted, [3, 0]);
  assert.ok(trace.traceEvents.some((it) => it.name === "throughput of b"));
});

/** Stands for `performance`. */
class Timings {
  readonly entries = new Map<string, { start: number; end: number; devtools: Record<string, unknown> }>();

  measure(
    name: string,
    { start, end, detail }: { start: number; end: number; detail: { devtools: Record<string, unknown> } },
  ): void {
    this.entries.set(`measure ${name}`, { start, end, devtools: detail.devtools });
  }
  mark(
    name: string,
    { startTime, detail }: { startTime: number; detail: { devtools: Record<string, unknown> } },
  ): void {
    this.entries.set(`mark ${name}`, { start: startTime, end: startTime, devtools: detail.devtools });
  }
  clearMeasures(name: string): void {
    this.entries.delete(`measure ${name}`);
  }
  clearMarks(name: string): void {
    this.entries.delete(`mark ${name}`);
  }
}

test("the browser's own timeline has the last run on tracks of its own, and no other", () => {
  const timings = new Timings();
  timings.entries.set("measure somebody else's", { start: 0, end: 1, devtools: {} });
  const timing = new UserTiming(timings as unknown as Timing);
  timing.publish(traceOf(finished(), 9999));
  const work = timings.entries.get("measure RemoteMedia: b: Work (done)");
  assert.deepEqual([work?.start, work?.end], [1060, 1090]);
  assert.deepEqual(
    [work?.devtools["dataType"], work?.devtools["track"], work?.devtools["trackGroup"]],
    ["track-entry", "b", "RemoteMedia"],
  );
  assert.equal(timings.entries.get("mark RemoteMedia: b: First result")?.devtools["dataType"], "marker");
  const first = timings.entries.size;
  timing.publish(traceOf(finished(), 9999));
  assert.equal(timings.entries.size, first);
  timing.clear();
  assert.deepEqual([...timings.entries.keys()], ["measure somebody else's"]);
});

test("a window of time stays within the run, and zooms around what is pointed at", () => {
  assert.deepEqual(within({ from: -10, to: 20 }, 100), { from: 0, to: 30 });
  assert.deepEqual(within({ from: 90, to: 120 }, 100), { from: 70, to: 100 });
  assert.deepEqual(within({ from: -5, to: 500 }, 100), { from: 0, to: 100 });
  assert.deepEqual(zoomed({ from: 0, to: 100 }, 0.5, 100), { from: 25, to: 75 });
  assert.deepEqual(zoomed({ from: 0, to: 100 }, 0.5, 100, 0), { from: 0, to: 50 });
  assert.deepEqual(zoomed({ from: 25, to: 75 }, 4, 100), { from: 0, to: 100 });
  assert.deepEqual(moved({ from: 0, to: 50 }, 0.5, 100), { from: 25, to: 75 });
  assert.deepEqual(moved({ from: 60, to: 90 }, 0.5, 100), { from: 70, to: 100 });
  assert.deepEqual(showing({ from: 0, to: 20 }, { start: 10, end: 12 }, 100), { from: 0, to: 20 });
  assert.deepEqual(showing({ from: 0, to: 20 }, { start: 50, end: 60 }, 100), { from: 45, to: 65 });
  assert.deepEqual(showing({ from: 0, to: 10 }, { start: 50, end: 90 }, 100), { from: 50, to: 60 });
  assert.deepEqual(around({ start: 40, end: 60 }, 100), { from: 39, to: 61 });
  assert.deepEqual(around({ start: 50, end: 50 }, 100), { from: 45, to: 55 });
  const { from, to } = zoomed({ from: 5, to: 5.0001 }, 0.5, 100);
  assert.ok(to - from > 0.04 && Number.isFinite(from));
});
