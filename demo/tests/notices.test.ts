/** What the built page says of the parts that others wrote. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { noticesOf, packageOf } from "../build/notices.ts";

test("a module's package is the innermost folder of packages that it lies in", () => {
  assert.equal(packageOf("/a/node_modules/fflate/esm/browser.js"), "/a/node_modules/fflate");
  assert.equal(
    packageOf("/a/node_modules/@codemirror/view/dist/index.js"),
    "/a/node_modules/@codemirror/view",
  );
  assert.equal(packageOf("/a/node_modules/x/node_modules/y/i.js?raw"), "/a/node_modules/x/node_modules/y");
  assert.equal(packageOf("\0/a/node_modules/x/i.js?commonjs"), "/a/node_modules/x");
  assert.equal(packageOf("/a/demo/src/main.ts"), undefined);
});

test("each package is named with its version and the text of its license", () => {
  const folder = packageOf(import.meta.resolve("fflate").replace("file://", ""));
  assert.ok(folder);
  const text = noticesOf([folder]);
  assert.match(text, /^fflate \d+\.\d+\.\d+, MIT$/m);
  assert.match(text, /Permission is hereby granted/);
  assert.throws(() => noticesOf([`${folder}/esm`]));
});
