// What all Rust workers do alike: hear, work in short steps, post. All decisions are the wasm's.
import { stayKnown } from "./alive.js";

/** `[to, message, transfer]`; `to` is 0 for the page. */
export type Outgoing = [to: number, message: unknown[], transfer: Transferable[]];

/** The wasm half of a worker. */
export interface Handler {
  page(message: unknown): Outgoing[];
  host(from: number, message: unknown): Outgoing[];
  /** The number under which a port that came with `message` is to be known, if one came. */
  port(message: unknown): number;
  step(): Outgoing[];
  has_work(): boolean;
  tick(): Outgoing[];
  due_in(): number | undefined;
}

/** The wasm half of a worker that hosts nodes, for one run at a time. */
interface NodeHost {
  page(message: unknown): unknown;
  host(message: unknown): unknown;
  step(): unknown;
  has_work(): boolean;
  ready(): unknown;
}

/** The only one who ever comes with a port. */
const RUNTIME = 1;

/** A worker that does nothing but host nodes, and what it says first. */
export function hosting(worker: NodeHost): { handler: Handler; ready: Outgoing[] } {
  const handler = {
    page: (message: unknown) => worker.page(message) as Outgoing[],
    host: (_from: number, message: unknown) => worker.host(message) as Outgoing[],
    port: () => RUNTIME,
    step: () => worker.step() as Outgoing[],
    has_work: () => worker.has_work(),
    tick: () => [],
    due_in: () => undefined,
  };
  return { handler, ready: worker.ready() as Outgoing[] };
}

/** The worker's wasm: compiled already, or where it lies. */
export type Wasm = WebAssembly.Module | string;

/** The first message, before any frame. */
interface Boot {
  boot: { wasm: Wasm; lock?: string | null; plugin?: WebAssembly.Module };
}

/** What timers are exact to, in milliseconds. */
const TIMERS_MS = 1;

const scope = globalThis as unknown as DedicatedWorkerGlobalScope;

/**
 * Serves the page. Must be called by the script's first statements: a message to a worker nobody listens in is lost.
 * @param start brings the wasm up, with the plugin to be run if it is for one; gives the handler and what to say first
 * @param fatal the frame that tells the page that this worker is broken; only asked once `start` was done
 */
export function serve(
  start: (wasm: Wasm, plugin?: WebAssembly.Module) => Promise<{ handler: Handler; ready: Outgoing[] }>,
  fatal: (text: string) => unknown,
): void {
  const waiting: MessageEvent[] = [];
  const ports = new Map<number, MessagePort>();
  let handler: Handler | undefined;
  let started = false;
  let broken = false;
  let timer: ReturnType<typeof setTimeout> | undefined;
  /** When it fires, in milliseconds. */
  let wakesAt = Infinity;
  let stepping = false;

  // Mail that came meanwhile is read before the next step: a message to oneself queues up behind it.
  const nudge = new MessageChannel();
  nudge.port1.onmessage = () => {
    stepping = false;
    act(() => []);
  };

  function nudgeMyself(): void {
    stepping = true;
    nudge.port2.postMessage(null);
  }

  function post(outgoing: Outgoing[]): void {
    for (const [to, message, transfer] of outgoing) {
      if (to === 0) scope.postMessage(message, transfer);
      else ports.get(to)?.postMessage(message, transfer);
    }
  }

  function act(what: (handler: Handler) => Outgoing[]): void {
    if (!handler || broken) return;
    try {
      post(what(handler));
      // The first step follows at once. Until the next one mail is only read, so that none waits for many steps.
      if (!stepping && handler.has_work()) {
        post(handler.step());
        if (handler.has_work()) nudgeMyself();
      }
      const due = handler.due_in();
      if (due !== undefined) wakeIn(due);
    } catch (error) {
      breakDown(error);
    }
  }

  /** A timer that fires too early asks again, which costs less than a new one for each message. */
  function wakeIn(due: number): void {
    const at = performance.now() + due;
    if (at > wakesAt - TIMERS_MS) return;
    clearTimeout(timer);
    wakesAt = at;
    timer = setTimeout(() => {
      wakesAt = Infinity;
      act((it) => it.tick());
    }, due);
  }

  function breakDown(error: unknown): void {
    if (broken) return;
    broken = true;
    // The message alone: stacks of wasm traps are megabytes that a clone would keep.
    const text = error instanceof Error ? error.message : String(error);
    if (started) {
      try {
        scope.postMessage(fatal(text));
        return;
      } catch {
        // The wasm cannot even say it; plain words then.
      }
    }
    scope.postMessage({ fatal: text });
  }

  function hear(event: MessageEvent): void {
    const port = event.ports[0];
    act((it) => {
      const from = port ? it.port(event.data) : 0;
      if (port && from !== 0) {
        ports.set(from, port);
        port.onmessage = ({ data }) => act((it) => it.host(from, data));
      }
      return it.page(event.data);
    });
  }

  scope.onmessage = (event: MessageEvent) => {
    if (handler) {
      hear(event);
    } else if (!started && (event.data as Partial<Boot>)?.boot) {
      started = true;
      const { wasm, lock, plugin } = (event.data as Boot).boot;
      // Both at once: asking for a lock takes less than the wasm does.
      Promise.all([start(wasm, plugin), stayKnown(lock)]).then(
        ([it]) => {
          handler = it.handler;
          post(it.ready);
          waiting.splice(0).forEach(hear);
        },
        (error: unknown) => {
          started = false;
          breakDown(error);
        },
      );
    } else {
      waiting.push(event);
    }
  };
  // A panic inside a promise never reaches `onerror`.
  scope.addEventListener("unhandledrejection", (event) => breakDown(event.reason));
}
