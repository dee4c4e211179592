/** The table of values and numbers, in a page: `tests/tests/conformance.rs` runs the same natively. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { eachEngine, type Page } from "./harness/index.ts";

interface Row {
  name: string;
  input: unknown;
  output?: unknown;
  rounded?: unknown;
  python?: string;
  python_output?: unknown;
  error?: { path: string | null; message: string };
}

/** What became of a row on each of its ways. */
interface Answers {
  exact: string;
  rounded: string;
  python: string;
  shown: string;
}

const read = (name: string) => readFileSync(new URL(`../compat/${name}`, import.meta.url), "utf8");
const rows = JSON.parse(read("values.json")) as Row[];
const good = rows.filter((row) => row.error === undefined);
const bad = rows.filter((row) => row.error !== undefined);

/** Puts `make` (notation to value) and `tell` (value to notation, as text) into the page; see compat/README.md. */
function speakNotation(page: Page): Promise<void> {
  return page.evaluate(() => {
    type Bulk = { hex: string; mime?: string; name?: string; dtype?: string; shape?: number[] };
    type Words = {
      [word: string]: unknown;
      $range: number[];
      $repeat: [unknown, number];
      $tensor: Bulk;
      $audio: Bulk;
      $bytes: Bulk;
      $blob: Bulk;
    };
    const bytes = (hex: string) => Uint8Array.from(hex.match(/../g) ?? [], (it) => parseInt(it, 16));
    const hex = (view: ArrayBufferView) =>
      Array.from(new Uint8Array(view.buffer, view.byteOffset, view.byteLength), (it) =>
        it.toString(16).padStart(2, "0"),
      ).join("");
    const arrays: Record<string, new (buffer: ArrayBuffer) => ArrayBufferView> = {
      bool: Uint8Array,
      int8: Int8Array,
      int16: Int16Array,
      int32: Int32Array,
      int64: BigInt64Array,
      uint8: Uint8Array,
      uint16: Uint16Array,
      uint32: Uint32Array,
      uint64: BigUint64Array,
      float32: Float32Array,
      float64: Float64Array,
    };
    const makers: Record<string, (words: Words) => unknown> = {
      $js: ({ $js }) => (0, eval)(`(${String($js)})`),
      $number: ({ $number }) => Number($number),
      $bigint: ({ $bigint }) => BigInt($bigint as string),
      $nest: ({ $nest }) => Array.from({ length: ($nest as number) - 1 }).reduce((it) => [it], []),
      $range: ({ $range: [start = 0, count = 0, step = 1] }) =>
        Array.from({ length: count }, (_, i) => start + i * step),
      $repeat: ({ $repeat: [value, count], as }) =>
        as === "text" ? String(value).repeat(count) : Array.from({ length: count }, () => make(value)),
      $tensor: ({ $tensor: { dtype = "", shape, hex } }) => ({
        type: "tensor",
        dtype,
        shape,
        data: new arrays[dtype]!(bytes(hex).buffer),
      }),
      $audio: ({ $audio: { hex, ...facts } }) => ({
        type: "audio",
        ...facts,
        samples: new Float32Array(bytes(hex).buffer),
      }),
      $bytes: ({ $bytes: { hex, ...facts } }) => ({ type: "bytes", ...facts, data: bytes(hex) }),
      $blob: ({ $blob: { hex, mime = "", name } }) =>
        name ? new File([bytes(hex)], name, { type: mime }) : new Blob([bytes(hex)], { type: mime }),
    };
    function make(it: unknown): unknown {
      if (Array.isArray(it)) return it.map(make);
      if (typeof it !== "object" || it === null) return it;
      const words = it as Words;
      const word = Object.keys(it)[0] ?? "";
      if (Object.hasOwn(makers, word)) return makers[word]!(words);
      return Object.fromEntries(Object.entries(words).map(([key, value]) => [key, make(value)]));
    }
    async function tell(it: unknown): Promise<unknown> {
      if (typeof it === "bigint") return { $bigint: String(it) };
      // JSON has no word for these; all other numbers it writes exactly.
      if (typeof it === "number") return Object.is(it, -0) || !isFinite(it) ? { $number: String(it) } : it;
      if (typeof it !== "object" || it === null) return it;
      if (Array.isArray(it)) return Promise.all(it.map(tell));
      if (it instanceof Blob) {
        const { type: mime, name } = it as File;
        return { $blob: { hex: hex(new Uint8Array(await it.arrayBuffer())), mime, name } };
      }
      const { type, data, samples, ...facts } = it as Record<string, unknown>;
      if (samples instanceof Float32Array) return { $audio: { ...facts, hex: hex(samples) } };
      if (ArrayBuffer.isView(data)) {
        return { [`$${String(type)}`]: { ...facts, array: data.constructor.name, hex: hex(data) } };
      }
      const entries = Object.entries(it).map(async ([key, value]) => [key, await tell(value)] as const);
      return Object.fromEntries(await Promise.all(entries));
    }
    Object.assign(globalThis, { make, tell: async (it: unknown) => JSON.stringify(await tell(it)) });
  });
}

