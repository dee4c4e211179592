/** The table of verdicts on packages, as the page gives them: each row a file, made by the crate's own recipe. */
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { before, test } from "node:test";
import { ROOT } from "../packed.ts";
import { eachEngine } from "./harness/index.ts";
import { openKit } from "./kit.ts";

const FOLDER = join(ROOT, "target/fixtures-packages");

/** What the table says of a package: why it is refused, or facts of what is said of it. */
interface Verdict {
  rejected?: string;
  warnings?: string[];
  info?: { [fact: string]: unknown };
}

const { packages } = JSON.parse(readFileSync(join(ROOT, "tests/compat/packages.json"), "utf8")) as {
  packages: { file: string; verdict: Verdict }[];
};

before(() => {
  const words = ["run", "--quiet", "--package", "package", "--example", "fixtures", "--", FOLDER];
  execFileSync("cargo", words, { cwd: ROOT, stdio: "inherit" });
});

eachEngine("table of packages", (bench) => {
  test("every package gets its verdict", async () => {
    const page = await openKit(bench);
    bench.server.mount("/table/", FOLDER);
    const files = packages.map(({ file }) => file);
    const verdicts = await page.evaluate(async (files) => {
      const runtime = await rm.Runtime.start();
      const verdict = async (file: string) => {
        const blob = await (await fetch(`/table/${file}`)).blob();
        const { value, error } = await kit.outcome(
          runtime.loadPackage(new File([blob], file.split("/").at(-1)!)),
        );
        if (!value) return error!.code === "PackageRejected" ? { rejected: error!.message } : { error };
        const found = { warnings: value.warnings.map(({ message }) => message), info: value.info() };
        await value.close();
        return found;
      };
      const found: unknown[] = [];
      for (const file of files) found.push(await verdict(file));
      await runtime.close();
      return found as Verdict[];
    }, files);
    assert.ok(packages.length >= 40);
    for (const [at, { file, verdict }] of packages.entries()) {
      const { info = {}, ...others } = verdicts[at]!;
      const { info: expected = {}, ...rest } = verdict;
      assert.deepEqual(others, rest, file);
      for (const [fact, value] of Object.entries(expected))
        assert.deepEqual(info[fact], value, `${file}: ${fact}`);
    }
  });
});
