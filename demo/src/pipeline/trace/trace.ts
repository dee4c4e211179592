import { bytes, counted, microseconds, milliseconds } from "../../format.ts";
import { itemsOf, shareOf } from "../graph/figures.ts";
import type { NodeView, RunModel } from "../run-model.ts";
import type { Line } from "../series.ts";
import type { Counter, MarkKind } from "./tape.ts";

/** How a time is known: the runtime measured it, or it is when the page heard of it. */
export type Source = "measured" | "heard";

/** Something that took time; times in milliseconds since the start of the run. */
export interface Span {
  name: string;
  start: number;
  end: number;
  source: Source;
  facts: string;
  /** What it is drawn as. */
  look: "run" | "load" | "rust" | "python" | "node";
  /** Throughput over its time; x in seconds since the start of the run. */
  pace: readonly Line[number][];
}

/** Something that happened at one time, in the same unit. */
export interface Moment {
  name: string;
  at: number;
  kind: MarkKind;
}

/** What belongs together: the run, its start-up, a node. */
export interface Lane {
  name: string;
  spans: Span[];
  moments: Moment[];
}

/** A run over time. */
export interface Trace {
  /** When it started, in milliseconds of `performance.now()`. */
  origin: number;
  /** Its end, or now: milliseconds since its start. */
  length: number;
  lanes: Lane[];
  counters: Counter[];
  /** Moments that were not kept. */
  leftOut: number;
}

/** A run over time as far as it is known: of one that works, until `now`. */
export function traceOf(model: RunModel, now: number): Trace {
  const origin = model.startedAt;
  const length = Math.max(0, (model.endedAt ?? now) - origin);
  const momentsOf = (node: string | undefined): Moment[] =>
    model.tape.marks
      .filter((it) => it.node === node)
      .map(({ kind, at, text }) => ({ kind, name: text, at: Math.max(0, at - origin) }));
  const loads = loadsOf(model, origin);
  const lanes: Lane[] = [
    { name: "Run", spans: runOf(model, length), moments: momentsOf(undefined) },
    ...(loads.length > 0 ? [{ name: "Start-up", spans: loads, moments: [] }] : []),
    ...model.nodes.map((node) => ({
      name: node.id,
      spans: workOf(node, model, origin, length),
      moments: momentsOf(node.id),
    })),
  ];
  const { leftOut } = model.tape;
  return { origin, length, lanes, counters: [...model.tape.counters.values()], leftOut };
}

/**
 * The whole as the page saw it. What the runtime measured of it ended when the page heard of the end, so that it began
 * so much earlier; before, inputs were read and Python was taught.
 */
function runOf({ result, state }: RunModel, length: number): Span[] {
  const base = { look: "run", pace: [] } as const;
  if (!result)
    return [{ ...base, name: `Run (${state})`, start: 0, end: length, source: "heard", facts: "" }];
  const { totalMs, startMs, peakBytes } = result.metrics;
  const begin = Math.max(0, length - totalMs);
  const open = Math.min(length, begin + startMs);
  const facts = `${milliseconds(totalMs)} by the runtime's clock, ${bytes(peakBytes)} held at most`;
  const parts = [
    { name: "Before the runtime began", start: 0, end: begin, source: "heard" },
    { name: "Until all nodes were open", start: begin, end: open, source: "measured" },
    { name: "All nodes at work", start: open, end: length, source: "measured" },
  ] as const;
  return [
    { ...base, name: "Run (done)", start: 0, end: length, source: "heard", facts },
    ...parts.filter((it) => it.end > it.start).map((it) => ({ ...base, ...it, facts: "" })),
  ];
}

function loadsOf({ loads }: RunModel, origin: number): Span[] {
  return [...loads.values()].map(({ what, name, loaded, total, startedAt, changedAt }) => ({
    name: `Load ${what} ${name}`,
    start: Math.max(0, startedAt - origin),
    end: Math.max(0, changedAt - origin),
    source: "heard",
    // A total of 1 is a step of the start-up, not a byte.
    facts: total !== null && total > 1 ? `${bytes(loaded)} of ${bytes(total)}` : "",
    look: "load",
    pace: [],
  }));
}

/** From a node's first news to its last. */
function workOf(node: NodeView, model: RunModel, origin: number, length: number): Span[] {
  const { startedAt, endedAt, pace, language, state } = node;
  if (startedAt === undefined) return [];
  const start = Math.max(0, startedAt - origin);
  const end = endedAt === undefined ? length : Math.max(start, endedAt - origin);
  const look = language ?? "node";
  const name = `Work (${state})`;
  return [
    { name, start, end, source: "heard", facts: factsOf(node, model), look, pace: pace.series(origin) },
  ];
}

function factsOf(node: NodeView, model: RunModel): string {
  const { metrics } = node;
  const done = itemsOf(node);
  if (!metrics) return done;
  return [
    done,
    `busy for ${milliseconds(metrics.busyMs)}, ${shareOf(node, model.result?.metrics.totalMs)}`,
    `p50 ${microseconds(metrics.p50Us)}, p95 ${microseconds(metrics.p95Us)} per item`,
    `${bytes(metrics.bytesIn)} in, ${bytes(metrics.bytesOut)} out`,
  ].join("; ");
}

/** What one reads or hears of a span. */
export function spanInWords({ name, start, end, source, facts }: Span): string {
  const times = `${milliseconds(end - start)} from ${milliseconds(start)} on`;
  const how = source === "measured" ? "duration measured by the runtime" : "by the events' arrival";
  return [name, `${times}, ${how}`, facts].filter(Boolean).join(". ");
}

/** What one reads or hears of a moment. */
export function momentInWords({ name, at }: Moment): string {
  return `${name}. At ${milliseconds(at)}`;
}

/** The whole in a few words. */
export function traceInWords({ lanes, length, leftOut }: Trace): string {
  const moments = lanes.reduce((sum, it) => sum + it.moments.length, 0);
  const left = leftOut > 0 ? `, ${counted(leftOut, "more moment")} not kept` : "";
  return `${milliseconds(length)}, ${counted(lanes.length, "lane")}, ${counted(moments, "moment")}${left}`;
}
