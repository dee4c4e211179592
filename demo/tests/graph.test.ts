/** How a graph is placed, drawn and walked, and how throughput is told. */
import assert from "node:assert/strict";
import { test } from "node:test";
import type { RunEvent } from "remotemedia";
import { rate, short } from "../src/format.ts";
import { arrange } from "../src/pipeline/graph/layout.ts";
import {
  type Direction,
  directionFor,
  loopOf,
  type Plan,
  type PlanRequest,
  routed,
  wireOf,
} from "../src/pipeline/graph/plan.ts";
import { type Step, stepFrom } from "../src/pipeline/graph/walk.ts";
import { drawingOf, edgeKey } from "../src/pipeline/manifest.ts";
import { Pace } from "../src/pipeline/pace.ts";
import { RunModel } from "../src/pipeline/run-model.ts";

const [WIDTH, HEIGHT] = [200, 80];

/** A request for `"a b c"` connected by `"ab bc"`. */
function request(nodes: string, edges: string, direction: Direction = "across"): PlanRequest {
  const pairs = edges.split(" ").filter(Boolean);
  return {
    key: "",
    nodes: nodes.split(" "),
    edges: pairs.map((it) => ({ from: it[0]!, to: it[1]! })),
    direction,
    width: WIDTH,
    height: HEIGHT,
  };
}

/** Whether everything lies within the plan, no card on another. */
function checkPlan(asked: PlanRequest): Plan {
  const plan = arrange(asked);
  assert.deepEqual([plan.places.length, plan.routes.length], [asked.nodes.length, asked.edges.length]);
  for (const [index, { x, y }] of plan.places.entries()) {
    assert.ok(x >= 0 && y >= 0 && x + WIDTH <= plan.width && y + HEIGHT <= plan.height, `${index}`);
    const isHit = plan.places
      .slice(index + 1)
      .some((it) => Math.abs(it.x - x) < WIDTH && Math.abs(it.y - y) < HEIGHT);
    assert.ok(!isHit, `card ${index} lies on another`);
  }
  for (const { x, y } of plan.routes.flat())
    assert.ok(x >= 0 && y >= 0 && x <= plan.width && y <= plan.height);
  return plan;
}

test("connections lead to the right, or down", () => {
  const across = checkPlan(request("a b c", "ab bc"));
  assert.ok(across.places[0]!.x < across.places[1]!.x && across.places[1]!.x < across.places[2]!.x);
  const down = checkPlan(request("a b c", "ab bc", "down"));
  assert.ok(down.places[0]!.y < down.places[1]!.y && down.places[1]!.y < down.places[2]!.y);
});

test("nodes side by side lie in the order in which they are written", () => {
  for (const [direction, axis] of [
    ["across", "y"],
    ["down", "x"],
  ] as const) {
    const { places } = checkPlan(request("s a b c j", "sa sb sc aj bj cj sj", direction));
    const beside = [1, 2, 3].map((index) => places[index]![axis]);
    assert.deepEqual(
      beside,
      beside.toSorted((a, b) => a - b),
    );
  }
});

test("no node, one node, cycles, loops and ids of any kind are placed", () => {
  assert.deepEqual(arrange({ ...request("a", ""), nodes: [] }), {
    places: [],
    routes: [],
    width: 0,
    height: 0,
  });
  for (const [nodes, edges] of [
    ["a", ""],
    ["a b", "ab ba"],
    ["a b c", "ab bc ca aa"],
    ["a b c d", ""],
  ] as const) {
    checkPlan(request(nodes, edges));
    checkPlan(request(nodes, edges, "down"));
  }
  const odd = ["__proto__", "constructor", "\u0000", ""];
  checkPlan({ ...request("a", ""), nodes: odd, edges: [{ from: "__proto__", to: "constructor" }] });
});

test("two hundred nodes are placed", () => {
  const nodes = Array.from({ length: 200 }, (_, index) => `n${index}`);
  const edges = nodes
    .slice(1)
    .map((to, index) => ({ from: nodes[Math.max(0, index - ((index * 7) % 5))]!, to }));
  checkPlan({ ...request("a", ""), nodes, edges });
});

function checkDirection(nodes: string, edges: string, [x, y]: [number, number], expected: Direction): void {
  const drawing = {
    nodes: nodes.split(" ").map((id) => ({ id, node_type: "T" })),
    connections: request(nodes, edges).edges,
  };
  assert.equal(directionFor(drawingOf(JSON.stringify(drawing))!, { x, y }), expected, `${nodes} ${edges}`);
}

test("a graph leads across where that fits, and down in a narrow box", () => {
  checkDirection("a b c", "ab bc", [3, 6], "across");
  checkDirection("a", "", [3, 6], "across");
  checkDirection("a b c", "ab bc", [1.1, 6], "down");
  checkDirection("a b c", "ab ac", [1.1, 6], "down");
  checkDirection("a b c d e f", "ab bc cd de ef", [3, 6], "down");
  checkDirection("a b c d e f", "ab bc cd de ef", [12, 12], "across");
  checkDirection("a b", "ab ba", [3, 6], "across");
});

