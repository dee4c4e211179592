import { createHash } from "node:crypto";
import type { IncomingMessage, ServerResponse } from "node:http";

/** What is sent at once. */
const CHUNK = 64 << 10;

/** What somebody asked for. */
export interface Asked {
  method: string;
  range: string | undefined;
  ifRange: string | undefined;
  /** Bytes of the body that were sent. */
  sent: number;
  /** Resolves when the connection was ended by who asked, before everything was sent. */
  gone: Promise<void>;
}

/** One file on a server whose misbehaviour can be chosen. */
export class ModelHost {
  data: Buffer;
  etag: string | undefined = '"1"';
  /** Whether parts are served. */
  ranges = true;
  /** Whether the size is told. */
  tellsSize = true;
  /** Whether pages of other origins may read it. */
  open = false;
  /** Answers this in place of the file. */
  status = 200;
  readonly asked: Asked[] = [];
  readonly #sending = new Set<ServerResponse>();
  /** Place in the file at which nothing more is sent, until {@link release}. */
  #hold: { at: number; released: Promise<void>; release: () => void } | undefined;

  /** Serves `data`, or so many bytes that look like a ggml file and never repeat. */
  constructor(data: Buffer | number) {
    this.data = typeof data === "number" ? ModelHost.model(data) : data;
  }

  /** `size` bytes that begin as a ggml file does; another `seed` gives others. */
  static model(size: number, seed = 1): Buffer {
    const data = Buffer.alloc(size);
    let state = seed;
    for (let at = 0; at + 4 <= size; at += 4) {
      state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
      data.writeUInt32LE(state, at);
    }
    data.write("lmgg", 0, "latin1");
    return data;
  }

  get sha256(): string {
    return createHash("sha256").update(this.data).digest("hex");
  }

  /** The requests for the file itself. */
  get gets(): Asked[] {
    return this.asked.filter(({ method }) => method === "GET");
  }

  holdAt(place: number): void {
    let release = (): void => {};
    const released = new Promise<void>((resolve) => (release = resolve));
    this.#hold = { at: place, released, release };
  }

  release(): void {
    this.#hold?.release();
    this.#hold = undefined;
  }

  /** Breaks every connection; those that follow are held at `next`, if it is given. */
  drop(next?: number): void {
    const broken = [...this.#sending];
    this.#hold = undefined;
    if (next !== undefined) this.holdAt(next);
    for (const response of broken) response.destroy();
  }

  readonly answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const { range, "if-range": ifRange } = request.headers;
    const gone = new Promise<void>((resolve) => response.once("close", resolve));
    const asked: Asked = {
      method: request.method ?? "",
      range,
      ifRange: typeof ifRange === "string" ? ifRange : undefined,
      sent: 0,
      gone,
    };
    this.asked.push(asked);
    const headers: Record<string, string | number> = {
      "Content-Type": "application/octet-stream",
      "Cross-Origin-Resource-Policy": this.open ? "cross-origin" : "same-origin",
      ...(this.etag === undefined ? {} : { ETag: this.etag }),
      ...(this.open ? { "Access-Control-Allow-Origin": "*" } : {}),
    };
    if (request.method === "OPTIONS") {
      response.writeHead(204, { ...headers, "Access-Control-Allow-Headers": "Range" }).end();
      return;
    }
    if (this.status !== 200) {
      response.writeHead(this.status, headers).end();
      return;
    }
    const start = this.#start(asked);
    if (start > 0 && start >= this.data.length) {
      response.writeHead(416, { ...headers, "Content-Range": `bytes */${this.data.length}` }).end();
      return;
    }
    if (this.tellsSize) headers["Content-Length"] = this.data.length - start;
    if (start > 0) headers["Content-Range"] = `bytes ${start}-${this.data.length - 1}/${this.data.length}`;
    response.writeHead(start > 0 ? 206 : 200, headers);
    if (request.method === "HEAD") response.end();
    else await this.#send(response, asked, start);
  };

  #start({ range, ifRange }: Asked): number {
    const start = /^bytes=(\d+)-$/.exec(range ?? "")?.[1];
    const same = ifRange === undefined || ifRange === this.etag;
    return this.ranges && same && start !== undefined ? Number(start) : 0;
  }

  async #send(response: ServerResponse, asked: Asked, start: number): Promise<void> {
    // What was asked for is what is sent, whatever the file is meanwhile.
    const { data } = this;
    let at = start;
    this.#sending.add(response);
    void asked.gone.then(() => this.#sending.delete(response));
    while (at < data.length && !response.destroyed) {
      const hold = this.#hold;
      if (hold && hold.at <= at) {
        await Promise.race([hold.released, asked.gone]);
        continue;
      }
      const end = Math.min(at + CHUNK, data.length, hold?.at ?? Infinity);
      await write(response, data.subarray(at, end));
      asked.sent += end - at;
      at = end;
    }
    response.end();
  }
}

/** Resolves when the bytes have left, or the connection is gone. */
function write(response: ServerResponse, bytes: Buffer): Promise<void> {
  return new Promise((resolve) => {
    response.once("close", resolve);
    response.write(bytes, () => {
      response.removeListener("close", resolve);
      resolve();
    });
  });
}
