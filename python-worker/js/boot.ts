/** The first message to the Python worker is `{ boot: Boot }`. */
export interface Boot {
  /** URL of `python.wasm`. */
  wasm: string;
  /** URL of the folder `pyodide/`, with a final slash. */
  pyodide: string;
  /** URL of `snapshot.bin`; null for the plain start. */
  snapshot: string | null;
  /** URL of `remotemedia.tar`, for the plain start; by default in the folder `pyodide/`. */
  package?: string;
  /** Packages to load before anything else. */
  packages?: string[];
  /** Where packages are loaded from, if not from the folder `pyodide/`. */
  indexUrl?: string;
  /** One byte, or more; a 2 in the first interrupts Python. Null where the page is not cross-origin isolated. */
  interrupt?: SharedArrayBuffer | null;
  /** Name of a lock that the worker holds while it lives. */
  lock?: string | null;
}
