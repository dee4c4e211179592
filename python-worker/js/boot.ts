/** The first message to the Python worker is `{ boot: Boot }`. */
export interface Boot {
  /** URL of `python.wasm`. */
  wasm: string;
  /** URLs of the files in the bundle's folder `pyodide/`, by their names: an app's bundler may have renamed them. */
  files: { [name: string]: string };
  /** Packages to load before anything else. */
  packages?: string[];
  /** Where packages are loaded from, if not from the folder of `pyodide-lock.json`. */
  indexUrl?: string;
  /** One byte, or more; a 2 in the first interrupts Python. Null where the page is not cross-origin isolated. */
  interrupt?: SharedArrayBuffer | null;
  /** Name of a lock that the worker holds while it lives. */
  lock?: string | null;
}
