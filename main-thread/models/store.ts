// The models there are: what is known of them, getting them, keeping them.
import { PipelineError } from "../js/errors.js";
import type { LocalModel, ModelFiles, ModelInfo, ModelStorage } from "../js/models-messages.js";
import { fetchModel } from "./fetch.js";
import { hashOf, startHashing } from "./hash.js";
import { exclusively, Job, type Tell } from "./job.js";
import { copyModel, inspect } from "./local.js";
import { needMemory, storageRoom } from "./room.js";
import type { ModelRecord, Shelf } from "./shelf.js";
import { isOf, locate, type Source } from "./source.js";

/** What the store stands in. */
export interface Surroundings {
  shelf: Shelf;
  /** Why models are kept no better, if so. */
  note?: string;
  catalogue(): Promise<Source[]>;
  /** URL of the wasm that hashes. */
  wasm: string;
  /** What relative URLs of models are relative to. */
  page: string;
}

export class Store {
  readonly #in: Surroundings;
  readonly #jobs = new Map<string, Job<ModelFiles>>();
  /** Files the user gave that there was no room to copy. */
  readonly #borrowed = new Map<string, ModelFiles>();
  /** Models whose files were found to be as they were when they were stored, since this page is open. */
  readonly #checked = new Set<string>();

  constructor(surroundings: Surroundings) {
    this.#in = surroundings;
  }

