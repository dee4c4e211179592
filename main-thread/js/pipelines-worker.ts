// The pipelines worker, for Rust front ends: a whole runtime, coordinator and all, at the far end of a bridge of
// gloo-worker. The page speaks to the coordinator, which is in this wasm as well; here is done what it asks for.
import init, { Core, serve } from "../../target/bindgen/pipelines/pipelines.js";
import { messageOf } from "./errors.js";
import { Hub } from "./hub.js";
import { coordinatorOptions } from "./settings.js";

/** As src/gloo/message.rs has it. */
interface Settings {
  compute_workers: number | null;
  python_workers: number | null;
  python_index_url: string | null;
  python_packages: string[];
}

/** Which of the page's bridges this worker belongs to: all that can be told where the wasm cannot speak. */
const bridge = Number(location.hash.slice(1)) || 0;

let hub: Hub | undefined;
let broken = false;

function fatal(text: string, code = "WorkerCrashed"): void {
  if (broken) return;
  broken = true;
  hub?.close();
  postMessage({ fatal: text, code, bridge });
}

function open(text: string): void {
  if (hub) return;
  const { compute_workers, python_workers, python_index_url, python_packages } = JSON.parse(text) as Settings;
  const python = {
    packages: python_packages,
    workers: python_workers ?? 1,
    ...(python_index_url === null ? {} : { indexUrl: python_index_url }),
  };
  const options = coordinatorOptions({ computeWorkers: compute_workers ?? "auto", python });
  hub = new Hub({ python }, options, () => Promise.resolve(Core));
  hub.onCrash = (text) => fatal(text);
}

function mail(): void {
  // The hub's core is of this module, so it has a letter box.
  hub?.tell((core, now) => (core as Core).mail(now));
}

// A trap in a future reaches nobody else.
addEventListener("unhandledrejection", ({ reason }) => fatal(messageOf(reason)));
addEventListener("error", ({ message }) => fatal(message));

/** Takes a lock that is free when this worker is no more; gives its name, or none where locks are forbidden. */
function hold(): Promise<string | undefined> {
  const name = `remotemedia pipelines ${bridge} ${Math.random()}`;
  return new Promise((resolve) => {
    const held = navigator.locks?.request(name, () => {
      resolve(name);
      return new Promise<never>(() => {});
    });
    if (held) held.catch(() => resolve(undefined));
    else resolve(undefined);
  });
}

Promise.all([hold(), init({ module_or_path: new URL("./pipelines.wasm", import.meta.url) })]).then(
  ([lock]) => serve(bridge, lock, { open, mail, fatal }),
  (error: unknown) => fatal(`pipelines.wasm did not come up: ${messageOf(error)}`),
);
