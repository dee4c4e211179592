/** What this browser, as this page is served, can do. */
export interface Capabilities {
  /** Whether memory can be shared: Python is interrupted instead of restarted. */
  crossOriginIsolated: boolean;
  /** Whether wasm threads can be used. */
  threads: boolean;
  simd: boolean;
  relaxedSimd: boolean;
  /** Whether there is a private file system to keep models in. */
  opfs: boolean;
  serviceWorker: boolean;
  webgpu: boolean;
  /** Why something cannot be done, in words. */
  reasons: string[];
}

/** A function without arguments that gives a vector, by its instructions. */
function vectorModule(...code: number[]): Uint8Array<ArrayBuffer> {
  const body = [0, ...code, 0x0b];
  const signature = [1, 5, 1, 0x60, 0, 1, 0x7b];
  return Uint8Array.from([
    0,
    0x61,
    0x73,
    0x6d,
    1,
    0,
    0,
    0,
    ...signature,
    3,
    2,
    1,
    0,
    10,
    body.length + 2,
    1,
    body.length,
    ...body,
  ]);
}
/** `i32.const 0; i8x16.splat` */
const SPLAT = [0x41, 0, 0xfd, 0x0f];
const SIMD = vectorModule(...SPLAT);
/** `i8x16.relaxed_swizzle` of two of them. */
const RELAXED = vectorModule(...SPLAT, ...SPLAT, 0xfd, 0x80, 0x02);

/** Looks what this browser can do. */
export function capabilities(): Capabilities {
  const isolated = globalThis.crossOriginIsolated === true;
  const has = (name: string): boolean => typeof navigator === "object" && name in navigator;
  const found = {
    crossOriginIsolated: isolated,
    threads: isolated && typeof SharedArrayBuffer === "function",
    simd: WebAssembly.validate(SIMD),
    relaxedSimd: WebAssembly.validate(RELAXED),
    opfs: has("storage") && typeof navigator.storage?.getDirectory === "function",
    serviceWorker: has("serviceWorker"),
    webgpu: has("gpu"),
  };
  const secure =
    globalThis.isSecureContext === false ? "the page is no secure context (https or localhost)" : undefined;
  const missing: [boolean, string][] = [
    [
      found.crossOriginIsolated,
      "no shared memory: serve the page with Cross-Origin-Opener-Policy: same-origin and Cross-Origin-Embedder-Policy: require-corp",
    ],
    [found.threads, "no wasm threads: they need shared memory"],
    [found.simd, "no wasm SIMD in this browser"],
    [found.relaxedSimd, "no relaxed wasm SIMD in this browser"],
    [found.opfs, `no private file system: ${secure ?? "not in this browser"}`],
    [found.serviceWorker, `no service worker: ${secure ?? "not in this browser"}`],
    [found.webgpu, `no WebGPU: ${secure ?? "not in this browser"}`],
  ];
  return { ...found, reasons: missing.filter(([there]) => !there).map(([, reason]) => reason) };
}