  async list(): Promise<ModelInfo[]> {
    const records = await this.#in.shelf.records();
    const catalogue = await this.#in.catalogue();
    const other = records.filter((record) => !catalogue.some(({ name }) => name === record.name));
    const known = catalogue.map((source) => {
      return this.#describe(
        source,
        records.find(({ name }) => name === source.name),
      );
    });
    const kept = other.map((record) => this.#describe(undefined, record));
    const borrowed = [...this.#borrowed].map(([name, files]) => borrowedInfo(name, files));
    return [...(await Promise.all([...known, ...kept])), ...borrowed];
  }

  async info(name: string): Promise<ModelInfo> {
    const borrowed = this.#borrowed.get(name);
    if (borrowed) return borrowedInfo(name, borrowed);
    const record = await this.#in.shelf.record(name);
    if (record?.source === "file") return this.#describe(undefined, record);
    const source = await this.#locate(name);
    return this.#describe(source, await this.#in.shelf.record(source.name));
  }

  /** The files of the model `name`, fetched if need be; `named`: it may not be a URL. */
  async get(name: string, signal: AbortSignal, tell: Tell, named: boolean): Promise<ModelFiles> {
    const borrowed = this.#borrowed.get(name);
    if (borrowed) return allTold(name, borrowed, tell);
    const record = await this.#in.shelf.record(name);
    if (record?.source === "file") return allTold(name, await this.#getKept(record, signal), tell);
    const source = await this.#locate(name);
    if (named && source.source === "url") {
      const why = "a package that the page does not trust may use its own models and those of the catalogue";
      throw new PipelineError("NotSupported", `${why}, not ${source.name}`, { details: { name } });
    }
    needMemory(source.name, source.memory ?? source.bytes ?? undefined);
    return this.#together(source.name, signal, tell, (job) => this.#fetch(source, job));
  }

  /** Takes in files that the user gave; gives the name under which they are known. */
  async add(local: LocalModel, signal: AbortSignal, tell: Tell): Promise<string> {
    const catalogue = await this.#in.catalogue().catch(() => []);
    if (catalogue.some(({ name }) => name === local.name)) {
      const message = `${local.name} is the name of a model of the catalogue: give the file another one`;
      throw new PipelineError("InvalidInput", message, { details: { name: local.name } });
    }
    await inspect(local);
    await startHashing(this.#in.wasm);
    await this.#together(local.name, signal, tell, (job) => this.#copy(local, job));
    return local.name;
  }

  async remove(name: string): Promise<void> {
    if (this.#borrowed.delete(name)) return;
    const kept = await this.#in.shelf.record(name);
    const known = kept ? name : (await this.#locate(name)).name;
    await exclusively(
      known,
      undefined,
      () => {},
      () => this.#in.shelf.remove(known),
    );
    this.#checked.delete(known);
  }

  async storage(): Promise<ModelStorage> {
    const records = await this.#in.shelf.records();
    const sizes = await Promise.all(records.map((record) => this.#sizes(record)));
    const used = sizes.flat().reduce((sum, it) => sum + it, 0);
    const persisted = (await navigator.storage?.persisted?.().catch(() => false)) ?? false;
    return { kind: this.#in.shelf.kind, used, ...(await storageRoom()), persisted };
  }

  async #locate(name: string): Promise<Source> {
    const catalogue = await this.#in.catalogue().catch((error: unknown) => ({ error }));
    if (Array.isArray(catalogue)) return locate(name, catalogue, this.#in.page);
    try {
      // A URL needs no catalogue.
      return locate(name, [], this.#in.page);
    } catch {
      throw catalogue.error;
    }
  }

  /** Joins those who wait for `work` on this model, or begins it. */
  #together(
    name: string,
    signal: AbortSignal,
    tell: Tell,
    work: (job: Job<ModelFiles>) => Promise<ModelFiles>,
  ): Promise<ModelFiles> {
    const forget = (job: Job<ModelFiles>): void => {
      if (this.#jobs.get(name) === job) this.#jobs.delete(name);
    };
    const there = this.#jobs.get(name);
    if (there) return there.wait(signal, tell);
    const job: Job<ModelFiles> = new Job(
      (job) =>
        Promise.resolve()
          .then(() => work(job))
          .finally(() => forget(job)),
      () => forget(job),
    );
    this.#jobs.set(name, job);
    return job.wait(signal, tell);
  }

  async #fetch(source: Source, job: Job<ModelFiles>): Promise<ModelFiles> {
    const { shelf, note, wasm } = this.#in;
    const tell: Tell = (progress) => job.tell(note === undefined ? progress : { ...progress, notice: note });
    const kept = await this.#kept(source, job.signal);
    if (kept) return allTold(source.name, kept, tell);
    await startHashing(wasm).catch((cause: unknown) => {
      throw new PipelineError("LoadFailed", `${wasm} cannot be loaded`, { cause });
    });
    return exclusively(source.name, job.signal, tell, async () => {
      // Another tab may have got it meanwhile.
      const kept = await this.#kept(source, job.signal);
      if (kept) return allTold(source.name, kept, tell);
      const record = await fetchModel(source, shelf, job.signal, tell);
      this.#checked.add(source.name);
      return this.#files(record);
    });
  }

  async #copy(local: LocalModel, job: Job<ModelFiles>): Promise<ModelFiles> {
    return exclusively(local.name, job.signal, job.tell.bind(job), async () => {
      const record = await copyModel(local, this.#in.shelf, job.signal, job.tell.bind(job));
      this.#borrowed.delete(local.name);
      if (record) {
        this.#checked.add(local.name);
        return this.#files(record);
      }
      const note = `${local.name} is used where it lies: there is no room for a copy, so the next visit needs it anew`;
      const files = local.files.map((file) => ({ name: file.name, data: file as Blob }));
      this.#borrowed.set(local.name, { files, note });
      job.tell({ name: local.name, loaded: sum(files), total: sum(files), notice: note });
      return { files, note };
    });
  }

  /** The model as it is kept; nothing if it is not, or not what `source` says: then it is cleared away. */
  async #kept(source: Source, signal: AbortSignal): Promise<ModelFiles | undefined> {
    const record = await this.#in.shelf.record(source.name);
    if (!record?.files.every((file) => file.done)) return undefined;
    if (isOf(record, source) && (await this.#isSound(record, signal))) return this.#files(record);
    await this.#in.shelf.remove(source.name);
    return undefined;
  }

  async #getKept(record: ModelRecord, signal: AbortSignal): Promise<ModelFiles> {
    if (record.files.every((file) => file.done) && (await this.#isSound(record, signal))) {
      return this.#files(record);
    }
    await this.#in.shelf.remove(record.name);
    throw new PipelineError(
      "ModelRejected",
      `the kept copy of ${record.name} is damaged: load the file again`,
    );
  }

  /** Whether the files are those that were stored: found out once, since it takes reading them. */
  async #isSound(record: ModelRecord, signal: AbortSignal): Promise<boolean> {
    if (this.#checked.has(record.name)) return true;
    await startHashing(this.#in.wasm);
    for (const [index, { absent, bytes, sha256 }] of record.files.entries()) {
      if (absent) continue;
      const file = await this.#in.shelf.file(record.name, index);
      if (file === undefined || file.size !== bytes || (await hashOf(file, signal)) !== sha256) return false;
    }
    this.#checked.add(record.name);
    return true;
  }

  async #files(record: ModelRecord): Promise<ModelFiles> {
    const files: ModelFiles["files"] = [];
    for (const [index, { absent, name }] of record.files.entries()) {
      const data = absent ? undefined : await this.#in.shelf.file(record.name, index);
      if (data) files.push({ name, data });
    }
    return this.#in.note === undefined ? { files } : { files, note: this.#in.note };
  }

  #sizes(record: ModelRecord): Promise<number[]> {
    return Promise.all(record.files.map((_, index) => this.#in.shelf.size(record.name, index)));
  }

  async #describe(source: Source | undefined, record: ModelRecord | undefined): Promise<ModelInfo> {
    const current = record && (!source || isOf(record, source)) ? record : undefined;
    const bytesStored = current ? (await this.#sizes(current)).reduce((sum, it) => sum + it, 0) : 0;
    const whole = current?.files.every((file) => file.done) ?? false;
    const listed = whole || !source ? (current?.files ?? []) : source.files;
    const files = listed
      .filter((file) => !("absent" in file && file.absent))
      .map(({ name, bytes, url, sha256 }) => ({
        name,
        bytes,
        ...(url ? { url } : {}),
        ...(sha256 === undefined ? {} : { sha256 }),
      }));
    const unknown = files.some(({ bytes }) => bytes === null);
    const { licence, languages, memory, note } = source ?? {};
    return {
      name: source?.name ?? record?.name ?? "",
      title: source?.title ?? record?.title ?? "",
      source: source?.source ?? record?.source ?? "url",
      state: whole ? "stored" : bytesStored > 0 ? "partial" : source?.bundled ? "bundled" : "none",
      bytes: unknown ? null : files.reduce((sum, { bytes }) => sum + (bytes ?? 0), 0),
      bytesStored,
      files,
      default: source?.default ?? false,
      ...(licence === undefined ? {} : { licence }),
      ...(languages === undefined ? {} : { languages }),
      ...(memory === undefined ? {} : { memory }),
      ...(note === undefined ? {} : { note }),
    };
  }
}

function borrowedInfo(name: string, { files, note }: ModelFiles): ModelInfo {
  const listed = files.map(({ name, data }) => ({ name, bytes: data.size }));
  const facts = { name, title: name, source: "file", state: "stored", default: false } as const;
  return { ...facts, bytes: sum(files), bytesStored: 0, files: listed, ...(note ? { note } : {}) };
}

/** Tells that nothing is missing. */
function allTold(name: string, found: ModelFiles, tell: Tell): ModelFiles {
  const bytes = sum(found.files);
  tell({ name, loaded: bytes, total: bytes, ...(found.note === undefined ? {} : { notice: found.note }) });
  return found;
}

function sum(files: ModelFiles["files"]): number {
  return files.reduce((sum, { data }) => sum + data.size, 0);
}