test("a connection leaves at the end of a card and arrives at the start of the other, past what lies between", () => {
  const asked = request("a b c", "ab bc ac");
  const { places, routes } = arrange(asked);
  const [a, b, c] = places as [Plan["places"][0], Plan["places"][0], Plan["places"][0]];
  const route = routed(routes[2]!, a, c, asked);
  assert.deepEqual(route[0], { x: a.x + WIDTH, y: a.y + HEIGHT / 2 });
  assert.deepEqual(route.at(-1), { x: c.x, y: c.y + HEIGHT / 2 });
  const [before, after] = [route[1]!, route[2]!];
  assert.deepEqual([before.x, after.x], [b.x, b.x + WIDTH]);
  assert.equal(before.y, after.y);
  assert.ok(before.y < b.y || before.y > b.y + HEIGHT);
  const { line, head, middle } = wireOf(route, "across");
  assert.match(line, /^M212(\.\d)? [\d.]+(C[\d. ]+){3}$/);
  assert.ok(head.startsWith(`M${c.x} ${c.y + HEIGHT / 2}l`));
  assert.deepEqual(middle, { x: b.x + WIDTH / 2, y: before.y });
  assert.match(loopOf({ x: 50, y: 50 }, asked).line, /^M250 90C/);
});

test("a place in the middle of the list belongs to nobody else", () => {
  assert.notEqual(edgeKey("a", "b,c"), edgeKey("a,b", "c"));
  assert.notEqual(edgeKey('a"', "b"), edgeKey("a", '"b'));
});

function checkStep(from: string, key: Step, expected: string | undefined, direction: Direction): void {
  const asked = request("s a b c j x", "sa sb sc aj bj cj xj", direction);
  const { places } = arrange(asked);
  const at = new Map(asked.nodes.map((id, index) => [id, places[index]!]));
  assert.equal(stepFrom(from, key, at, asked.edges, direction), expected, `${from} ${key} ${direction}`);
}

test("arrow keys follow the connections, and change lanes across them", () => {
  for (const [direction, [forward, backward, before, after]] of [
    ["across", ["ArrowRight", "ArrowLeft", "ArrowUp", "ArrowDown"]],
    ["down", ["ArrowDown", "ArrowUp", "ArrowLeft", "ArrowRight"]],
  ] as const) {
    checkStep("a", forward, "j", direction);
    checkStep("a", backward, "s", direction);
    checkStep("j", forward, undefined, direction);
    checkStep("s", backward, undefined, direction);
    checkStep("b", before, "a", direction);
    checkStep("b", after, "c", direction);
    checkStep("b", "Home", "s", direction);
    checkStep("b", "End", "x", direction);
    checkStep("gone", forward, undefined, direction);
  }
});

test("throughput is what was done in the last two seconds, once there is a span", () => {
  const pace = new Pace();
  assert.equal(pace.now(0), undefined);
  pace.note(0, 1000);
  pace.note(1, 1010);
  assert.equal(pace.now(1010), undefined);
  pace.note(100, 2000);
  assert.equal(pace.now(2000), 100);
  pace.note(100, 9000);
  assert.equal(Math.round(pace.now(9000)!), 0);
  // What stands still gets slower.
  pace.note(200, 9500);
  assert.ok(pace.now(11_000)! < pace.now(9600)!);
});

test("a long run's throughput is kept in few marks that tell the same", () => {
  const pace = new Pace();
  for (let at = 0; at <= 100_000; at += 10) pace.note(at / 100, 5000 + at);
  const line = pace.series(5000, 50);
  assert.ok(line.length > 20 && line.length <= 51, `${line.length}`);
  for (const { x, y } of line) assert.ok(x >= 0 && x <= 100 && Math.abs(y - 10) < 1e-9, `${x} ${y}`);
});

test("rates are told in the unit of what is counted", () => {
  assert.equal(rate(12.345, "items"), "12.3/s");
  assert.equal(rate(26_954_178, "items"), "27M/s");
  assert.equal(rate(79.31, "seconds"), "79.3× real time");
  assert.equal(rate(1_234_567, "bytes"), "1.23 MB/s");
  assert.equal(rate(35, "tokens"), "35 tokens/s");
  assert.deepEqual([short(9999), short(10_240)], ["9,999", "10.2K"]);
});

test("a run remembers what waits between nodes, and the most of it", () => {
  const run = new RunModel();
  const edge = (items: number): RunEvent => ({
    type: "edge",
    from: "a",
    to: "b",
    items,
    bytes: 2 * items,
    run: 1,
  });
  for (const items of [3, 8, 0]) run.happened(edge(items), 100);
  assert.deepEqual(run.queues.get(edgeKey("a", "b")), { items: 0, bytes: 0, mostItems: 8 });
});
