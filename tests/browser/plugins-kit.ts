/** Plugins for tests: the one of the first day, and some that mean no good. */
import { readFileSync } from "node:fs";
import binaryen from "binaryen";

/** Built on the day node ABI v1 was frozen, with the nodes `Gain` and `WordCount`. */
export const V1 = readFileSync(new URL("../plugins/v1.wasm", import.meta.url));

/** A text or a list of node ABI v1. */
const counted = (items: Buffer[]): Buffer => Buffer.concat([Buffer.from([items.length]), ...items]);
const text = (it: string): Buffer => counted([...Buffer.from(it)].map((byte) => Buffer.from([byte])));

/** `Hello` of a plugin with one node. */
function hello(name: string): Buffer {
  const any = counted([text("any")]);
  const kind = Buffer.concat([text(name), counted([]), text(""), text(""), any, any, Buffer.from([0])]);
  return Buffer.concat([Buffer.from([1, 0]), counted([]), counted([kind])]);
}

const OPENED = Buffer.from([1, 1]);
/** One item done, and nothing given. */
const WORKED = Buffer.from([1, 2, 0, 1, 0]);
const CLOSED = Buffer.from([1, 3]);

/** The answer with the frame that lies at `at`. */
const answer = (at: number, frame: Buffer): string =>
  `(i64.const ${(BigInt(at) << 32n) | BigInt(frame.length)})`;

/**
 * A plugin with one node that answers as it should but for its turns: `turn` is a function's body in the text format of
 * WebAssembly, where `WORKED` is the answer that one item is done with. `greeting`: what comes before its `Hello`.
 */
export function hostile(
  turn: string,
  { name = "Hostile", greeting = "", imports = "", memory = "1 32" } = {},
): Buffer {
  const frames = [hello(name), OPENED, CLOSED, WORKED];
  const data = frames.map((frame, i) => {
    const bytes = [...frame].map((byte) => `\\${byte.toString(16).padStart(2, "0")}`).join("");
    return `(data (i32.const ${i * 256}) "${bytes}")`;
  });
  const [greeted, opened, closed, worked] = frames.map((frame, i) => answer(i * 256, frame));
  const when = (what: number, then: string): string =>
    `(if (i32.eq (local.get $what) (i32.const ${what})) (then ${then}))`;
  const module = binaryen.parseText(`(module
    (import "remotemedia_v1" "say" (func $say (param i32 i32)))
    ${imports}
    (memory (export "memory") ${memory})
    ${data.join("\n")}
    (func $deep (param $n i32) (result i32)
      (i32.add (call $deep (i32.add (local.get $n) (i32.const 1))) (local.get $n)))
    (func (export "rm_abi_v1_alloc") (param $length i32) (result i32) (i32.const 8192))
    (func (export "rm_abi_v1_call") (param $at i32) (param $length i32) (result i64)
      (local $what i32)
      (local.set $what (i32.load8_u offset=1 (local.get $at)))
      ${when(0, `${greeting} (return ${greeted})`)}
      ${when(1, `(return ${opened})`)}
      ${when(4, `(return ${closed})`)}
      ${turn.replaceAll("WORKED", worked!)}))`);
  try {
    return Buffer.from(module.emitBinary());
  } finally {
    module.dispose();
  }
}

/** What never comes back. */
export const LOOP = "(loop $on (br $on)) (unreachable)";
