import type { NodeInfo, NodeMetrics, Result, RunEvent, Value } from "remotemedia";
import { fieldOf, isActive, type Loads, type LogLine, note, type RunState } from "../common/facts.ts";
import { type Drawing, type DrawnNode, edgeKey } from "./manifest.ts";
import { Pace } from "./pace.ts";
import { Tape } from "./trace/tape.ts";

export type NodeState = "idle" | "waiting" | "loading" | "running" | "done" | "failed" | "cancelled";

/** What is known of one node; times in milliseconds of `performance.now()`. */
export interface NodeView extends DrawnNode {
  /** What the runtime knows of its type. */
  kind: NodeInfo | undefined;
  language: NodeInfo["language"] | undefined;
  state: NodeState;
  progress: Extract<RunEvent, { type: "progress" }> | undefined;
  startedAt: number | undefined;
  endedAt: number | undefined;
  metrics: NodeMetrics | undefined;
  pace: Pace;
}

/** What waits in the queue of a connection. */
export interface Queue {
  items: number;
  bytes: number;
  /** The most items that events told of. */
  mostItems: number;
}

/** Lines and results that the page keeps; the result itself is complete. */
const KEPT_LINES = 2000;
export const KEPT_OUTPUTS = 1000;

/** All that the page shows of a run, made from its events and nothing else. */
export class RunModel {
  state: RunState = "idle";
  nodes: NodeView[] = [];
  edges: Drawing["edges"] = [];
  /** By {@link edgeKey}. */
  readonly queues = new Map<string, Queue>();
  /** When what happened. */
  readonly tape = new Tape();
  readonly loads: Loads = new Map();
  readonly logs: LogLine[] = [];
  logsLeftOut = 0;
  /** The first results as they come; all of them once the run is done. */
  outputs: Value[] = [];
  outputCount = 0;
  /** What nodes told of the result that comes next, by their own numbers. */
  readonly partials = new Map<string, Value>();
  /** Names of the inputs, for what is made of them; none where they have none. */
  names: readonly string[] = [];
  startedAt = 0;
  endedAt: number | undefined;
  result: Result | undefined;
  error: unknown;
  /** Says whether anything changed since it was last looked at. */
  version = 0;

  constructor(drawing: Drawing = { nodes: [], edges: [] }, kinds: readonly NodeInfo[] = []) {
    this.edges = drawing.edges;
    this.nodes = drawing.nodes.map((drawn) => ({
      ...drawn,
      kind: undefined,
      language: undefined,
      state: "idle",
      progress: undefined,
      startedAt: undefined,
      endedAt: undefined,
      metrics: undefined,
      pace: new Pace(),
    }));
    this.know(kinds);
  }

  /** Tells what the nodes are written in. */
  know(kinds: readonly NodeInfo[]): void {
    for (const node of this.nodes) {
      node.kind = kinds.find((it) => it.type === node.type || it.aliases.includes(node.type));
      node.language = node.kind?.language;
    }
  }

  get isOver(): boolean {
    return this.state === "done" || this.state === "failed" || this.state === "cancelled";
  }

  get isActive(): boolean {
    return isActive(this.state);
  }

  start(now: number): void {
    this.state = "starting";
    this.startedAt = now;
    for (const node of this.nodes) node.state = "waiting";
    this.version += 1;
  }

  cancelling(now = performance.now()): void {
    this.state = "cancelling";
    this.tape.mark({ kind: "cancel", node: undefined, at: now, text: () => "Cancelling was asked for" });
    this.version += 1;
  }

