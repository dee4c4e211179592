// A worker's script: it gives nothing to whoever imports it.
export {};
