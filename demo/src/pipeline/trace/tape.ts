import type { RunEvent } from "remotemedia";
import { edgeKey } from "../manifest.ts";
import { compact } from "../json.ts";

/** Marks of each kind that are kept of a run, and points of each counter: of more every other one is dropped. */
const KEPT_MARKS = 400;
const KEPT_POINTS = 400;
/** Characters of what a node said that a mark shows. */
const KEPT_TEXT = 160;

export type MarkKind = "started" | "output" | "partial" | "log" | "cancel" | "end" | "failed";

/** Something that happened at one time, in milliseconds of `performance.now()`. */
export interface Mark {
  kind: MarkKind;
  /** The node; undefined for the run as a whole. */
  node: string | undefined;
  at: number;
  text: string;
}

/** What waited on a connection over time. */
export interface Counter {
  from: string;
  to: string;
  points: { at: number; items: number }[];
}

/** The moments of a run, as its events tell them: bounded, however long it is. */
export class Tape {
  readonly marks: Mark[] = [];
  readonly counters = new Map<string, Counter>();
  /** Marks that were not kept. */
  leftOut = 0;
  readonly #counts = new Map<MarkKind, number>();
  readonly #outputs = new Map<string, number>();

  note(event: RunEvent, at: number): void {
    switch (event.type) {
      case "started":
        return this.mark({ kind: "started", node: undefined, at, text: () => "The runtime began" });
      case "output":
        return this.#output(event.node, at);
      case "partial":
        return this.mark({
          kind: "partial",
          node: event.node,
          at,
          text: () => `Partial: ${compact(event.value)}`,
        });
      case "log":
        return this.mark({
          kind: "log",
          node: event.node,
          at,
          text: () => `${event.level}: ${event.message}`,
        });
      case "edge":
        return this.#count(event, at);
      case "load":
      case "progress":
      case "finished":
      case "failed":
        return;
    }
  }

  /** `text` is asked for only if the mark is kept. */
  mark({ kind, node, at, text }: Omit<Mark, "text"> & { text: () => string }): void {
    const count = (this.#counts.get(kind) ?? 0) + 1;
    this.#counts.set(kind, count);
    if (count > KEPT_MARKS) this.leftOut += 1;
    else this.marks.push({ kind, node, at, text: text().slice(0, KEPT_TEXT) });
  }

  /** The first output of each node is a mark: that is what one waits for. */
  #output(node: string, at: number): void {
    const count = (this.#outputs.get(node) ?? 0) + 1;
    this.#outputs.set(node, count);
    if (count === 1) this.mark({ kind: "output", node, at, text: () => "First result" });
  }

  #count({ from, to, items }: Extract<RunEvent, { type: "edge" }>, at: number): void {
    const key = edgeKey(from, to);
    const counter = this.counters.get(key) ?? { from, to, points: [] };
    counter.points.push({ at, items });
    if (counter.points.length > KEPT_POINTS) {
      // The newest is always kept: it says that nothing waits any more.
      const newest = counter.points.length - 1;
      counter.points = counter.points.filter((_, index) => index % 2 === newest % 2);
    }
    this.counters.set(key, counter);
  }
}
