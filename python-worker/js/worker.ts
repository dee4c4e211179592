// The Python worker: starts Pyodide, then carries out what the Rust glue asks. It decides nothing.
import init, { PythonGlue, fatal, loading, on_panic, ready } from "../../target/bindgen/python/python.js";
import { stayKnown } from "../../runtime-worker/js/alive.js";
import type { Boot } from "./boot.js";
import { LoadError, type PackedFile, type Python, startPython } from "./python.js";

/** Milliseconds Python may work before it must come back, so that mail is read. */
const TURN_MS = 20;
/** Milliseconds of calls before mail is read, if the calls are short. */
const PUMP_MS = 8;
const PAGE = 0;
const LOADER = 2;
const UNPACKER = 3;

type Mail = [to: number, message: unknown, transfer: Transferable[]];

const scope = self as unknown as DedicatedWorkerGlobalScope;

// Listened for from the first line on: what comes before Python is up waits here.
const early: MessageEvent[] = [];
let receive = (event: MessageEvent): void => {
  early.push(event);
};
scope.onmessage = (event) => receive(event);

let glue: PythonGlue | undefined;
let glueReady = false;
let broken = false;
let python: Python;
let port: MessagePort | undefined;
/** Bulk data that Python has given since the last answer; the text of the answer refers to it by position. */
let given: Uint8Array[] = [];

// A channel to itself lets mail in between two turns; timers would be held back to 4 ms.
const nudge = new MessageChannel();
let nudged = false;
nudge.port1.onmessage = () => {
  nudged = false;
  pump();
};

function post([to, message, transfer]: Mail): void {
  if (to === PAGE) scope.postMessage(message, transfer);
  else if (to === LOADER) void load(() => python.load(message as string[]));
  else if (to === UNPACKER) {
    const [modules, wheels] = [message as PackedFile[], transfer as unknown as PackedFile[]];
    void load(() => python.unpack(modules, wheels));
  } else port?.postMessage(message, transfer);
}

function deliver(): void {
  for (const mail of glue!.mail() as Mail[]) post(mail);
}

function fail(code: string, error: unknown): void {
  if (broken) return;
  broken = true;
  receive = () => {};
  const plain = error instanceof LoadError || (error instanceof Error && error.name === "Error");
  const message = error instanceof Error ? (plain ? "" : `${error.name}: `) + error.message : String(error);
  if (glueReady) post(fatal(code, message) as unknown as Mail);
  // Without the glue no frame can be made.
  else scope.postMessage({ fatal: message });
}

/** Errors that Python code raised where nobody awaits them: the node that caused them is told otherwise. */
function isPythonError(error: unknown): boolean {
  return error instanceof Error && error.name === "PythonError";
}

function crashCode(error: unknown): string {
  return /out of memory|memory allocation|Array buffer allocation/i.test(String(error))
    ? "OutOfMemory"
    : "WorkerCrashed";
}

scope.addEventListener("error", (event) => {
  if (!glueReady) return;
  event.preventDefault();
  if (!isPythonError(event.error)) fail(crashCode(event.error), event.error ?? event.message);
});
scope.addEventListener("unhandledrejection", (event) => {
  event.preventDefault();
  if (!isPythonError(event.reason)) fail(crashCode(event.reason), event.reason);
});

async function load(act: () => Promise<void>): Promise<void> {
  let why: string | undefined;
  try {
    await act();
  } catch (error) {
    why = error instanceof Error ? error.message : String(error);
  }
  glue!.loaded(why);
  pump();
}

function perform([method, ...args]: [string, ...unknown[]]): void {
  const start = performance.now();
  let answer: string | Uint8Array | undefined;
  let why: string | undefined;
  try {
    answer = python.call(method, method === "turn" || method === "flush" ? [...args, TURN_MS] : args);
  } catch (error) {
    // Python's own errors are answers; anything else has broken the interpreter.
    if (!isPythonError(error)) return fail(crashCode(error), error);
    why = (error as Error).message.trimEnd().split("\n").pop();
  }
  const buffers = given;
  given = [];
  glue!.returned(answer, buffers, (performance.now() - start) * 1000, why);
}

function pump(): void {
  if (broken) return;
  deliver();
  const end = performance.now() + PUMP_MS;
  for (let call = glue!.step(); call; call = glue!.step()) {
    perform(call as [string, ...unknown[]]);
    if (broken) return;
    deliver();
    if (performance.now() >= end) {
      if (!nudged) nudge.port2.postMessage(null);
      nudged = true;
      return;
    }
  }
}

function mind<T>(act: () => T): void {
  try {
    act();
  } catch (error) {
    return fail("ProtocolMismatch", error);
  }
  pump();
}

function page(event: MessageEvent): void {
  const [attached] = event.ports;
  if (attached) {
    port?.close();
    port = attached;
    attached.onmessage = ({ data }) => {
      if (!broken && attached === port) mind(() => glue!.engine(data));
    };
  }
  mind(() => glue!.page(event.data));
}

async function boot(options: Boot): Promise<void> {
  // Asked for at once: Python takes far longer to come up than a lock to be had.
  const known = stayKnown(options.lock);
  const gluing = init({ module_or_path: options.wasm }).then(() => {
    glueReady = true;
    on_panic((message: string) => fail("WorkerCrashed", message));
    glue = new PythonGlue();
  });
  const tell = (name: string, loaded: number, total: number) =>
    void gluing.then(
      () => {
        if (!broken) post(loading(name, loaded, total) as unknown as Mail);
      },
      () => {},
    );
  const starting = startPython(options, tell);
  // Awaited below; until then its failure must not count as unhandled.
  starting.catch(() => {});
  // What fails must wait for the glue, which alone can say so in a frame.
  await Promise.allSettled([gluing]);
  await Promise.all([gluing, starting]);
  python = await starting;
  python.attach({
    say: (text) => {
      glue!.said(text, given);
      deliver();
    },
    sink: (bytes) => given.push(bytes) - 1,
    wake: (node) => {
      glue!.woken(node);
      pump();
    },
  });
  // Who has work before its page can tell when it ends could end unseen.
  await known;
  post(ready(performance.now(), python.note) as unknown as Mail);
  receive = page;
  early.splice(0).forEach(page);
}

// The first message is the boot object; it is posted as soon as the worker is made, so it comes before all others.
receive = ({ data }) => {
  receive = (event) => {
    early.push(event);
  };
  const options = (data as { boot: Boot }).boot;
  boot(options).catch((error: unknown) =>
    fail(error instanceof LoadError ? "LoadFailed" : "StartFailed", error),
  );
};
