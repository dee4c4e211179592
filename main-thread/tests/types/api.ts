// Compiles if the public types are what users may rely on. Nothing here is ever run.
import {
  type Audio,
  type Capabilities,
  type ErrorCode,
  type InputValue,
  type Metrics,
  type NodeInfo,
  type Package,
  type PackageEntry,
  type PackageInfo,
  PipelineError,
  type Problem,
  type Result,
  type Run,
  type RunEvent,
  Runtime,
  type StartProgress,
  type Value,
} from "remotemedia";

/** True only for the very same type. */
type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;
function same<A, B>(_is: Same<A, B>): void {}

async function starting(): Promise<void> {
  await using disposed = await Runtime.start();
  const runtime = await Runtime.start({
    assets: new URL("https://example.org/remotemedia/"),
    workerUrls: {
      runtime: "/r.js",
      compute: new URL("https://example.org/c.js"),
      python: () => new Worker("/p.js"),
      package: "/package.js",
      wasi: "/wasi.js",
    },
    python: { indexUrl: "/wheels/", workers: 2, packages: ["msgpack"] },
    threads: "auto",
    computeWorkers: 2,
    limits: { queueItems: 1, itemBytes: 1 << 20 },
    signal: new AbortController().signal,
    onProgress: (progress) => same<typeof progress, StartProgress>(true),
  });
  same<typeof runtime, Runtime>(true);
  same<typeof runtime.capabilities, Capabilities>(true);
  same<Awaited<ReturnType<Runtime["nodes"]>>, NodeInfo[]>(true);
  same<NodeInfo["language"], "rust" | "python">(true);
  same<Awaited<ReturnType<Runtime["validate"]>>, Problem[]>(true);
  same<Problem["severity"], "error" | "warning">(true);
  await runtime.validate("{}", { params: { a: { factor: 2 } } });
  same<Awaited<ReturnType<typeof runtime.registerPython>>, NodeInfo[]>(true);
  await runtime.registerPython("source", { packages: ["msgpack"] });
  await runtime.close();
  // @ts-expect-error: made by Runtime.start() only
  new Runtime();
  // @ts-expect-error: "auto" is the only word
  await Runtime.start({ computeWorkers: "all" });
}

async function running(runtime: Runtime, file: File): Promise<void> {
  const run: Run = runtime.run({ version: "v1" }, { inputs: [5, 7, 3] });
  const result = await run;
  same<typeof result, Result>(true);
  same<typeof result.outputs, Value[]>(true);
  same<typeof result.metrics, Metrics>(true);
  same<typeof result.graph_info.execution_order, string[]>(true);
  const busy: number | undefined = result.metrics.nodes["a"]?.busyMs;
  await run.cancel();
  await run.cancel(new Error("why"));
  same<ReturnType<Run["stream"]>, ReadableStream<Value>>(true);

  const audio: Audio = { type: "audio", sampleRate: 48_000, channels: 2, samples: new Float32Array(2) };
  const values: InputValue[] = [
    null,
    1n,
    { nested: [true, "text", { deep: [audio] }] },
    file,
    new Date(),
    new ArrayBuffer(1),
    { type: "tensor", dtype: "int64", shape: [1], data: new BigInt64Array(1) },
    { type: "bytes", data: new Uint8Array(1), mime: "audio/wav" },
  ];
  runtime.run("{}", {
    inputs: values,
    params: { a: {} },
    timeoutMs: 10,
    collect: false,
    transfer: true,
    bigint: true,
    edgeEvents: true,
  });
  runtime.run("{}", { inputs: new Set(values).values() });
  runtime.run("{}", { inputs: new ReadableStream<number>() });
  runtime.run("{}", {
    inputs: (async function* () {
      yield 1;
    })(),
    onEvent: (event) => same<typeof event, RunEvent>(true),
  });
  const live = runtime.run("{}", { inputs: "stream" });
  same<ReturnType<typeof live.push>, Promise<void>>(true);
  await live.push(audio, { last: true });
  live.end();
  // @ts-expect-error: no iterable
  runtime.run("{}", { inputs: 5 });
  // @ts-expect-error: undefined cannot travel
  runtime.run("{}", { inputs: [undefined] });
  // @ts-expect-error: nor can functions
  runtime.run("{}", { inputs: [() => 1] });
  // @ts-expect-error: no such limit
  runtime.run("{}", { limits: { everything: 1 } });
}

async function packaged(runtime: Runtime, file: File): Promise<void> {
  const pkg = await runtime.loadPackage(file, {
    trust: "page",
    sha256: "00",
    keys: ["key"],
    limits: { archive: 1 << 20 },
    signal: new AbortController().signal,
    onProgress: ({ name, loaded, total }) => console.log(name, loaded, total),
  });
  same<typeof pkg, Package>(true);
  same<typeof pkg.trust, "page" | "none">(true);
  same<ReturnType<typeof pkg.info>, PackageInfo>(true);
  same<ReturnType<typeof pkg.entries>, PackageEntry[]>(true);
  same<ReturnType<typeof pkg.nodes>, NodeInfo[]>(true);
  same<Problem[], typeof pkg.warnings>(true);
  const inputs: InputValue[] | undefined = await pkg.exampleInputs();
  const blob: Blob = await pkg.read("media/a.wav");
  await runtime.validate(pkg, { params: { a: {} } });
  same<Run, ReturnType<typeof runtime.run>>(true);
  runtime.run(pkg, { inputs: inputs ?? [], executor: "package" });
  same<Blob, Awaited<ReturnType<typeof runtime.pack>>>(true);
  await runtime.pack({ manifest: {}, files: { "media/a": blob, "python/b.py": "" }, metadata: {} });
  await runtime.pack({ manifest: "", sign: new Uint8Array(32) });
  await runtime.loadPackage(new URL("https://example.org/x.rmpkg"));
  await runtime.loadPackage(new Uint8Array(1));
  await pkg.close();
  // @ts-expect-error: trust is the page's word
  await runtime.loadPackage(file, { trust: true });
  // @ts-expect-error: one of two
  runtime.run(pkg, { executor: "wasi" });
}

async function listening(run: Run): Promise<void> {
  for await (const event of run) {
    same<typeof event.run, number>(true);
    switch (event.type) {
      case "started":
        same<typeof event.order, string[]>(true);
        break;
      case "load":
        same<typeof event.total, number | null>(true);
        break;
      case "progress":
        same<typeof event.fraction, number | null>(true);
        same<typeof event.unit, "items" | "seconds" | "bytes" | "tokens">(true);
        break;
      case "partial":
      case "output":
        same<typeof event.value, Value>(true);
        same<typeof event.node, string>(true);
        break;
      case "log":
        same<typeof event.level, "debug" | "info" | "warn" | "error">(true);
        break;
      case "edge":
        same<typeof event.items, number>(true);
        break;
      case "finished":
        same<typeof event.result, Result>(true);
        break;
      case "failed":
        console.error(event.error);
        break;
      default:
        same<typeof event, never>(true);
    }
  }
}

function failing(error: unknown): ErrorCode | undefined {
  if (!(error instanceof PipelineError)) return undefined;
  same<typeof error.code, ErrorCode>(true);
  const node: string | undefined = error.node;
  const problems: Problem[] | undefined = error.problems;
  const traceback: string | undefined = error.traceback;
  // @ts-expect-error: the list of codes is closed
  if (error.code === "Unknown") return undefined;
  return error.code;
}

export { failing, listening, packaged, running, starting };
