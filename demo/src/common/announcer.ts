import { h, setText } from "../dom.ts";

/** Pause between two announcements, in milliseconds: enough to be spoken. */
const PAUSE = 1500;

/** Tells screen readers what happens, politely: when much does, they hear the newest. */
export class Announcer {
  readonly element = h("p", { "class": "visually-hidden", "role": "status", "aria-live": "polite" });
  #next: string | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;

  say(text: string): void {
    this.#next = text;
    this.#timer ??= setTimeout(() => this.#pause(), 0);
  }

  #pause(): void {
    const text = this.#next;
    this.#next = undefined;
    this.#timer = undefined;
    if (text === undefined) return;
    setText(this.element, text);
    this.#timer = setTimeout(() => this.#pause(), PAUSE);
  }
}
