/** How inputs become messages: in which order, in how many, and when. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { setImmediate as settled } from "node:timers/promises";

import { decode } from "../../js/decode.js";
import { Feed, type Inputs } from "../../js/inputs.js";
import type { Packed, Value } from "../../js/values.js";

/** A feed that is open, and the messages it has made since they were last looked at. */
function open(inputs: Inputs): { feed: Feed; messages(): Value[][]; ended: Promise<void> } {
  const pushed: Value[][] = [];
  let end!: () => void;
  const ended = new Promise<void>((resolve) => (end = resolve));
  const feed = new Feed(inputs, false, {
    push: (items: Packed) => void pushed.push(decode(items, false)),
    end,
    fail: (error) => assert.fail(error),
  });
  feed.open();
  return { feed, messages: () => pushed.splice(0), ended };
}

test("a list of many kinds is read in its order, as far as the run asks, as it is by then", async () => {
  const inputs = [1, "two", 3, 4, [5], null, 7, 8, 9];
  const { feed, messages, ended } = open(inputs);
  feed.demand(3);
  await settled();
  assert.deepEqual(messages().flat(), [1, "two", 3]);
  inputs[3] = 40;
  feed.demand(5);
  await settled();
  assert.deepEqual(messages().flat(), [40, [5], null, 7, 8]);
  inputs.push("ten");
  feed.demand(5);
  await ended;
  assert.deepEqual(messages().flat(), [9, "ten"]);
});

test("a list with an iterator of its own is read by that", async () => {
  const inputs = Object.assign([1, 2, 3], {
    *[Symbol.iterator]() {
      yield* [3, 2, 1];
    },
  });
  const { feed, messages, ended } = open(inputs);
  feed.demand(9);
  await ended;
  assert.deepEqual(messages().flat(), [3, 2, 1]);
});

test("the first value after a word of the run goes at once, the others of its task as one message", async () => {
  const { feed, messages, ended } = open("stream");
  feed.demand(99);
  for (const x of [1, 2, 3]) await feed.push(x, false);
  assert.deepEqual(messages(), [[1]]);
  await settled();
  assert.deepEqual(messages(), [[2, 3]]);
  await feed.push(4, false);
  assert.deepEqual(messages(), [[4]]);
  feed.heard();
  await feed.push(5, false);
  assert.deepEqual(messages(), [[5]]);
  await feed.push(6, false);
  assert.deepEqual(messages(), []);
  await settled();
  assert.deepEqual(messages(), [[6]]);
  await feed.push(7, false);
  await feed.push(8, false);
  feed.end();
  await ended;
  assert.deepEqual(messages(), [[7], [8]]);
});
