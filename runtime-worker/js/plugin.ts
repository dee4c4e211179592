// An instance of a plugin's module. All it gets of this worker is one function to say something with.

/** What a module of node ABI v1 exports. */
interface Exports {
  memory: WebAssembly.Memory;
  rm_abi_v1_alloc(length: number): number;
  rm_abi_v1_call(at: number, length: number): bigint;
}

const IMPORTS = "remotemedia_v1";
const SAY = "say";

/** Kept of what a plugin says during one call: frames, and their bytes. */
const SAID = { frames: 1_000, bytes: 16 << 20 };

/** A plugin cannot be asked any more; `code` is one of the error codes. */
class PluginError extends Error {
  constructor(
    readonly code: string,
    message: string,
  ) {
    super(message);
  }
}

/** A plugin that was started. */
export class Plugin {
  readonly #exports: Exports;
  readonly #said: Uint8Array[];

  private constructor(exports: Exports, said: Uint8Array[]) {
    this.#exports = exports;
    this.#said = said;
  }

  /** Starts `module`, which imports nothing but what plugins may. */
  static async start(module: WebAssembly.Module): Promise<Plugin> {
    const foreign = WebAssembly.Module.imports(module).find(
      (it) => it.module !== IMPORTS || it.name !== SAY || it.kind !== "function",
    );
    if (foreign) throw new Error(`the plugin wants ${foreign.module}.${foreign.name}, which it cannot have`);
    const said: Uint8Array[] = [];
    let bytes = 0;
    const say = (at: number, length: number): void => {
      const frame = viewOf(exports, at, length);
      if (said.length === 0) bytes = 0;
      bytes += frame.length;
      if (said.length < SAID.frames && bytes <= SAID.bytes) said.push(frame.slice());
    };
    const { exports: found } = await WebAssembly.instantiate(module, { [IMPORTS]: { [SAY]: say } });
    const exports = found as unknown as Exports;
    return new Plugin(exports, said);
  }

  /** A frame in, a frame out, which is to be copied at once. */
  call(request: Uint8Array): Uint8Array {
    const { rm_abi_v1_alloc: alloc, rm_abi_v1_call: call } = this.#exports;
    try {
      const at = alloc(request.length);
      viewOf(this.#exports, at, request.length).set(request);
      const answer = BigInt.asUintN(64, call(at, request.length));
      return viewOf(this.#exports, Number(answer >> 32n), Number(answer & 0xffff_ffffn));
    } catch (error) {
      throw this.#explained(error);
    }
  }

  /** What it has said since this was last asked. */
  said(): Uint8Array[] {
    return this.#said.splice(0);
  }

  #explained(error: unknown): PluginError {
    if (error instanceof PluginError) return error;
    const why = error instanceof Error ? error.message : String(error);
    if (!(error instanceof WebAssembly.RuntimeError))
      return new PluginError("NodeFailed", `the plugin broke: ${why}`);
    const { memory } = this.#exports;
    const size = memory.buffer.byteLength;
    // A trap says nothing of its cause; that there is no memory left to be had says enough.
    if (isFull(memory))
      return new PluginError("OutOfMemory", `the plugin ran out of memory, at ${size} bytes`);
    return new PluginError("NodeFailed", `the plugin trapped: ${why}`);
  }
}

/** Bytes of the plugin's memory; addresses are its own words, as signed numbers. */
function viewOf({ memory }: Exports, at: number, length: number): Uint8Array {
  const [start, size] = [at >>> 0, length >>> 0];
  if (start + size > memory.buffer.byteLength)
    throw new PluginError("NodeFailed", "the plugin names bytes that are not in its memory");
  return new Uint8Array(memory.buffer, start, size);
}

/** Whether a plugin could not get a mebibyte more. */
function isFull(memory: WebAssembly.Memory): boolean {
  try {
    memory.grow(16);
    return false;
  } catch {
    return true;
  }
}