declare global {
  var make: (notation: unknown) => any;
  var tell: (value: unknown) => Promise<string>;
}

const manifest = (node_type: string) => ({ version: "v1", nodes: [{ id: "n", node_type }], connections: [] });

eachEngine("conformance", (bench) => {
  test("each value comes back as the table says, from Rust and from Python, and Python sees what it says", async () => {
    const page = await bench.open();
    await speakNotation(page);
    const answers = await page.evaluate(
      async ({ table, source, pass, same, shown }) => {
        const rows = JSON.parse(table) as Row[];
        const runtime = await rm.Runtime.start();
        await runtime.registerPython(source);
        const all = async (manifest: object, options: object = {}): Promise<string[]> => {
          const inputs = rows.map(({ input }) => make(input));
          const { outputs } = await runtime.run(manifest, { inputs, ...options });
          return Promise.all(outputs.map(tell));
        };
        const exact = await all(pass, { bigint: true });
        const rounded = await all(pass);
        const python = await all(same, { bigint: true });
        const seen = await all(shown);
        await runtime.close();
        const polluted = "polluted" in {};
        const expected = async ({
          input,
          output = input,
          rounded = output,
          python_output = output,
        }: Row) => ({
          exact: await tell(make(output)),
          rounded: await tell(make(rounded)),
          python: await tell(make(python_output)),
        });
        // What was left out of a row is its input; null is a value like any other.
        const wanted = await Promise.all(
          rows.map((row) => expected("output" in row ? row : { ...row, output: row.input })),
        );
        return { exact, rounded, python, seen, wanted, polluted };
      },
      {
        // As text: `__proto__` in an object literal is no key.
        table: JSON.stringify(good),
        source: read("probe.py"),
        pass: manifest("PassThrough"),
        same: manifest("same"),
        shown: manifest("shown"),
      },
    );
    assert.equal(answers.polluted, false);
    assert.equal(answers.exact.length, good.length);
    good.forEach(({ name, python }, at) => {
      const found: Answers = {
        exact: answers.exact[at] ?? "",
        rounded: answers.rounded[at] ?? "",
        python: answers.python[at] ?? "",
        shown: answers.seen[at] ?? "",
      };
      assert.deepEqual(found, { ...answers.wanted[at], shown: JSON.stringify(python) }, name);
    });
  });

  test("what cannot travel is refused, with a pointer to it", async () => {
    const page = await bench.open();
    await speakNotation(page);
    const errors = await page.evaluate(
      async ({ rows, pass }) => {
        const runtime = await rm.Runtime.start();
        const refused = async (input: unknown) =>
          runtime.run(pass, { inputs: [make(input)] }).then(
            () => undefined,
            (error: unknown) => {
              const { code, stage, message, details } = error as InstanceType<typeof rm.PipelineError>;
              return { code, stage, message, path: (details as { path?: string } | undefined)?.path };
            },
          );
        const errors: Awaited<ReturnType<typeof refused>>[] = [];
        for (const { input } of rows) errors.push(await refused(input));
        await runtime.close();
        return errors;
      },
      { rows: bad, pass: manifest("PassThrough") },
    );
    bad.forEach(({ name, error }, at) => {
      const { code, stage, message = "", path } = errors[at] ?? {};
      assert.deepEqual([code, stage], ["InvalidInput", "input"], name);
      if (error?.path) assert.equal(path, error.path, name);
      assert.ok(message.includes(error?.message ?? ""), `${name}: ${message}`);
    });
  });
});
