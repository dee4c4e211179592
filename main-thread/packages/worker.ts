// The package worker: fetches, reads, checks and writes packages, so that no byte of them passes through the page.
import type { Answer } from "../js/answers.js";
import { messageOf, PipelineError } from "../js/errors.js";
import type { PackageProgress, PackagesBoot, PackagesQuestion } from "../js/packages-messages.js";
import { isFull } from "../models/room.js";
import { Teller } from "../models/teller.js";
import { fetchPackage } from "./fetch.js";
import { openFolder, removeFolder, sweep } from "./folder.js";
import { openPackage, packPackage, startReading } from "./open.js";

const scope = globalThis as unknown as DedicatedWorkerGlobalScope;

type Asked = { id: number } & (PackagesQuestion | { ask: "abort" });

let boot: PackagesBoot | undefined;
/** Resolves once what others left is cleared away. */
let swept: Promise<void> = Promise.resolve();
const waiting: Asked[] = [];
/** What aborts questions that are not answered yet. */
const aborts = new Map<number, AbortController>();

scope.onmessage = ({ data }: MessageEvent<{ boot: PackagesBoot } | Asked>) => {
  if ("boot" in data) {
    boot = data.boot;
    // What cannot be cleared away now can be next time.
    swept = sweep().catch(() => {});
    waiting.splice(0).forEach((question) => void hear(question));
  } else if (boot) {
    void hear(data);
  } else {
    waiting.push(data);
  }
};

async function hear(question: Asked): Promise<void> {
  const { id } = question;
  if (question.ask === "abort") return aborts.get(id)?.abort();
  const abort = new AbortController();
  aborts.set(id, abort);
  try {
    const value = await answer(question, abort.signal);
    abort.signal.throwIfAborted();
    say({ id, value });
  } catch (error) {
    say(abort.signal.aborted ? { id, aborted: true } : { id, error: facts(error) });
  } finally {
    aborts.delete(id);
  }
}

async function answer(question: { id: number } & PackagesQuestion, signal: AbortSignal): Promise<unknown> {
  const { wasm, hasher } = boot as PackagesBoot;
  await swept;
  if (question.ask === "forget") return removeFolder(question.folder);
  await startReading(wasm);
  if (question.ask === "pack") return packPackage(question);
  const { id, source, sha256, limits } = question;
  const folder = await openFolder(question.folder);
  const teller = new Teller<PackageProgress>((progress) => say({ id, progress }));
  const { tell } = teller;
  try {
    if ("blob" in source) return await openPackage(source.blob, source.name, question, folder, tell);
    const blob = await fetchPackage({ url: source.url, sha256, limits, hasher, signal, tell }, folder);
    teller.finish();
    return await openPackage(blob, undefined, question, folder, tell);
  } catch (error) {
    // Only a download that broke off is worth keeping.
    if (folder.kept && !(await folder.note())) await removeFolder(question.folder);
    throw error;
  } finally {
    teller.finish();
  }
}

function facts(error: unknown): Extract<Answer<never>, { error: unknown }>["error"] {
  if (error instanceof PipelineError) {
    const { code, message, details, problems } = error;
    return { code, message, details, problems };
  }
  // The wasm is of no use any more; the page ends this worker.
  if (error instanceof WebAssembly.RuntimeError) {
    return { code: "WorkerCrashed", message: `the package worker crashed: ${error.message}` };
  }
  const what = error instanceof Error && !(error instanceof DOMException) ? `${error.name}: ` : "";
  return { code: isFull(error) ? "StorageFull" : "LoadFailed", message: `${what}${messageOf(error)}` };
}

function say(answer: Answer<PackageProgress>): void {
  scope.postMessage(answer);
}
