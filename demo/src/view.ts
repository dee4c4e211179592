import type { Runtime } from "remotemedia";

/** One of the site's views. They share one runtime; only the chosen one is on the page. */
export interface View {
  readonly element: HTMLElement;
  /** From here on there is a runtime. */
  connect(runtime: Runtime): void;
  /** The runtime could not be started. */
  broken(error: unknown): void;
  /** Goes to a place within the view: what its address says behind its name. */
  open?(place: string): void;
  /** The view is on the page, until `signal` is aborted: only so long may it listen to the page's keys and drops. */
  enter(signal: AbortSignal): void;
}

/** A view that can be chosen; it is made when it is chosen first. */
export interface Entry {
  /** Its address is `#/name`. */
  name: string;
  title: string;
  make: () => View;
}
