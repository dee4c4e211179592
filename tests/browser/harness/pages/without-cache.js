Object.defineProperty(globalThis, "caches", { value: undefined });
