import type { Runtime } from "remotemedia";
import type { Offline } from "remotemedia/offline";

/** Something that works without a network once it is kept. Sizes in bytes. */
export interface Part {
  name: string;
  title: string;
  bytes: number;
  bytesKept: number;
}

/** In the order in which they are shown. */
const TITLES: { [group: string]: string } = {
  core: "The site and pipelines of Rust nodes",
  media: "Sound and speech",
  python: "Python nodes",
  recordings: "Recordings to try",
  packages: "Packages to try",
  docs: "Documentation",
  other: "Everything else",
};

/** Whether this browser's user wants as little as possible to be fetched. */
export function saysSaveData(): boolean {
  const { connection } = navigator as { connection?: { saveData?: boolean } };
  return connection?.saveData ?? false;
}

/** What can be kept, and how much of it is. */
export async function partsOf(offline: Offline, runtime: Runtime | undefined): Promise<Part[]> {
  const place = (group: string): number => Object.keys(TITLES).indexOf(group);
  const groups = (await offline.groups()).sort((a, b) => place(a.group) - place(b.group));
  const parts = groups.map(({ group, bytes, bytesKept }) => {
    return { name: group, title: TITLES[group] ?? group, bytes, bytesKept };
  });
  const models = runtime ? await siteModels(offline, runtime) : [];
  if (models.length === 0) return parts;
  const sum = (field: "bytes" | "bytesStored"): number =>
    models.reduce((all, it) => all + (it[field] ?? 0), 0);
  const model = { name: "models", title: "Demo model", bytes: sum("bytes"), bytesKept: sum("bytesStored") };
  return [...parts, model];
}

/** Fetches what is missing. The store of models keeps the models, as it does for runs. */
export async function fetchAll(
  offline: Offline,
  runtime: Runtime | undefined,
  signal: AbortSignal,
  tell: (loaded: number, total: number) => void,
): Promise<void> {
  const models = runtime ? await siteModels(offline, runtime) : [];
  const ofModels = models.reduce((sum, { bytes }) => sum + (bytes ?? 0), 0);
  const ofFiles = (await offline.groups()).reduce((sum, { bytes }) => sum + bytes, 0);
  const total = ofFiles + ofModels;
  await offline.makeAvailable(undefined, { signal, onProgress: ({ loaded }) => tell(loaded, total) });
  let done = ofFiles;
  for (const { name, bytes } of models) {
    const onProgress = ({ loaded }: { loaded: number }): void => tell(done + loaded, total);
    await runtime?.models.load(name, { signal, onProgress });
    done += bytes ?? 0;
  }
  tell(total, total);
}

/** The models that lie beside the site, in each format. */
async function siteModels(offline: Offline, runtime: Runtime) {
  const { list } = await offline.described();
  const names = list.files.map(({ file }) => /(?:^|\/)models\/([^/]+)\//.exec(file)?.[1]);
  return (await runtime.models.list()).filter(({ name }) => names.includes(name));
}
