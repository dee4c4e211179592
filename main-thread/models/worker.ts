// The models worker: downloads, hashes and keeps models, so that no byte of them passes through the page.
import { messageOf, PipelineError } from "../js/errors.js";
import type { ModelProgress, ModelsAnswer, ModelsBoot, ModelsQuestion } from "../js/models-messages.js";
import { isFull } from "./room.js";
import { openShelf } from "./shelves.js";
import { parseCatalogue, type Source } from "./source.js";
import { Store } from "./store.js";
import { Teller } from "./teller.js";

const scope = globalThis as unknown as DedicatedWorkerGlobalScope;

let store: Promise<Store> | undefined;
const waiting: ModelsQuestion[] = [];
/** What aborts questions that are not answered yet. */
const aborts = new Map<number, AbortController>();

scope.onmessage = ({ data }: MessageEvent<{ boot: ModelsBoot } | ModelsQuestion>) => {
  if ("boot" in data) {
    store = open(data.boot);
    waiting.splice(0).forEach((question) => void hear(question));
  } else if (store) {
    void hear(data);
  } else {
    waiting.push(data);
  }
};

async function open({ files, catalogue, wasm, page }: ModelsBoot): Promise<Store> {
  const { shelf, note } = await openShelf();
  let known: Promise<Source[]> | undefined;
  const read = (): Promise<Source[]> => {
    known ??= readCatalogue(catalogue, files).catch((error: unknown) => {
      // The next question tries again.
      known = undefined;
      throw error;
    });
    return known;
  };
  return new Store({ shelf, ...(note === undefined ? {} : { note }), catalogue: read, wasm, page });
}

async function readCatalogue(url: string, files: ModelsBoot["files"]): Promise<Source[]> {
  const failed = (why: string, cause?: unknown): PipelineError =>
    new PipelineError("LoadFailed", `the catalogue of models, ${url}, ${why}`, { cause });
  const answer = await fetch(url).catch((cause: unknown) => {
    throw failed("cannot be fetched", cause);
  });
  if (!answer.ok) throw failed(`is missing (${answer.status})`);
  return parseCatalogue(await answer.text(), url, files);
}

async function hear(question: ModelsQuestion): Promise<void> {
  const { id } = question;
  if (question.ask === "abort") return aborts.get(id)?.abort();
  const abort = new AbortController();
  aborts.set(id, abort);
  try {
    const value = await answer(question, abort.signal);
    say({ id, value });
  } catch (error) {
    say(abort.signal.aborted ? { id, aborted: true } : { id, error: facts(error) });
  } finally {
    aborts.delete(id);
  }
}

async function answer(
  question: Exclude<ModelsQuestion, { ask: "abort" }>,
  signal: AbortSignal,
): Promise<unknown> {
  const models = await (store as Promise<Store>);
  switch (question.ask) {
    case "list":
      return models.list();
    case "info":
      return models.info(question.name);
    case "storage":
      return models.storage();
    case "remove":
      return models.remove(question.name);
    case "load": {
      const { id, model, named } = question;
      const teller = new Teller<ModelProgress>((progress) => say({ id, progress }));
      const name = typeof model === "string" ? model : await models.add(model, signal, teller.tell);
      try {
        const files = await models.get(name, signal, teller.tell, named);
        return { files, info: await models.info(name) };
      } finally {
        teller.finish();
      }
    }
  }
}

function facts(error: unknown): Extract<ModelsAnswer, { error: unknown }>["error"] {
  if (error instanceof PipelineError) {
    const { code, message, details } = error;
    return details === undefined ? { code, message } : { code, message, details };
  }
  const what = error instanceof Error && !(error instanceof DOMException) ? `${error.name}: ` : "";
  return { code: isFull(error) ? "StorageFull" : "LoadFailed", message: `${what}${messageOf(error)}` };
}

function say(answer: ModelsAnswer): void {
  scope.postMessage(answer);
}
