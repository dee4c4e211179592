/** What tests of models share. */
import assert from "node:assert/strict";
import { type Bench, ModelHost, type Page } from "./harness/index.ts";
import { install, type Loaded } from "./models-page.ts";

/** Bytes of the model that tests serve, and where. */
export const SIZE = 3_000_000;
export const FILE = "/models/m.bin";

/** A catalogue with `host` as the model `m`, beside one that is to be heard of. */
export function catalogue(host: ModelHost, memory = 1, url = FILE): string {
  const facts = { licence: "MIT", languages: ["en"], memory };
  const file = { name: "m.bin", url, bytes: SIZE, sha256: host.sha256 };
  const models = [
    { name: "m", title: "M", ...facts, files: [file] },
    { name: "tiny", title: "T", ...facts, files: [] },
  ];
  return JSON.stringify({ models });
}

/** A page on a server that has the model `host` at {@link FILE}, and the catalogue `models` if one is given. */
export async function open(bench: Bench, host: ModelHost, models?: string): Promise<Page> {
  const page = await bench.open("/test.html");
  bench.server.serve(FILE, host.answer);
  if (models) bench.server.fault("/remotemedia/models.json", { body: models });
  await page.evaluate(install);
  await forget(page);
  return page;
}

/** Removes what earlier tests kept. */
export async function forget(page: Page): Promise<void> {
  await page.evaluate(async () => {
    for (const { name, bytesStored } of await models.runtime.models.list()) {
      if (bytesStored > 0) await models.runtime.models.remove(name);
    }
  });
}

export function load(page: Page, name: string): Promise<Loaded> {
  return page.evaluate((name) => models.load(name), name);
}

/** Starts to load and resolves once about `bytes` are there; the load goes on. */
export function begin(page: Page, name: string, bytes: number): Promise<void> {
  return page.evaluate(({ name, bytes }) => models.begin(name, bytes), { name, bytes });
}

/** Loads while the connection breaks at each of `places`, once all before it was told of. */
export async function loadBroken(
  page: Page,
  host: ModelHost,
  name: string,
  places: number[],
): Promise<Loaded> {
  const [first = 0, ...others] = places;
  host.holdAt(first);
  await begin(page, name, first);
  for (const next of others) {
    host.drop(next);
    await page.evaluate((bytes) => models.reached(bytes), next);
  }
  host.drop();
  return ended(page);
}

export function ended(page: Page): Promise<Loaded> {
  return page.evaluate(() => models.ended());
}

export function isWhole({ info, error, progress }: Loaded, host: ModelHost): void {
  assert.deepEqual(error, undefined);
  const bytes = host.data.length;
  assert.deepEqual(
    { state: info?.state, bytes: info?.bytes, stored: info?.bytesStored, sha256: info?.files[0]?.sha256 },
    { state: "stored", bytes, stored: bytes, sha256: host.sha256 },
  );
  assert.equal(progress.at(-1)?.loaded, bytes);
  assert.equal(progress.at(-1)?.total, bytes);
}