  happened(event: RunEvent, now: number): void {
    this.version += 1;
    this.tape.note(event, now);
    switch (event.type) {
      case "started":
        return this.#begin(event.order);
      case "load":
        return this.#load(event, now);
      case "progress":
        return this.#progress(event, now);
      case "edge":
        return this.#queue(event);
      case "output":
        this.outputCount += 1;
        this.partials.clear();
        if (this.outputs.length < KEPT_OUTPUTS) this.outputs.push(event.value);
        return;
      case "log":
        return this.#log(event);
      case "finished":
        return this.#finish(event.result, now);
      case "failed":
        return this.fail(event.error, now);
      case "partial":
        return void this.partials.set(`${event.node} ${partOf(event.value)}`, event.value);
    }
  }

  /** The run ended badly; the first to say so is believed. */
  fail(error: unknown, now: number): void {
    if (this.isOver) return;
    this.version += 1;
    this.error = error;
    this.endedAt = now;
    this.state = fieldOf(error, "code") === "Cancelled" ? "cancelled" : "failed";
    this.#ended(fieldOf(error, "node"), now);
    // What waited is given up with the run.
    for (const queue of this.queues.values()) [queue.items, queue.bytes] = [0, 0];
    const culprit = this.state === "failed" ? fieldOf(error, "node") : undefined;
    for (const node of this.nodes) {
      if (node.id === culprit) node.state = "failed";
      else if (node.state !== "done") node.state = node.startedAt === undefined ? "idle" : "cancelled";
      if (node.startedAt !== undefined) node.endedAt ??= now;
    }
  }

  /** Marks the end: on the node that is to blame, and on the run. */
  #ended(culprit: string | undefined, at: number): void {
    const isFailure = this.state === "failed";
    const code = fieldOf(this.error, "code") ?? "Error";
    const text = (): string => (isFailure ? `Failed: ${code}` : this.state === "done" ? "Done" : "Cancelled");
    this.tape.mark({ kind: isFailure ? "failed" : "end", node: undefined, at, text });
    if (isFailure && culprit !== undefined) this.tape.mark({ kind: "failed", node: culprit, at, text });
  }

  #begin(order: string[]): void {
    if (this.state === "starting") this.state = "running";
    const rank = new Map(order.map((id, index) => [id, index]));
    this.nodes.sort((a, b) => (rank.get(a.id) ?? Infinity) - (rank.get(b.id) ?? Infinity));
  }

  #load(event: Extract<RunEvent, { type: "load" }>, now: number): void {
    note(this.loads, event, now);
    if (event.what !== "python") return;
    for (const node of this.nodes) {
      if (node.language === "python" && node.state === "waiting") node.state = "loading";
    }
  }

  #progress(event: Extract<RunEvent, { type: "progress" }>, now: number): void {
    const node = this.nodes.find((it) => it.id === event.node);
    if (!node) return;
    node.startedAt ??= now;
    node.progress = event;
    node.pace.note(event.done, now);
    node.state = event.fraction === 1 ? "done" : "running";
    if (node.state === "done") node.endedAt ??= now;
  }

  #queue({ from, to, items, bytes }: Extract<RunEvent, { type: "edge" }>): void {
    const key = edgeKey(from, to);
    const mostItems = Math.max(items, this.queues.get(key)?.mostItems ?? 0);
    this.queues.set(key, { items, bytes, mostItems });
  }

  #log({ node, level, message }: LogLine): void {
    if (this.logs.length >= KEPT_LINES) this.logsLeftOut += 1;
    else this.logs.push({ level, message, ...(node === undefined ? {} : { node }) });
  }

  #finish(result: Result, now: number): void {
    this.state = "done";
    this.endedAt = now;
    this.#ended(undefined, now);
    this.result = result;
    this.partials.clear();
    this.outputs = result.outputs;
    this.outputCount = result.outputs.length;
    for (const node of this.nodes) {
      node.state = "done";
      node.endedAt ??= now;
      node.metrics = result.metrics.nodes[node.id];
    }
  }
}

/** The number of what a node tells: later words on it replace earlier ones. */
function partOf(value: Value): string {
  const id: unknown = typeof value === "object" && value !== null ? Reflect.get(value, "id") : undefined;
  return typeof id === "number" ? String(id) : "";
}
