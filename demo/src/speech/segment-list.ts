import { h, setText } from "../dom.ts";
import { clock } from "../format.ts";
import { SegmentRow } from "./segment-row.ts";
import { indexAt, type Segment } from "./transcript.ts";

/** Rows brought up to date at once: few enough for one picture of the page. */
const BATCH = 100;

/** The transcript: decided segments, each added once, and below them what may still change. */
export class SegmentList {
  readonly element: HTMLElement;
  readonly #list = h("ol", {
    "class": "segments-list",
    "role": "list",
    "aria-label": "Transcript",
    "data-testid": "segments",
  });
  readonly #open = h("ol", { "class": "segments-open", "aria-hidden": "true", "data-testid": "partial" });
  readonly #onPlay: (time: number) => void;
  readonly #rows: SegmentRow[] = [];
  /** The rows' segments, side by side with them. */
  readonly #segments: Segment[] = [];
  readonly #rowOf = new WeakMap<Element, SegmentRow>();
  #now: SegmentRow | undefined;
  /** The one stop of the Tab key that the list has. */
  #stop: HTMLElement | undefined;
  #settling: ReturnType<typeof setTimeout> | undefined;

  constructor(onPlay: (time: number) => void) {
    this.#onPlay = onPlay;
    this.element = h("div", { class: "transcript-scroller" }, this.#list, this.#open);
    this.#list.addEventListener("click", (event) => this.#clicked(event));
    this.#list.addEventListener("keydown", (event) => this.#pressed(event));
  }

  /** The segment in which `time` is. */
  at(time: number): Segment | undefined {
    return this.#segments[this.#indexAt(time)];
  }

  clear(): void {
    clearTimeout(this.#settling);
    this.#rows.length = this.#segments.length = 0;
    this.#now = this.#stop = undefined;
    this.#list.replaceChildren();
    this.#open.replaceChildren();
    this.#list.removeAttribute("lang");
  }

  /** Adds segments that were decided. */
  add(segments: readonly Segment[]): void {
    if (segments.length === 0) return;
    const isAtEnd = this.#isAtEnd();
    const rows = document.createDocumentFragment();
    for (const segment of segments) {
      const place = indexAt(this.#segments, segment.start) + 1;
      const row = this.#make(segment);
      this.#segments.splice(place, 0, segment);
      this.#rows.splice(place, 0, row);
      if (place === this.#rows.length - 1) rows.append(row.element);
      else this.#insert(row, place, rows);
    }
    this.#list.append(rows);
    if (!this.#stop?.isConnected) this.#stopAt(this.#rows[0]?.button);
    if (isAtEnd) this.#toEnd();
  }

  /** Shows what is being written and may still change. */
  write(open: ReadonlyMap<number, Segment>): void {
    const isAtEnd = this.#isAtEnd();
    const segments = [...open.values()].sort((a, b) => a.start - b.start);
    while (this.#open.childElementCount > segments.length) this.#open.lastElementChild?.remove();
    segments.forEach((segment, index) => {
      const row = this.#open.children[index] ?? this.#openRow();
      setText(row.children[0] ?? row, clock(segment.start));
      setText(row.children[1] ?? row, segment.text.trim());
    });
    if (isAtEnd && segments.length > 0) this.#toEnd();
  }

  /** Brings all rows to what the result says, some at a time: it may know more than was known when they were added. */
  settle(segments: readonly Segment[], language: string): void {
    if (language) this.#list.setAttribute("lang", language);
    if (segments.length < this.#rows.length) this.clear();
    this.#settleFrom(0, segments);
  }

  /** Shows which segment and which word are heard at `time`. */
  follow(time: number, isPlaying: boolean): void {
    const row = this.#rows[this.#indexAt(time)];
    if (row !== this.#now) {
      if (this.#now) this.#now.isNow = false;
      this.#now = row;
      if (row) row.isNow = true;
      if (row && isPlaying) this.#reveal(row.element);
    }
    if (row) row.wordNow = indexAt(row.segment.words, time);
  }

  /** Place of the segment in which `time` is; -1 if it is in none. */
  #indexAt(time: number): number {
    const index = indexAt(this.#segments, time);
    const segment = this.#segments[index];
    return segment && time < Math.max(segment.end, segment.start + 0.1) ? index : -1;
  }

  #settleFrom(start: number, segments: readonly Segment[]): void {
    const end = Math.min(start + BATCH, segments.length);
    for (let at = start; at < end; at++) {
      const segment = segments[at];
      const row = this.#rows[at];
      if (!segment || !row) continue;
      const isSame = row.segment.text === segment.text && row.segment.start === segment.start;
      if (!isSame || segment.words.length > 0) row.segment = segment;
      this.#segments[at] = segment;
    }
    this.add(segments.slice(Math.max(start, this.#rows.length), end));
    if (end < segments.length) this.#settling = setTimeout(() => this.#settleFrom(end, segments));
  }

  #make(segment: Segment): SegmentRow {
    const row = new SegmentRow(segment);
    this.#rowOf.set(row.element, row);
    return row;
  }

  #insert(row: SegmentRow, place: number, pending: DocumentFragment): void {
    this.#list.append(pending);
    this.#list.insertBefore(row.element, this.#list.children[place] ?? null);
  }

  #openRow(): HTMLElement {
    const row = h(
      "li",
      { class: "segment segment-open" },
      h("span", { class: "segment-time" }),
      h("p", { class: "segment-text", dir: "auto" }),
    );
    this.#open.append(row);
    return row;
  }

  #rowAround(target: EventTarget | null): SegmentRow | undefined {
    const element = target instanceof Element ? target.closest(".segment") : null;
    return element ? this.#rowOf.get(element) : undefined;
  }

  #clicked(event: MouseEvent): void {
    // Whoever marks text wants to copy it.
    if (getSelection()?.isCollapsed === false && !(event.target instanceof HTMLButtonElement)) return;
    this.#play(this.#rowAround(event.target), event.target);
  }

  #play(row: SegmentRow | undefined, target: EventTarget | null): void {
    if (!row) return;
    const index = target instanceof HTMLElement ? target.dataset["word"] : undefined;
    const word = index === undefined ? undefined : row.segment.words[Number(index)];
    this.#onPlay(word?.start ?? row.segment.start);
  }

  #pressed(event: KeyboardEvent): void {
    const row = this.#rowAround(event.target);
    if (!row || event.ctrlKey || event.metaKey || event.altKey) return;
    const place = this.#rows.indexOf(row);
    const word = row.words.indexOf(event.target as HTMLElement);
    switch (event.key) {
      case "ArrowDown":
        return this.#focus(event, this.#rows[place + 1]?.button);
      case "ArrowUp":
        return this.#focus(event, this.#rows[place - 1]?.button);
      case "Home":
        return this.#focus(event, this.#rows[0]?.button);
      case "End":
        return this.#focus(event, this.#rows.at(-1)?.button);
      case "ArrowRight":
        return this.#focus(event, row.words[word + 1]);
      case "ArrowLeft":
        return this.#focus(event, word > 0 ? row.words[word - 1] : row.button);
      case "Enter":
      case " ":
        event.preventDefault();
        return this.#play(row, event.target);
    }
  }

  #focus(event: KeyboardEvent, element: HTMLElement | undefined): void {
    event.preventDefault();
    if (!element) return;
    this.#stopAt(element);
    element.focus();
  }

  #stopAt(element: HTMLElement | undefined): void {
    this.#stop?.setAttribute("tabindex", "-1");
    element?.setAttribute("tabindex", "0");
    this.#stop = element;
  }

  /** Scrolls the transcript, and nothing else, as far as needed to show `row`. */
  #reveal(row: HTMLElement): void {
    const { offsetTop: top, offsetHeight: height } = row;
    const { scrollTop, clientHeight } = this.element;
    if (top < scrollTop) this.element.scrollTop = top;
    else if (top + height > scrollTop + clientHeight) this.element.scrollTop = top + height - clientHeight;
  }

  #isAtEnd(): boolean {
    const { scrollHeight, scrollTop, clientHeight } = this.element;
    return scrollHeight - scrollTop - clientHeight < 40;
  }

  #toEnd(): void {
    this.element.scrollTop = this.element.scrollHeight;
  }
}
