/** What tests of runs share: manifests, and what pages need to watch runs and workers. */
import type { Bench, Page } from "./harness/index.ts";

type PublicRuntime = Awaited<ReturnType<typeof rm.Runtime.start>>;
type Listen = NonNullable<NonNullable<Parameters<PublicRuntime["run"]>[1]>["onEvent"]>;
export type RunEvent = Parameters<Listen>[0];
type StartOptions = NonNullable<Parameters<typeof rm.Runtime.start>[0]>;
type Role = keyof NonNullable<StartOptions["workerUrls"]>;

/** An error as it leaves the page. */
export interface Facts {
  /** Whether it is a `PipelineError`. */
  own: boolean;
  name: string;
  message: string;
  code?: string;
  node?: string;
  stage?: string;
  problems?: { code: string; severity: string; node?: string; path: string; message: string }[];
  traceback?: string;
  details?: unknown;
  cause?: unknown;
}

/** How something ended. */
export interface Outcome<T> {
  value?: T;
  error?: Facts;
}

/** Hears a run's events. */
export interface Ear {
  onEvent: Listen;
  events: RunEvent[];
  /** Resolves with the first event that fits, also if it has been heard already. */
  heard(fits: (event: RunEvent) => boolean): Promise<RunEvent>;
}

/** In pages opened by {@link openKit}. */
export interface Kit {
  facts(error: unknown): Facts;
  outcome<T>(promise: PromiseLike<T>): Promise<Outcome<T>>;
  ear(): Ear;
  /** `workerUrls` that keep every worker they make in `made`. */
  workerUrls: { [role in Role]: () => Worker };
  made: { role: Role; worker: Worker }[];
  /** Whatever a test keeps from one `evaluate` to the next. */
  runtime: PublicRuntime;
}

declare global {
  /** In pages opened by `openKit`. */
  var kit: Kit;
}

/** A chain of nodes, named by their types in lower case. */
export function chain(...nodes: (string | [type: string, params: object])[]): {
  version: string;
  metadata: { name: string };
  nodes: { id: string; node_type: string; params: object }[];
  connections: { from: string; to: string }[];
} {
  const made = nodes.map((it) => {
    const [node_type, params] = typeof it === "string" ? [it, {}] : it;
    return { id: node_type.toLowerCase(), node_type, params };
  });
  const connections = made.slice(1).map(({ id }, i) => ({ from: made[i]!.id, to: id }));
  return { version: "v1", metadata: { name: "test" }, nodes: made, connections };
}

/** A new tab with the package and a {@link Kit}. */
export async function openKit(bench: Bench, options?: { isolated?: boolean }): Promise<Page> {
  const page = await bench.open("/test.html", options);
  await page.evaluate(install);
  return page;
}

/** Puts a {@link Kit} into the page. */
export function install(): void {
  const facts = (error: unknown): Facts => {
    const { name, message, code, node, stage, problems, traceback, details, cause } = error as Facts;
    const own = error instanceof rm.PipelineError;
    const told: unknown = cause instanceof Error ? `${cause.name}: ${cause.message}` : cause;
    return { own, name, message, code, node, stage, problems, traceback, details, cause: told } as Facts;
  };
  const outcome = <T>(promise: PromiseLike<T>) =>
    Promise.resolve(promise).then(
      (value): Outcome<T> => ({ value }),
      (error): Outcome<T> => ({ error: facts(error) }),
    );
  const ear = (): Ear => {
    const events: RunEvent[] = [];
    let waiting: { fits: (event: RunEvent) => boolean; resolve: (event: RunEvent) => void }[] = [];
    return {
      events,
      onEvent: (event) => {
        events.push(event);
        for (const { resolve } of waiting.filter((it) => it.fits(event))) resolve(event);
        waiting = waiting.filter((it) => !it.fits(event));
      },
      heard: (fits) =>
        new Promise((resolve) => {
          const found = events.find(fits);
          if (found) resolve(found);
          else waiting.push({ fits, resolve });
        }),
    };
  };
  const made: Kit["made"] = [];
  const keeping = (role: Role) => () => {
    const worker = new Worker(`/remotemedia/${role}-worker.js`, { type: "module" });
    made.push({ role, worker });
    return worker;
  };
  const workerUrls = {
    runtime: keeping("runtime"),
    compute: keeping("compute"),
    python: keeping("python"),
    models: keeping("models"),
    plugin: keeping("plugin"),
    package: keeping("package"),
    wasi: keeping("wasi"),
  };
  globalThis.kit = { facts, outcome, ear, workerUrls, made } as unknown as Kit;
}
