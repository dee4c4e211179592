import { readFile, stat } from "node:fs/promises";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { extname, join, normalize } from "node:path";
import { fileURLToPath } from "node:url";

const ROOT = fileURLToPath(new URL("../../../", import.meta.url));
const PAGES = fileURLToPath(new URL("./pages/", import.meta.url));

const MIME: Record<string, string> = {
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".mjs": "text/javascript; charset=utf-8",
  ".css": "text/css; charset=utf-8",
  ".json": "application/json; charset=utf-8",
  ".map": "application/json; charset=utf-8",
  ".wasm": "application/wasm",
  ".svg": "image/svg+xml",
  ".wav": "audio/wav",
  ".flac": "audio/flac",
};

/** The headers of an isolated page. */
export const ISOLATION = {
  "Cross-Origin-Opener-Policy": "same-origin",
  "Cross-Origin-Embedder-Policy": "require-corp",
  "Cross-Origin-Resource-Policy": "same-origin",
};

/** What one path answers instead of its file. */
export interface Fault {
  /** 404 unless said otherwise; ignored with `body`. */
  status?: number;
  /** Sent with status 200 in place of the file. */
  body?: string | Uint8Array;
  /** Milliseconds before anything is sent; with neither `status` nor `body`, the file follows. */
  delay?: number;
}

/** Answers a request by itself. */
export type Handler = (request: IncomingMessage, response: ServerResponse) => void | Promise<void>;

/**
 * Serves `dist/remotemedia` at `/remotemedia/`, `dist/site` at `/site/`, the front end in Rust at `/yew/`, and test pages
 * at `/`, on a port of its own. Nothing is cached, so that a fault takes effect at once.
 */
export class TestServer {
  /** Paths asked for so far, in order. */
  readonly requests: string[] = [];
  /** Whether pages are cross-origin isolated; may be changed between page loads. */
  isolated: boolean;
  /** Sent with every answer, instead of others of the same name. */
  headers: Readonly<Record<string, string>> = {};
  /** Whether pages keep their own log as `__log`, for an engine whose driver does not tell it. */
  keepsLog = false;
  #server: Server | undefined;
  #port = 0;
  readonly #faults = new Map<string, Fault>();
  readonly #handlers = new Map<string, Handler>();
  readonly #mounts = new Map<string, string>();

  private constructor(isolated: boolean) {
    this.isolated = isolated;
  }

  /** Starts to listen on a free port of this machine. */
  static async start({ isolated = true } = {}): Promise<TestServer> {
    const server = new TestServer(isolated);
    await server.listen();
    return server;
  }

  /** Listens once more, on the port it had before. */
  async listen(): Promise<void> {
    const server = createServer((request, response) => {
      this.#answer(request, response).catch((error: unknown) => response.destroy(error as Error));
    });
    await new Promise<void>((resolve, reject) => {
      server.once("error", reject).listen(this.#port, "127.0.0.1", resolve);
    });
    this.#port = (server.address() as AddressInfo).port;
    this.#server = server;
  }

  /** The address of `path`. */
  url(path: string): string {
    return `http://127.0.0.1:${this.#port}${path}`;
  }

  /** Makes `path` misbehave from now on. */
  fault(path: string, fault: Fault): void {
    this.#faults.set(path, fault);
  }

  /** Heals `path`, or all. */
  heal(path?: string): void {
    if (path === undefined) this.#faults.clear();
    else this.#faults.delete(path);
  }

  /** Lets `handler` answer what asks for `path`, until the next call for this path. */
  serve(path: string, handler: Handler): void {
    this.#handlers.set(path, handler);
  }

  /** Serves the files of `folder` below `prefix`, which ends with a slash, instead of anything else there. */
  mount(prefix: string, folder: string): void {
    this.#mounts.set(prefix, folder);
  }

  /** Ends the server and every connection to it. */
  async close(): Promise<void> {
    const server = this.#server;
    this.#server = undefined;
    if (!server) return;
    const closed = new Promise<void>((resolve) => server.close(() => resolve()));
    server.closeAllConnections();
    await closed;
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const path = decodeURIComponent(new URL(request.url ?? "/", "http://localhost").pathname);
    this.requests.push(path);
    const handler = this.#handlers.get(path);
    if (handler) return handler(request, response);
    const fault = this.#faults.get(path);
    if (fault?.delay) await new Promise((resolve) => setTimeout(resolve, fault.delay));
    if (fault?.body !== undefined) return this.#send(response, 200, path, Buffer.from(fault.body));
    const body = fault && !fault.delay ? undefined : await read(this.#locate(normalize(path)));
    this.#send(response, body ? 200 : (fault?.status ?? 404), path, body ?? Buffer.alloc(0));
  }

  #locate(path: string): string {
    const longestFirst = [...this.#mounts].sort(([a], [b]) => b.length - a.length);
    const mount = longestFirst.find(([prefix]) => path.startsWith(prefix));
    if (mount) return join(mount[1], path.slice(mount[0].length));
    if (path.startsWith("/remotemedia/") || path.startsWith("/site/")) return join(ROOT, "dist", path);
    if (path.startsWith("/yew/")) return join(ROOT, "target/bindgen", path);
    return join(PAGES, path);
  }

  #send(response: ServerResponse, status: number, path: string, body: Buffer): void {
    const type = MIME[extname(path)] ?? (path.endsWith("/") ? MIME[".html"]! : "application/octet-stream");
    const isolation = this.isolated ? ISOLATION : {};
    if (this.keepsLog && type === MIME[".html"]) body = withLog(body);
    response.writeHead(status, {
      "Content-Type": type,
      "Content-Length": body.length,
      "Cache-Control": "no-store",
      ...isolation,
      ...this.headers,
    });
    response.end(body);
  }
}

/** The bytes of a file, of a folder's page; none if there is no such file. */
async function read(file: string): Promise<Buffer | undefined> {
  const found = await stat(file).catch(() => undefined);
  const whole = found?.isDirectory() ? join(file, "index.html") : file;
  return readFile(whole).catch(() => undefined);
}

/** A page whose first script keeps the log. */
function withLog(page: Buffer): Buffer {
  return Buffer.from(page.toString().replace("<meta", '<script src="/log.js"></script><meta'));
}
