// Pyodide, as the worker script sees it. The only file that knows Pyodide.
import type { PyodideInterface } from "pyodide";
import type { PyBuffer, PyCallable, PyProxy } from "pyodide/ffi";
import type { Boot } from "./boot.js";

/** What Python calls. */
export interface Listener {
  /** What a node says while it works. */
  say(text: string): void;
  /** Bulk data; gives its number. */
  sink(bytes: Uint8Array): number;
  /** A node that waited can go on. */
  wake(node: number): void;
}

/** A started interpreter. */
export interface Python {
  /** `snapshot`, or why the plain start was taken. */
  note: string;
  /** Makes the host; before the first call. */
  attach(listener: Listener): void;
  /** Calls a method of the host. Throws what breaks the interpreter, and `PythonError`s. */
  call(method: string, args: unknown[]): string | Uint8Array;
  /** Loads packages by name or URL. */
  load(packages: string[]): Promise<void>;
  /** Writes the files of a package where `install` finds them. */
  unpack(modules: PackedFile[], wheels: PackedFile[]): Promise<void>;
}

/** A file of a package: its path in its folder, and its bytes. */
export type PackedFile = [path: string, data: ArrayBuffer | Blob];

/** A file of the bundle is not to be had. */
export class LoadError extends Error {
  override name = "LoadError";
}

type Tell = (name: string, loaded: number, total: number) => void;

/** Milliseconds between two words about one download. */
const TELL_MS = 50;
/** Where the package `remotemedia` is unpacked for the plain start. */
const SITE = "/lib/remotemedia";
/** Where the files of a package are. */
const PACKAGE = "/package";

/** Starts Pyodide: from the snapshot, or the plain way if that is not to be had. */
export async function startPython(boot: Boot, tell: Tell): Promise<Python> {
  tell("pyodide", 0, -1);
  const module = importScript(boot, "pyodide.mjs") as Promise<typeof import("pyodide")>;
  const glue = importScript(boot, "pyodide.asm.mjs") as Promise<{ default: unknown }>;
  // Awaited below; until then its failure must not count as unhandled.
  glue.catch(() => {});
  const snapshot = boot.files["snapshot.bin"]
    ? fetchBytes(boot.files["snapshot.bin"], "snapshot", tell).catch(asError)
    : new Error("no snapshot asked for");
  const { loadPyodide } = await module;
  const places = { ...placesOf(boot), createPyodideModule: (await glue).default };
  const loadWith = (more: object) => loadPyodide({ ...places, ...more } as Parameters<typeof loadPyodide>[0]);
  const image = await snapshot;
  const { pyodide, note } = await orFailedInstance(boot, () => start(loadWith, boot, image, tell));
  tell("pyodide", 1, 1);
  pyodide.pyimport("random").seed();
  if (boot.interrupt) pyodide.setInterruptBuffer(new Uint8Array(boot.interrupt));
  if (boot.packages?.length) await load(pyodide, boot.packages);
  return interpreter(pyodide, note, boot.interrupt ? new Uint8Array(boot.interrupt) : undefined);
}

async function importScript({ files }: Boot, name: string): Promise<unknown> {
  try {
    return await import(/* @vite-ignore */ /* webpackIgnore: true */ files[name]!);
  } catch (error) {
    throw new LoadError(`${name}: ${asError(error).message}`);
  }
}

/** What Pyodide is told of its files. The rest it looks for beside its lock file. */
function placesOf({ files, indexUrl }: Boot): object {
  const lockFileURL = files["pyodide-lock.json"]!;
  const indexURL = new URL(".", lockFileURL).href;
  return {
    indexURL,
    lockFileURL,
    stdLibURL: files["python_stdlib.zip"],
    packageBaseUrl: indexUrl ?? indexURL,
  };
}

/** Pyodide only warns when its wasm cannot be had, and then never settles: this rejects instead. */
async function orFailedInstance<T>({ files }: Boot, act: () => Promise<T>): Promise<T> {
  const { fetch } = globalThis;
  const { instantiateStreaming } = WebAssembly;
  const answers = new Set<unknown>();
  try {
    return await new Promise<T>((resolve, reject) => {
      const refuse = (error: unknown) => reject(new LoadError(`pyodide.asm.wasm: ${asError(error).message}`));
      // Pyodide can be told where its other files are, but not of this one.
      globalThis.fetch = (input, options) => {
        if (!String(input).endsWith("/pyodide.asm.wasm")) return fetch(input, options);
        const answer = fetch(files["pyodide.asm.wasm"]!, options);
        answers.add(answer);
        return answer;
      };
      WebAssembly.instantiateStreaming = (source, imports) => {
        const instance = instantiateStreaming.call(WebAssembly, source, imports);
        // The glue has a second way for servers that do not know wasm's type; Pyodide has none.
        if (answers.has(source)) instance.catch(refuse);
        return instance;
      };
      act().then(resolve, reject);
    });
  } finally {
    globalThis.fetch = fetch;
    WebAssembly.instantiateStreaming = instantiateStreaming;
  }
}

