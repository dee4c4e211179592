/** What results are, and how items are written. */
import assert from "node:assert/strict";
import { test } from "node:test";
import type { Value } from "remotemedia";
import { RunModel } from "../src/pipeline/run-model.ts";
import type { Table } from "../src/pipeline/series.ts";
import {
  csv,
  filesOf,
  labelColumn,
  saidNow,
  sorted,
  soundsOf,
  tablesOf,
  textsOf,
} from "../src/pipeline/shown.ts";
import { rewritten, WAYS, type Written } from "../src/pipeline/written.ts";

const srt = (text: string): Value => ({ text, mime: "text/plain", extension: "srt" });

test("results are text if each of them has some", () => {
  const transcript = { text: " Hello. ", language: "en", audio_duration: 4.71, segments: [] };
  assert.deepEqual(textsOf(["a", transcript]), [
    { text: "a", detail: "" },
    { text: "Hello.", detail: "4.7 s, en" },
  ]);
  for (const outputs of [[], ["a", 7], [{ text: 7 }]] as Value[][]) assert.equal(textsOf(outputs), undefined);
});

test("what is being said is the newest of each segment, and over with the result", () => {
  const model = new RunModel({ nodes: [{ id: "w", type: "Whisper" }], edges: [] });
  const say = (id: number, text: string): void =>
    model.happened({ type: "partial", run: 1, node: "w", value: { id, text, final: false } }, 0);
  say(0, "set the");
  say(0, "set the timer");
  say(1, "for six");
  assert.equal(saidNow(model.partials.values()), "set the timer for six");
  model.happened({ type: "output", run: 1, node: "w", value: "all" }, 0);
  assert.equal(saidNow(model.partials.values()), "");
});

function checkFiles(outputs: Value[], inputs: string[], expected: string): void {
  assert.equal(
    filesOf(outputs, inputs)
      .map((it) => it.name)
      .join(" "),
    expected,
  );
}

test("files are called after what they were made of, each another", () => {
  checkFiles([srt("a"), srt("b")], ["x.wav", "y.tar.gz"], "x.srt y.tar.srt");
  checkFiles([srt("a"), srt("b")], ["x.wav", "x.mp3"], "x.srt x-2.srt");
  checkFiles([srt("a")], ["x.wav", "y.wav"], "result-1.srt");
  checkFiles([{ text: "a", mime: "m", extension: "../x" }], [], "result-1.x");
  checkFiles([{ type: "bytes", data: new Uint8Array(3), mime: "image/png" }], [], "result-1.png");
  checkFiles([{ type: "bytes", data: new Uint8Array(3) }], [], "result-1.bin");
  checkFiles([7, "a", null, { text: "a" }], [], "");
});

test("sound is told from all else", () => {
  const sound = { type: "audio", sampleRate: 8000, channels: 2, samples: new Float32Array(4) } as const;
  const [found] = soundsOf([sound, "a"], ["x.wav", "y"]);
  assert.equal(found?.name, "x-8000.wav");
  assert.equal(soundsOf([{ type: "audio", samples: [1] }], []).length, 0);
});

function checkTables(outputs: Value[], expected: string): void {
  const told = tablesOf(outputs).map(
    ({ name, table }) => `${name}(${table.columns.join(" ")}) ${table.rows.length}`,
  );
  assert.equal(told.join("; "), expected);
}

test("lists of objects in results are tables too, and first where there is one result", () => {
  const segments = [{ start: 0 }, { start: 1 }];
  checkTables([{ segments, ratio: 1 }], "segments(start) 2; results(segments ratio) 1");
  checkTables([{ segments }, { segments }], "results(segments) 2; segments(result start) 4");
  checkTables([5, 7], "results(value) 2");
  checkTables([{ a: [] }, { a: [1] }], "results(a) 2");
  checkTables([], "");
});

function checkSorted(values: Value[], isDown: boolean, expected: Value[]): void {
  const table = { columns: ["x"], rows: values.map((it) => [it]) };
  const rows = sorted(table, { column: "x", isDown }).rows.map(([it]) => it);
  assert.deepEqual(rows, expected);
}

test("rows are sorted as people would, what is missing last", () => {
  checkSorted([10, 9, 2n], false, [2n, 9, 10]);
  checkSorted([10, null, 9, 2n], true, [10, 9, 2n, null]);
  checkSorted(["b10", "b9", "a"], false, ["a", "b9", "b10"]);
  const table: Table = { columns: ["x"], rows: [[2], [1]] };
  assert.deepEqual(sorted(table, undefined).rows, table.rows);
  assert.deepEqual(sorted(table, { column: "gone", isDown: false }).rows, table.rows);
});

test("a table is written as comma-separated values, with quotes where they are needed", () => {
  const table = {
    columns: ["a", "b,c"],
    rows: [
      [1, 'say "x"'],
      [undefined, { d: [1] }],
    ],
  };
  assert.equal(csv(table), 'a,"b,c"\r\n1,"say ""x"""\r\n,"{""d"":[1]}"\r\n');
});

test("rows have labels if a column names each another way", () => {
  const rows = [
    ["a", "x", 1],
    ["a", "y", 2],
  ];
  assert.equal(labelColumn({ columns: ["p", "q", "n"], rows }), "q");
  assert.equal(labelColumn({ columns: ["p"], rows: [["a"], ["a"]] }), undefined);
});

function checkWritten(way: Written, text: string, expected: unknown[] | undefined): void {
  assert.deepEqual(WAYS[way].read(text), expected, text);
}

test("items are numbers or lines, as they are written", () => {
  checkWritten("numbers", "1, 2.5;-3e2\n4", [1, 2.5, -300, 4]);
  checkWritten("numbers", " ", undefined);
  checkWritten("lines", "a\n\n b\n", ["a", "", " b"]);
  checkWritten("lines", "", undefined);
  for (const text of ["1 x", "1 [2]", "0x10", '"1"']) {
    assert.throws(() => WAYS.numbers.read(text), { code: "InvalidInput" }, text);
  }
});

test("items go along from one way of writing to another where they can", () => {
  assert.equal(rewritten("[5, 7]", "json", "numbers"), "5\n7");
  assert.equal(rewritten('["a", "b"]', "json", "lines"), "a\nb");
  assert.equal(rewritten("1 2", "numbers", "json"), "[1, 2]");
  for (const text of ['["a\\nb"]', "[{}]", "[", ""]) {
    assert.equal(rewritten(text, "json", "lines"), undefined, text);
  }
});
