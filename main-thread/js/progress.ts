/** `total` is null if unknown. */
export type StartProgress = { what: "wasm"; name: string; loaded: number; total: number | null };
