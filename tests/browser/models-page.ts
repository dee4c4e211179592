/** What tests of models need in their pages. */
import type { Facts } from "./kit.ts";

type PublicRuntime = Awaited<ReturnType<typeof rm.Runtime.start>>;
type Info = Awaited<ReturnType<PublicRuntime["models"]["info"]>>;
type Progress = Parameters<
  NonNullable<NonNullable<Parameters<PublicRuntime["models"]["load"]>[1]>["onProgress"]>
>[0];

/** How a load went. */
export interface Loaded {
  info?: Info;
  error?: Facts;
  progress: Progress[];
}

interface Running {
  loaded: Promise<Loaded>;
  abort: AbortController;
  reached(bytes: number): Promise<void>;
}

/** In pages prepared by {@link install}. */
export interface ModelKit {
  runtime: PublicRuntime;
  load(name: string): Promise<Loaded>;
  /** Starts a load and resolves once so many bytes are told of. */
  begin(name: string, bytes: number): Promise<void>;
  /** Resolves once so many bytes are told of, of the load that was begun last. */
  reached(bytes: number): Promise<void>;
  isWaiting(): Promise<void>;
  /** How the last load that was begun ended. */
  ended(): Promise<Loaded>;
  /** Aborts the first that was begun. */
  abort(): Promise<Loaded>;
  loadFile(url: string, name: string): Promise<Loaded>;
  loadFiles(files: Record<string, string>, name?: string): Promise<Loaded>;
}

declare global {
  /** In pages prepared by `install`. */
  var models: ModelKit;
}

/** Starts a runtime in the page, with `workerUrl` as the script of its models worker. */
export async function install(workerUrl?: string): Promise<void> {
  const runtime = await rm.Runtime.start(workerUrl ? { workerUrls: { models: workerUrl } } : {});
  const how = async (
    source: string | File | File[],
    options: object,
    progress: Progress[],
  ): Promise<Loaded> => {
    try {
      return { info: await runtime.models.load(source, options), progress };
    } catch (thrown) {
      const { name, message, code, stage, details } = thrown as Facts;
      return { error: { name, message, code, stage, details } as Facts, progress };
    }
  };
  const running: Running[] = [];
  const kit: ModelKit = {
    runtime,
    load: (name) => {
      const progress: Progress[] = [];
      return how(name, { onProgress: (it: Progress) => progress.push(it) }, progress);
    },
    begin: (name, bytes) => {
      const abort = new AbortController();
      const progress: Progress[] = [];
      let heard = (): void => {};
      const onProgress = (it: Progress): void => {
        progress.push(it);
        heard();
      };
      const loaded = how(name, { signal: abort.signal, onProgress }, progress);
      const reached = (bytes: number): Promise<void> =>
        new Promise((resolve, reject) => {
          heard = () => {
            if ((progress.at(-1)?.loaded ?? 0) >= bytes) resolve();
          };
          heard();
          void loaded.then(({ error }) => {
            if (error) reject(new Error(`${error.code}: ${error.message}`));
            else resolve();
          });
        });
      running.push({ loaded, abort, reached });
      return reached(bytes);
    },
    reached: (bytes) => running.at(-1)!.reached(bytes),
    /** Resolves when a tab waits for another one's download. */
    isWaiting: async () => {
      for (;;) {
        const { pending = [] } = await navigator.locks.query();
        if (pending.some(({ name }) => name?.startsWith("remotemedia models"))) return;
        await new Promise((resolve) => setTimeout(resolve, 10));
      }
    },
    ended: () => running.at(-1)!.loaded,
    abort: () => {
      running[0]!.abort.abort();
      return running[0]!.loaded;
    },
    loadFile: async (url, name) => {
      const file = new File([await (await fetch(url)).blob()], name);
      return how(file, {}, []);
    },
    loadFiles: (files, name) => {
      const made = Object.entries(files).map(([name, text]) => new File([text], name));
      return how(made.length === 1 ? made[0]! : made, name === undefined ? {} : { name }, []);
    },
  };
  globalThis.models = kit;
}

/** How a run went. */
export interface Ran {
  outputs?: unknown[];
  modelsMs?: number;
  error?: Facts;
  loads: { name: string; loaded: number; total: number | null }[];
}

/** What a run with the node `ModelReader` of `source` gives for `model`. */
export async function runReader({ source, model }: { source: string; model: string }): Promise<Ran> {
  const { runtime } = models;
  await runtime.registerPython(source);
  const loads: Ran["loads"] = [];
  const manifest = {
    version: "v1",
    metadata: { name: "reader" },
    nodes: [{ id: "reader", node_type: "ModelReader", params: { model } }],
    connections: [],
  };
  const run = runtime.run(manifest, {
    onEvent: (event) => {
      if (event.type !== "load" || event.what !== "model") return;
      loads.push({ name: event.name, loaded: event.loaded, total: event.total });
    },
  });
  try {
    const { outputs, metrics } = await run;
    return { outputs, modelsMs: metrics.loadMs.models, loads };
  } catch (thrown) {
    const { name, message, code, node, stage, details } = thrown as Facts;
    return { error: { name, message, code, node, stage, details } as Facts, loads };
  }
}

/** The same, cancelled as soon as some of the model is there. */
export async function cancelWhileLoading({ source, model }: { source: string; model: string }): Promise<Ran> {
  const { runtime } = models;
  await runtime.registerPython(source);
  const nodes = [{ id: "reader", node_type: "ModelReader", params: { model } }];
  const run = runtime.run(
    { version: "v1", metadata: { name: "reader" }, nodes, connections: [] },
    {
      onEvent: (event) => {
        if (event.type === "load" && event.what === "model" && event.loaded > 0) void run.cancel();
      },
    },
  );
  try {
    return { outputs: (await run).outputs, loads: [] };
  } catch (thrown) {
    const { name, message, code } = thrown as Facts;
    return { error: { name, message, code } as Facts, loads: [] };
  }
}

/** Changes the last byte of the file called `name` in every folder of kept models. */
export async function damage(name: string): Promise<void> {
  const root = await navigator.storage.getDirectory();
  const models = await root.getDirectoryHandle("remotemedia-models");
  for await (const folder of models.values()) {
    if (folder.kind !== "directory") continue;
    const handle = await folder.getFileHandle(name);
    const { size } = await handle.getFile();
    const file = await handle.createWritable({ keepExistingData: true });
    await file.write({ type: "write", position: size - 1, data: Uint8Array.of(0) });
    await file.close();
  }
}
