/** What the views of models and of the site itself work out. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { figuresOf } from "../build/figures.ts";
import { MEASUREMENTS } from "../src/about/measurements.ts";
import { inUnit, summarize } from "../src/about/statistics.ts";
import { capabilityFacts, storageFact } from "../src/capabilities/facts.ts";
import type { Model } from "../src/models/models.ts";
import { caution, obstacles, type Room } from "../src/models/room.ts";

const MODEL: Model = {
  name: "m",
  title: "M",
  bytes: 500e6,
  kept: 0,
  memory: 1e9,
  languages: undefined,
  licence: "MIT",
  from: "models.example",
  note: undefined,
  place: "absent",
};
const ROOM: Room = { storage: { kind: "opfs", available: 1e9 }, memory: 8 * 2 ** 30 };

function checkRoom(model: Partial<Model>, room: Partial<Room>, expected: RegExp | undefined): void {
  const found = obstacles({ ...MODEL, ...model }, { ...ROOM, ...room }).join(" ");
  if (expected) assert.match(found, expected);
  else assert.equal(found, "");
}

test("what is against a model is known before it is fetched", () => {
  checkRoom({}, {}, undefined);
  const little = { kind: "opfs", available: 100e6 } as const;
  checkRoom({}, { storage: little }, /^500 MB are still to come, and about 100 MB are free for this site\.$/);
  checkRoom({ kept: 450e6, place: "partial" }, { storage: little }, undefined);
  checkRoom({ place: "stored", kept: 500e6 }, { storage: little }, undefined);
  checkRoom({ bytes: undefined, memory: undefined }, { storage: little }, undefined);
  checkRoom({}, { storage: { kind: "opfs", available: null }, memory: undefined }, undefined);
  checkRoom({ memory: 3e9 }, { memory: 2 * 2 ** 30 }, /needs about 3 GB .* this device tells of 2\.15 GB/);
  checkRoom({ memory: 5e9 }, { memory: undefined }, /an engine in a page can have 4\.29 GB/);
});

test("a model that takes more than half of the memory is pointed out", () => {
  const words = (memory: number | undefined, device: number | undefined): string =>
    caution({ ...MODEL, memory }, { ...ROOM, memory: device });
  assert.match(words(3e9, 4 * 2 ** 30), /more than half/);
  for (const [memory, device] of [
    [1e9, 4 * 2 ** 30],
    [5e9, 4 * 2 ** 30],
    [undefined, 4 * 2 ** 30],
    [3e9, undefined],
  ] as const) {
    assert.equal(words(memory, device), "");
  }
});

const README = `
<!-- bench -->
| what | ours | peer or limit | ratio | target |
|---|---|---|---|---|
| trip ¹ | 50 µs | bare: 25 µs | 2 | ≤ 1.3 |
| load | 5.58 % of a core | limit: 3 % of a core | 1.86 | ≤ 1 |
| alone | 3 ms | — | — | — |

¹ Falls short of its target:

- trip: two worlds: here and there.
<!-- /bench -->
`;

test("figures are read out of the table that the benchmarks wrote", () => {
  assert.deepEqual(figuresOf(README), [
    {
      what: "trip",
      ours: { value: 50, unit: "µs" },
      against: { name: "bare", value: 25, unit: "µs" },
      ratio: 2,
      most: 1.3,
      short: "two worlds: here and there",
    },
    {
      what: "load",
      ours: { value: 5.58, unit: "% of a core" },
      against: { name: "limit", value: 3, unit: "% of a core" },
      ratio: 1.86,
      most: 1,
      short: null,
    },
    { what: "alone", ours: { value: 3, unit: "ms" }, against: null, ratio: null, most: null, short: null },
  ]);
  assert.throws(() => figuresOf("nothing"), /no table/);
  assert.throws(() => figuresOf(README.replace("50 µs", "fast")), /no figure/);
});

test("what is measured here and published is called the same", () => {
  const figures = figuresOf(readFileSync(new URL("../../README.md", import.meta.url), "utf8"));
  for (const it of MEASUREMENTS) {
    if (!("published" in it)) continue;
    const figure = figures.find(({ what }) => what === it.published);
    assert.equal(figure?.ours.unit, it.unit, it.published);
  }
});

test("several measurements have a middle and two ends", () => {
  assert.equal(summarize([]), undefined);
  assert.deepEqual(summarize([3, 1, 2]), { median: 2, min: 1, max: 3, runs: [3, 1, 2] });
  assert.equal(summarize([4, 1, 2, 3])?.median, 2.5);
});

test("figures have about three digits and a unit that fits", () => {
  const told = [
    [57.26, "µs"],
    [12_345, "µs"],
    [99.84, "ms"],
    [3859, "ms"],
    [20_000, "ms"],
    [0, "%"],
  ] as const;
  assert.deepEqual(
    told.map(([value, unit]) => inUnit(value, unit)),
    ["57.3 µs", "12.3 ms", "99.8 ms", "3,859 ms", "20 s", "0 %"],
  );
});

const ALL = {
  crossOriginIsolated: true,
  threads: true,
  simd: true,
  relaxedSimd: true,
  opfs: true,
  serviceWorker: true,
  webgpu: true,
  reasons: [],
};

test("whatever lacks is told with what is lost and what helps", () => {
  const missing = (capabilities: object, isSecure = true): string[] =>
    capabilityFacts({ ...ALL, ...capabilities }, isSecure)
      .filter((it) => !it.isThere)
      .map(({ word, remedy }) => `${word}: ${remedy}`);
  assert.deepEqual(missing({}), []);
  assert.match(missing({ crossOriginIsolated: false }).join(), /^isolated: .*Cross-Origin-Embedder-Policy/);
  assert.match(missing({ opfs: false }, false).join(), /^storage: .*https/);
  assert.match(missing({ opfs: false }).join(), /^storage: Private windows/);
  assert.equal(storageFact({ kind: "opfs", persisted: true }).isThere, true);
  assert.match(storageFact({ kind: "opfs", persisted: false }).lost, /may clear/);
  assert.match(storageFact({ kind: "memory", persisted: false }).lost, /gone when this page is closed/);
});
