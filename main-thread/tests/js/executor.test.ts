/** What needs no browser of a package's own executor: what goes in, what is found in what it wrote, its memory. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { Encoder } from "../../js/encode.ts";
import type { PipelineError } from "../../js/errors.ts";
import { graphOf } from "../../wasi/graph.ts";
import { limitMemory } from "../../wasi/memory.ts";
import { Output, Say } from "../../wasi/output.ts";
import { requestText, resultIn } from "../../wasi/text.ts";

const RESULT = { graph_info: { execution_order: ["a"] }, outputs: [1, "}{"], status: "success" };

test("the result is found whatever is written around it", () => {
  const check = (written: string, outputs: unknown[] | undefined): void =>
    assert.deepEqual(resultIn(written)?.outputs, outputs, written);
  const pretty = JSON.stringify(RESULT, null, 2);
  const marker = "=== PIPELINE RESULTS ===";
  check(JSON.stringify(RESULT), [1, "}{"]);
  check(pretty, [1, "}{"]);
  check(`INFO a {"x"\n\n${marker}\n${pretty}\nINFO done }`, [1, "}{"]);
  check(`\u001b[32mINFO\u001b[0m pipeline {braces}\n${marker}\n${pretty}\n\u001b[2mINFO\u001b[0m`, [1, "}{"]);
  check(`{"outputs": "noise"}\n${marker}\n${pretty}`, [1, "}{"]);
  check(`${marker}\n{"outputs":[0]}\n${marker}\n${pretty}`, [1, "}{"]);
  check(`log: ${JSON.stringify(RESULT)} and more`, [1, "}{"]);
  check('{"outputs":20}', [20]);
  check('{"outputs":null}', [null]);
  check('{"status":"success"}', undefined);
  check(pretty.slice(0, -1), undefined);
  check("{".repeat(10_000), undefined);
  check("", undefined);
});

test("integers beyond 2^53 are found exactly", () => {
  const check = (written: string, ...outputs: unknown[]): void =>
    assert.deepEqual(resultIn(`{"outputs":[${written}]}`)?.outputs, outputs);
  check("9007199254740993, -9223372036854775808", 9007199254740993n, -9223372036854775808n);
  check("18446744073709551615, 99999999999999999999", 18446744073709551615n, 1e20);
  check('"9007199254740993", {"9007199254740993":1}', "9007199254740993", { "9007199254740993": 1 });
  check("1e300, 1.5, 3, 1.2345678901234567", 1e300, 1.5, 3, 1.2345678901234567);
});

test("the request has the manifest as it is, parameters merged over it, and the items as JSON", () => {
  const check = (params: string | null, values: unknown[] | null, expected: string): void => {
    const encoder = new Encoder(false);
    values?.forEach((value, index) => encoder.add(value, index));
    assert.equal(requestText(MANIFEST, params, values && [encoder.finish()]), expected);
  };
  const MANIFEST = '{ "nodes": [{ "id": "a", "params": { "x": 1, "y": 2 } }, { "id": "b" }] }';
  check(null, null, `{"manifest":${MANIFEST}}`);
  check(
    null,
    [1.5, 2n ** 60n, { a: [null, "ü"] }, NaN, true],
    `{"manifest":${MANIFEST},"input_data":[1.5,${2n ** 60n},{"a":[null,"ü"]},null,true]}`,
  );
  const merged = '{"nodes":[{"id":"a","params":{"x":1,"y":3}},{"id":"b","params":{"z":0}}]}';
  check('{"a":{"y":3},"b":{"z":0}}', null, `{"manifest":${merged}}`);
});

test("what is no JSON is refused by its place", () => {
  const check = (value: unknown, path: string): void => {
    const encoder = new Encoder(false);
    encoder.add(0, 0);
    encoder.add(value, 1);
    assert.throws(
      () => requestText("{}", null, [encoder.finish()]),
      (error: PipelineError) =>
        error.code === "InvalidInput" && (error.details as { path: string }).path === path,
    );
  };
  check({ type: "audio", sampleRate: 8000, channels: 1, samples: new Float32Array(2) }, "/1");
  check({ a: [new Uint8Array(1)] }, "/1/a/0");
  check(new Blob(["x"]), "/1");
});

test("the shape of a manifest has ties in the order of its nodes", () => {
  const check = (nodes: string, edges: string[], order: string, sinks: string): void => {
    const manifest = {
      nodes: [...nodes].map((id) => ({ id })),
      connections: edges.map(([from, to]) => ({ from, to })),
    };
    const shape = graphOf(JSON.stringify(manifest));
    assert.deepEqual([shape.graph.execution_order.join(""), shape.sinks.join("")], [order, sinks]);
  };
  check("abc", [], "abc", "abc");
  check("cba", ["ab", "bc"], "abc", "c");
  check("abcd", ["ac", "bc", "ad"], "abcd", "cd");
});

test("a module's memory is limited by what is written into it", () => {
  const PAGES = 65_536;
  const module = (...limits: number[]): Uint8Array<ArrayBuffer> => {
    const memory = [5, limits.length + 1, 1, ...limits];
    // A memory, exported, between two sections of their own.
    const custom = [0, 2, 1, 0x78];
    const exported = [7, 5, 1, 1, 0x6d, 2, 0];
    return Uint8Array.of(0, 0x61, 0x73, 0x6d, 1, 0, 0, 0, ...custom, ...memory, ...exported, ...custom);
  };
  const check = (limits: number[], most: number, reached: number): void => {
    const limited = limitMemory(module(...limits), most * PAGES);
    const { exports } = new WebAssembly.Instance(new WebAssembly.Module(limited));
    const memory = exports["m"] as WebAssembly.Memory;
    memory.grow(reached - memory.buffer.byteLength / PAGES);
    assert.throws(() => memory.grow(1), RangeError, String(limits));
  };
  check([0, 1], 3, 3);
  check([1, 1, 2], 3, 2);
  check([1, 1, 9], 3, 3);
  check([0, 1], 200, 200);
  assert.throws(
    () => limitMemory(module(0, 4), 3 * PAGES),
    /asks for 262144 bytes of memory, and 196608 are allowed/,
  );
  const none = Uint8Array.of(0, 0x61, 0x73, 0x6d, 1, 0, 0, 0);
  assert.equal(limitMemory(none, PAGES), none);
});

test("error output is told line by line, so many lines at most", () => {
  const told: string[] = [];
  const say = new Say(3, (lines) => told.push(...lines.map(({ level, message }) => `${level}: ${message}`)));
  const write = (text: string): void => say.write(new TextEncoder().encode(text));
  write("\u001b[33m WARN\u001b[0m a");
  assert.deepEqual(told, []);
  write("b\nplain\n\n2026 ERROR c\nd\ne");
  say.end();
  assert.deepEqual(told, [
    "warn:  WARN ab",
    "info: plain",
    "error: 2026 ERROR c",
    "warn: 2 more lines were left out",
  ]);
  assert.deepEqual(say.last, [" WARN ab", "plain", "2026 ERROR c", "d", "e"]);
});

test("more output than is allowed stops the executor", () => {
  const output = new Output(4);
  output.write(Uint8Array.of(0xc3));
  output.write(Uint8Array.of(0xbc, 0x61));
  assert.equal(output.text(), "üa");
  assert.throws(() => output.write(new Uint8Array(2)), { code: "LimitExceeded" });
});
