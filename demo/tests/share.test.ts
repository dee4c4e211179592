/** Pipelines in links and files, and addresses. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { deflateRawSync } from "node:zlib";
import { fileName, imported, isManifest } from "../src/pipeline/manifest-file.ts";
import { packed, type Shared, unpacked } from "../src/pipeline/share.ts";
import { placeOf } from "../src/site.ts";

const WHOLE: Shared = {
  manifest: '{ "version": "v1" }',
  inputs: '["ä", 18446744073709551615]',
  python: "from remotemedia import Node\n# …",
};

/** What a forged link holds, as the end of an address. */
function forged(content: string | Buffer): string {
  return deflateRawSync(content).toString("base64url");
}

test("a pipeline comes out of its link as it went in", async () => {
  for (const shared of [
    WHOLE,
    { manifest: "no JSON {" },
    { manifest: "{}", source: "microphone" },
  ] as Shared[]) {
    const letters = await packed(shared);
    assert.match(letters, /^[\w-]+$/);
    assert.deepEqual(await unpacked(letters), shared);
  }
});

test("a pipeline that is too large for a link is told so", async () => {
  let [state, noise] = [1, ""];
  while (noise.length < 60_000) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    noise += state.toString(36);
  }
  for (const manifest of [noise, "a".repeat(2 << 20)]) {
    await assert.rejects(packed({ manifest }), /too large for a link/);
  }
});

async function checkRefused(letters: string, message: RegExp): Promise<void> {
  await assert.rejects(
    unpacked(letters),
    (error: Error) => error.name === "Link" && message.test(error.message),
  );
}

test("broken links are refused, with what is wrong with them", async () => {
  const letters = await packed(WHOLE);
  await checkRefused("", /letters that none has/);
  await checkRefused("<script>", /letters that none has/);
  await checkRefused("A", /end is missing/);
  await checkRefused(letters.slice(0, -8), /end is missing/);
  await checkRefused(`_${letters.slice(1)}`, /broken/);
  await checkRefused(forged(Buffer.from([0xff, 0xfe])), /broken/);
  await checkRefused(forged("no JSON"), /no pipeline/);
  for (const value of [null, 7, [], {}, { manifest: 7 }]) {
    await checkRefused(forged(JSON.stringify(value)), /no pipeline/);
  }
});

test("a link that would become very much is refused, however short it is", async () => {
  const bomb = forged(JSON.stringify({ manifest: "a".repeat(20 << 20) }));
  assert.ok(bomb.length < 32_000, String(bomb.length));
  await checkRefused(bomb, /holds more than any/);
  await checkRefused("A".repeat(32_001), /longer than any/);
});

test("of a forged link only what a pipeline has is taken", async () => {
  const value = {
    manifest: "{}",
    inputs: 7,
    python: ["x"],
    source: "camera",
    __proto__: { run: true },
    run: true,
  };
  assert.deepEqual(await unpacked(forged(JSON.stringify(value))), { manifest: "{}" });
});

function checkPlace(hash: string, name: string, rest: string): void {
  assert.deepEqual(placeOf(hash), { name, rest }, hash);
}

test("an address names a view, and what is in it", () => {
  checkPlace("", "", "");
  checkPlace("#/speech", "speech", "");
  checkPlace("#/pipelines/calculator", "pipelines", "calculator");
  checkPlace("#/pipelines?m=a-b_c", "pipelines", "?m=a-b_c");
  checkPlace("#/pipelines/?m=x", "pipelines", "?m=x");
  checkPlace("#elsewhere", "", "");
});

const file = (text: string, name = "a.json"): File => new File([text], name);

test("a manifest is taken from a file, with its items where they are", async () => {
  assert.deepEqual(await imported(file('{"nodes":[]}')), { manifest: '{ "nodes": [] }' });
  const whole = '{"manifest":{"nodes":[]},"input_data":[5,7]}';
  assert.deepEqual(await imported(file(whole)), { manifest: '{ "nodes": [] }', inputs: "[5, 7]" });
  assert.deepEqual(await imported(file("no JSON")), { manifest: "no JSON" });
});

test("a dropped file is a manifest by its name and by what is in it", async () => {
  assert.equal(await isManifest(file('{"nodes":[]}')), true);
  assert.equal(await isManifest(file('{"manifest":{}}', "B.JSON")), true);
  for (const [text, name] of [
    ['{"nodes":[]}', "a.txt"],
    ["[1, 2]", "a.json"],
    ["{", "a.json"],
  ] as const) {
    assert.equal(await isManifest(file(text, name)), false, `${name}: ${text}`);
  }
});

test("a manifest's file is called after its metadata", () => {
  const named = (name: unknown): string => fileName(JSON.stringify({ metadata: { name } }));
  assert.equal(named("my pipeline"), "my pipeline.json");
  assert.equal(named("v1.2"), "v1.2.json");
  assert.equal(named("../../etc/passwd"), ".._.._etc_passwd.json");
  for (const name of ["", " ", 7, undefined]) assert.equal(named(name), "pipeline.json");
  assert.equal(fileName("{"), "pipeline.json");
});
