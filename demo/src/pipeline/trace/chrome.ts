import type { Span, Trace } from "./trace.ts";

/** An event of the Trace Event Format that profilers read; times in microseconds. */
export interface ChromeEvent {
  name: string;
  /** M: metadata, X: something that took time, i: a moment, C: a counter. */
  ph: "M" | "X" | "i" | "C";
  pid: number;
  tid: number;
  ts: number;
  dur?: number;
  cat?: string;
  s?: "t";
  args?: { [name: string]: string | number | boolean };
}

export interface ChromeTrace {
  traceEvents: ChromeEvent[];
  displayTimeUnit: "ms";
  otherData: { [name: string]: string };
}

const PROCESS = 1;
const NOTE =
  "Times are when the page heard of something, unless args.source is measured: then the duration is the runtime's.";

/** A trace as chrome://tracing, Perfetto and browsers' profilers open it: a thread for each lane. */
export function chromeTrace(trace: Trace): ChromeTrace {
  const at = { pid: PROCESS, ts: 0 };
  const events: ChromeEvent[] = [
    { ...at, ph: "M", tid: 0, name: "process_name", args: { name: "RemoteMedia" } },
  ];
  let tid = 0;
  for (const { name, spans, moments } of trace.lanes) {
    const rows = rowsOf(spans);
    rows.forEach((row, index) => {
      tid += 1;
      const args = { name: index === 0 ? name : `${name} (${index + 1})` };
      events.push({ ...at, ph: "M", tid, name: "thread_name", args });
      events.push({ ...at, ph: "M", tid, name: "thread_sort_index", args: { sort_index: tid } });
      for (const span of row) events.push(...spanEvents(span, name, tid));
      if (index > 0) return;
      for (const { kind, name: text, at: when } of moments) {
        events.push({ pid: PROCESS, tid, ph: "i", s: "t", cat: kind, name: text, ts: micros(when) });
      }
    });
  }
  for (const { from, to, points } of trace.counters) {
    for (const { at: when, items } of points) {
      const ts = micros(Math.max(0, when - trace.origin));
      events.push({ pid: PROCESS, tid: 0, ph: "C", name: `waiting ${from} → ${to}`, ts, args: { items } });
    }
  }
  return { traceEvents: events, displayTimeUnit: "ms", otherData: { note: NOTE } };
}

function spanEvents(span: Span, lane: string, tid: number): ChromeEvent[] {
  const [ts, end] = [micros(span.start), micros(span.end)];
  // What is shorter than the clock can tell is still something.
  const dur = Math.max(1, end - ts);
  const args = { source: span.source, ...(span.facts ? { facts: span.facts } : {}) };
  const counts = span.pace.map(({ x, y }): ChromeEvent => {
    const counter = { pid: PROCESS, tid, ph: "C", name: `throughput of ${lane}` } as const;
    return { ...counter, ts: micros(x * 1000), args: { "per second": y } };
  });
  return [{ pid: PROCESS, tid, ph: "X", cat: span.look, name: span.name, ts, dur, args }, ...counts];
}

/** Spans of one row lie apart or within each other, as threads' do; what overlaps otherwise gets a row of its own. */
function rowsOf(spans: readonly Span[]): Span[][] {
  const rows: Span[][] = [[]];
  for (const span of spans) {
    const row = rows.find((it) => it.every((other) => agree(span, other)));
    if (row) row.push(span);
    else rows.push([span]);
  }
  return rows;
}

function agree(a: Span, b: Span): boolean {
  const isWithin = (inner: Span, outer: Span): boolean =>
    inner.start >= outer.start && inner.end <= outer.end;
  return a.end <= b.start || b.end <= a.start || isWithin(a, b) || isWithin(b, a);
}

function micros(ms: number): number {
  return Math.round(ms * 1000);
}
