// Whether a file can be part of a model, by its first bytes. What is in it is the speech engine's to check.

/** Bytes that are enough to tell. */
export const HEAD_BYTES = 16;

/** `ggml` as a little-endian number. */
const GGML = [0x6c, 0x6d, 0x67, 0x67];
const BRACE = 0x7b;

/** What is wrong with a file called `name` of `bytes` bytes (null: unknown) that begins with `head`, in words. */
export function objection(name: string, head: Uint8Array, bytes: number | null): string | undefined {
  if (name.endsWith(".json")) {
    return head.find((it) => it > 0x20) === BRACE ? undefined : `is no JSON object, but ${shown(head)}`;
  }
  if (name.endsWith(".safetensors")) return safetensors(head, bytes);
  if (GGML.every((byte, i) => head[i] === byte)) return undefined;
  return `is no ggml model, but ${shown(head)}`;
}

function safetensors(head: Uint8Array, bytes: number | null): string | undefined {
  if (head.length < 9) return `is no safetensors file: it has ${head.length} bytes`;
  const view = new DataView(head.buffer, head.byteOffset, head.byteLength);
  const header = Number(view.getBigUint64(0, true));
  if (head[8] === BRACE && header >= 2 && (bytes === null || header + 8 <= bytes)) return undefined;
  return `is no safetensors file, but ${shown(head)}`;
}

/** Readable, whatever it is. */
function shown(head: Uint8Array): string {
  if (head.length === 0) return "empty";
  const text = String.fromCharCode(...head.subarray(0, HEAD_BYTES));
  return /^[\x20-\x7e\s]+$/.test(text)
    ? `begins with ${JSON.stringify(text)}`
    : `begins with bytes ${[...head.subarray(0, 8)].map((it) => it.toString(16).padStart(2, "0")).join(" ")}`;
}
