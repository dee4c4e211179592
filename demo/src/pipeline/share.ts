/** A pipeline as it travels in an address. */
export interface Shared {
  manifest: string;
  /** Items, as JSON. */
  inputs?: string;
  /** Where items come from that do not travel. */
  source?: "recordings" | "microphone";
  /** The user's own nodes. */
  python?: string;
}

/** Letters of a link at most: longer ones are cut off on their way, by chats and by servers. */
const LETTERS = 32_000;
/** Bytes at most that a link becomes: what packs better than that was made to do harm. */
const BYTES = 1 << 20;

/** A pipeline that does not fit into a link, or a link that holds none. */
export class LinkError extends Error {
  override readonly name = "Link";
}

/** A pipeline as the end of an address. Rejects with a {@link LinkError} if it is too large. */
export async function packed(shared: Shared): Promise<string> {
  const text = new TextEncoder().encode(JSON.stringify(shared));
  const bytes = text.length > BYTES ? text : await through(text, new CompressionStream("deflate-raw"), BYTES);
  const letters = base64(bytes);
  if (letters.length <= LETTERS && text.length <= BYTES) return letters;
  throw new LinkError("the pipeline is too large for a link: download it, and pass the file on");
}

/** The pipeline in the end of an address. Rejects with a {@link LinkError} if there is none. */
export async function unpacked(letters: string): Promise<Shared> {
  if (letters.length > LETTERS) throw new LinkError("the link is longer than any that this page makes");
  const bytes = bytesOf(letters);
  let text: string;
  try {
    const inflated = await through(bytes, new DecompressionStream("deflate-raw"), BYTES);
    text = new TextDecoder("utf-8", { fatal: true }).decode(inflated);
  } catch (error) {
    if (error instanceof LinkError) throw error;
    throw new LinkError("the link is broken: perhaps its end is missing", { cause: error });
  }
  const shared = sharedOf(text);
  if (!shared) throw new LinkError("the link holds no pipeline");
  return shared;
}

function sharedOf(text: string): Shared | undefined {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (typeof value !== "object" || value === null) return undefined;
  const { manifest, inputs, python, source } = value as { [name: string]: unknown };
  if (typeof manifest !== "string") return undefined;
  return {
    manifest,
    ...(typeof inputs === "string" ? { inputs } : {}),
    ...(typeof python === "string" ? { python } : {}),
    ...(source === "recordings" || source === "microphone" ? { source } : {}),
  };
}

/** What comes out of a stream, of which no more than `most` bytes are ever held. */
async function through(
  bytes: Uint8Array<ArrayBuffer>,
  stream: CompressionStream | DecompressionStream,
  most: number,
): Promise<Uint8Array<ArrayBuffer>> {
  const reader = new Blob([bytes]).stream().pipeThrough(stream).getReader();
  const parts: Uint8Array<ArrayBuffer>[] = [];
  let length = 0;
  for (let next = await reader.read(); next.value; next = await reader.read()) {
    length += next.value.length;
    if (length > most) {
      await reader.cancel();
      throw new LinkError("the link holds more than any that this page makes");
    }
    parts.push(next.value as Uint8Array<ArrayBuffer>);
  }
  return new Uint8Array(await new Blob(parts).arrayBuffer());
}

function base64(bytes: Uint8Array): string {
  let text = "";
  for (const byte of bytes) text += String.fromCharCode(byte);
  return btoa(text).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}

function bytesOf(letters: string): Uint8Array<ArrayBuffer> {
  if (!/^[\w-]+$/.test(letters)) throw new LinkError("the link is broken: it has letters that none has");
  try {
    const text = atob(letters.replaceAll("-", "+").replaceAll("_", "/"));
    return Uint8Array.from(text, (it) => it.charCodeAt(0));
  } catch (error) {
    throw new LinkError("the link is broken: perhaps its end is missing", { cause: error });
  }
}
