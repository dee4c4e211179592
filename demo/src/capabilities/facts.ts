import type { Capabilities, ModelStorage } from "remotemedia";

/** Something a browser can do for pipelines, or cannot as this page is served. */
export interface Capability {
  name: string;
  /** Shortly, for the masthead. */
  word: string;
  isThere: boolean;
  /** What it is good for. */
  gives: string;
  /** What is lost without it. */
  lost: string;
  /** Why it is not there, and how it can be had. */
  remedy: string;
}

const UPDATE = "This browser does not have it; a current one does.";

/** What this browser can do, what each is good for, and what is lost where it is not there. */
export function capabilityFacts(capabilities: Capabilities, isSecure: boolean): Capability[] {
  const { crossOriginIsolated, threads, simd, relaxedSimd, opfs, serviceWorker, webgpu } = capabilities;
  const needsSecure = isSecure ? UPDATE : "The page has to come from https, or from localhost.";
  return [
    {
      name: "Cross-origin isolation",
      word: "isolated",
      isThere: crossOriginIsolated,
      gives: "Memory shared between page and workers: Python that computes is interrupted at once.",
      lost: "Cancelling Python that computes replaces its worker by a spare one. Everything else works the same.",
      remedy:
        "Serve the page with Cross-Origin-Opener-Policy: same-origin and Cross-Origin-Embedder-Policy: require-corp.",
    },
    {
      name: "Threads",
      word: "threads",
      isThere: threads,
      gives:
        "Threads inside one wasm engine. Engines here use one each; several workers run side by side anyway.",
      lost: "Nothing yet: engines use one thread each, and several workers run side by side without it.",
      remedy: crossOriginIsolated ? UPDATE : "They need cross-origin isolation.",
    },
    {
      name: "SIMD",
      word: "SIMD",
      isThere: simd,
      gives: "Instructions that work on several numbers at once. All Rust nodes are compiled for it.",
      lost: "The Rust side does not start.",
      remedy: UPDATE,
    },
    {
      name: "Relaxed SIMD",
      word: "relaxed SIMD",
      isThere: relaxedSimd,
      gives: "Faster products of matrices, where engines use them. The ones here do not yet.",
      lost: "Nothing yet.",
      remedy: UPDATE,
    },
    {
      name: "Private file system",
      word: "storage",
      isThere: opfs,
      gives: "A place for models of any size; downloads go on where they broke off.",
      lost: "Models are kept in the site’s cache or, in private windows, only as long as the page is open.",
      remedy: isSecure
        ? "Private windows of some browsers, and older browsers, do not have it."
        : needsSecure,
    },
    {
      name: "Service worker",
      word: "offline",
      isThere: serviceWorker,
      gives: "The site opens and works without a network.",
      lost: "The site needs its server whenever it is opened.",
      remedy: isSecure ? "Private windows of some browsers do not have it." : needsSecure,
    },
    {
      name: "WebGPU",
      word: "WebGPU",
      isThere: webgpu,
      gives:
        "Computing on the graphics card. Nothing here uses it: speech runs on the processor, in every browser.",
      lost: "Nothing.",
      remedy: needsSecure,
    },
  ];
}

/** Where models are kept, as one more capability: whether what is kept stays. */
export function storageFact({ kind, persisted }: Pick<ModelStorage, "kind" | "persisted">): Capability {
  return {
    name: "Lasting storage",
    word: "kept",
    isThere: kind !== "memory" && persisted,
    gives: "The browser has promised not to clear models away when room runs short.",
    lost:
      kind === "memory"
        ? "Models are gone when this page is closed."
        : "The browser may clear models away when room runs short; they are then downloaded again.",
    remedy:
      kind === "memory"
        ? "Private windows keep nothing; an ordinary window does."
        : "Models & storage has a button that asks the browser for it.",
  };
}
