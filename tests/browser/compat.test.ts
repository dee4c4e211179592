/** Every manifest of the original, in a page: what it returns is what was decided. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { eachEngine } from "./harness/index.ts";

type Inputs = NonNullable<import("../../dist/remotemedia/remotemedia.js").RunOptions["inputs"]>;

interface Case {
  name: string;
  manifest: object;
  input_data?: Inputs;
  decided: { outputs?: unknown[]; error?: string; validate?: string };
}

const cases = JSON.parse(readFileSync(new URL("../compat/cases.json", import.meta.url), "utf8")) as Case[];

/** Those that every engine runs: starting Python takes the slower ones long, so one of its cases stands for all. */
const CORE = /^(calc_with_input|demo_mixed|diamond_rust_equiv|test_reject_empty_nodes|wasm_test_manifest)$/;

eachEngine("compat", (bench) => {
  const chosen = bench.engine === "chromium" ? cases : cases.filter((it) => CORE.test(it.name));

  test("gives what was decided for each manifest", async () => {
    const page = await bench.open();
    const answers = await page.evaluate(async (chosen) => {
      const runtime = await rm.Runtime.start();
      const answers: unknown[] = [];
      for (const { manifest, input_data, decided } of chosen) {
        if (decided.validate) {
          answers.push(await runtime.validate(manifest));
          continue;
        }
        const options = input_data ? { inputs: input_data } : {};
        answers.push(
          await runtime.run(manifest, options).then(
            ({ outputs }) => ({ outputs }),
            (error: { code: string }) => ({ error: error.code }),
          ),
        );
      }
      await runtime.close();
      return answers;
    }, chosen);
    chosen.forEach(({ name, decided }, at) => {
      if (decided.validate) {
        const problems = answers[at] as { code: string; severity: string }[];
        assert.ok(
          problems.every((it) => it.code === "UnknownNode" || it.severity === "warning"),
          `${name}: ${JSON.stringify(problems)}`,
        );
      } else {
        assert.deepEqual(answers[at], decided, name);
      }
    });
  });
});