async function start(
  loadPyodide: (more: object) => Promise<PyodideInterface>,
  boot: Boot,
  image: Uint8Array | Error,
  tell: Tell,
): Promise<{ pyodide: PyodideInterface; note: string }> {
  const silent = () => {};
  const options = { stdout: silent, stderr: silent };
  let why = image;
  if (!(image instanceof Error)) {
    try {
      const pyodide = await loadPyodide({ ...options, _loadSnapshot: image });
      return { pyodide, note: "snapshot" };
    } catch (error) {
      why = asError(error);
    }
  }
  const archive = fetchBytes(boot.files["remotemedia.tar"]!, "remotemedia", tell);
  // Awaited below; until then its failure must not count as unhandled.
  archive.catch(silent);
  const pyodide = await loadPyodide(options);
  pyodide.unpackArchive(await archive, "tar", { extractDir: SITE });
  pyodide.pyimport("sys").path.append(SITE);
  return { pyodide, note: `plain: ${(why as Error).message}` };
}

function interpreter(pyodide: PyodideInterface, note: string, interrupt: Uint8Array | undefined): Python {
  const methods = new Map<string, PyCallable>();
  const nobody = new Uint8Array(1);
  let heeds = true;
  let host: PyProxy;
  return {
    note,
    attach(listener) {
      const make = pyodide.pyimport("remotemedia._host").Host as PyCallable;
      const sink = (view: PyBuffer) => listener.sink(copyOf(view));
      host = make(listener.say, sink, listener.wake) as PyProxy;
      (host as PyProxy & { guard_globals(): void }).guard_globals();
    },
    call(method, args) {
      // An interrupt meant for the run that is closing must not hit its cleanup, nor the next run: it comes by the
      // page, so perhaps only while the cleanup runs, but never after the page has given this worker away again.
      if (interrupt && heeds === (method === "close" || method === "reset")) {
        heeds = !heeds;
        interrupt[0] = 0;
        pyodide.setInterruptBuffer(heeds ? interrupt : nobody);
      }
      let kept = methods.get(method);
      // A proxy made per call would cost more than a small call does.
      if (!kept) methods.set(method, (kept = (host as unknown as Record<string, PyCallable>)[method]!));
      const given = method === "install" ? [PACKAGE] : args;
      const answer = kept(...given.map(forPython)) as string | PyBuffer;
      if (typeof answer === "string") return answer;
      try {
        return copyOf(answer);
      } finally {
        answer.destroy();
      }
    },
    load: (packages) => load(pyodide, packages),
    async unpack(modules, wheels) {
      await write(pyodide, `${PACKAGE}/python`, modules);
      await write(pyodide, `${PACKAGE}/wheels`, wheels);
    },
  };
}

function copyOf(view: PyBuffer): Uint8Array {
  const buffer = view.getBuffer("u8");
  try {
    return buffer.data.slice() as Uint8Array;
  } finally {
    buffer.release();
  }
}

/** Blobs stay where they are: Python reads them piecewise. */
function forPython(arg: unknown): unknown {
  return Array.isArray(arg) && arg.some((it) => it instanceof Blob) ? arg.map(readable) : arg;
}

function readable(it: unknown): unknown {
  if (!(it instanceof Blob)) return it;
  const read = (offset: number, size: number) =>
    new Uint8Array(new FileReaderSync().readAsArrayBuffer(it.slice(offset, offset + size)));
  return { size: it.size, read };
}

async function load(pyodide: PyodideInterface, packages: string[]): Promise<void> {
  const errors: string[] = [];
  const options = {
    messageCallback: () => {},
    errorCallback: (message: string) => void errors.push(message),
  };
  await pyodide.loadPackage(packages, options);
  if (errors.length) throw new Error(errors.join("; "));
}

async function write({ FS }: PyodideInterface, folder: string, files: PackedFile[]): Promise<void> {
  for (const [path, data] of files) {
    const steps = path.split("/");
    // The interpreter's files are its own, but the package is to write no others than its own.
    if (/[\\\0]/.test(path) || steps.some((step) => step === "" || step === "." || step === "..")) {
      throw new Error(`${JSON.stringify(path)} is no name for a file`);
    }
    const bytes = data instanceof Blob ? await data.arrayBuffer() : data;
    FS.mkdirTree([folder, ...steps.slice(0, -1)].join("/"));
    FS.writeFile(`${folder}/${path}`, new Uint8Array(bytes));
  }
}

async function fetchBytes(url: string, name: string, tell: Tell): Promise<Uint8Array> {
  const response = await fetch(url);
  if (!response.ok) throw new LoadError(`${name}: the server answered ${response.status}`);
  if (!response.body) return new Uint8Array(await response.arrayBuffer());
  // Of a compressed answer the length says nothing about the bytes that come out.
  const plain = !response.headers.get("content-encoding");
  const total = plain ? Number(response.headers.get("content-length") ?? -1) : -1;
  const chunks: Uint8Array[] = [];
  let loaded = 0;
  let told = 0;
  const reader = response.body.getReader();
  for (let next = await reader.read(); !next.done; next = await reader.read()) {
    chunks.push(next.value);
    loaded += next.value.length;
    if (performance.now() - told < TELL_MS) continue;
    told = performance.now();
    tell(name, loaded, total);
  }
  tell(name, loaded, loaded);
  const bytes = new Uint8Array(loaded);
  let at = 0;
  for (const chunk of chunks) {
    bytes.set(chunk, at);
    at += chunk.length;
  }
  return bytes;
}

function asError(error: unknown): Error {
  return error instanceof Error ? error : new Error(String(error));
}
