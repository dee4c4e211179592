/** Model files of the sizes that are published, with weights that nobody trained: for what work costs, not what it says. */

const SIZES = {
  tiny: { state: 384, heads: 6, layers: 4 },
  base: { state: 512, heads: 8, layers: 6 },
};

const MELS = 80;
const BINS = 201;
const AUDIO = 1500;
const TEXT = 448;
const VOCAB = 51_865;
const TEXTS = 50_257;
const F32 = 0;
const F16 = 1;

/** A ggml file in half precision. The same bytes each time. */
export function randomModel(size: keyof typeof SIZES): Buffer {
  const { state, heads, layers } = SIZES[size];
  const pieces: Buffer[] = [];
  const ints = (...values: number[]) => pieces.push(Buffer.from(Int32Array.from(values).buffer));
  ints(0x67676d6c, VOCAB, AUDIO, state, heads, layers, TEXT, state, heads, layers, MELS, F16);
  ints(MELS, BINS);
  pieces.push(Buffer.from(new Float32Array(MELS * BINS).fill(1 / BINS).buffer));
  ints(TEXTS);
  for (let at = 0; at < TEXTS; at += 1) {
    // Every byte first, as real vocabularies have them; then words of four letters.
    const text = at < 256 ? Buffer.of(at) : Buffer.from(` ${at.toString(36).padStart(4, "a")}`);
    ints(text.length);
    pieces.push(text);
  }
  const tensor = (name: string, shape: number[]) => {
    const count = shape.reduce((product, it) => product * it, 1);
    const wide = shape.length > 1 && !name.endsWith("bias") && name !== "encoder.positional_embedding";
    const text = Buffer.from(name);
    ints(shape.length, text.length, wide ? F16 : F32, ...shape.toReversed());
    pieces.push(text, wide ? halves(count) : Buffer.from(new Float32Array(count).fill(one(name)).buffer));
  };
  const pair = (name: string, ...shape: number[]) => {
    tensor(`${name}.weight`, shape);
    tensor(`${name}.bias`, name.includes("conv") ? [state, 1] : [shape[0]!]);
  };
  const attention = (name: string) => {
    for (const part of ["query", "value", "out"]) pair(`${name}.${part}`, state, state);
    tensor(`${name}.key.weight`, [state, state]);
    pair(`${name}_ln`, state);
  };
  tensor("encoder.positional_embedding", [AUDIO, state]);
  pair("encoder.conv1", state, MELS, 3);
  pair("encoder.conv2", state, state, 3);
  pair("encoder.ln_post", state);
  tensor("decoder.positional_embedding", [TEXT, state]);
  tensor("decoder.token_embedding.weight", [VOCAB, state]);
  pair("decoder.ln", state);
  for (const side of ["encoder", "decoder"]) {
    for (let layer = 0; layer < layers; layer += 1) {
      const block = `${side}.blocks.${layer}`;
      attention(`${block}.attn`);
      if (side === "decoder") attention(`${block}.cross_attn`);
      pair(`${block}.mlp.0`, 4 * state, state);
      pair(`${block}.mlp.2`, state, 4 * state);
      pair(`${block}.mlp_ln`, state);
    }
  }
  return Buffer.concat(pieces);
}

function one(name: string): number {
  return /ln(_post)?\.weight$/.test(name) ? 1 : 0;
}

/** Half floats without a pattern, from 1/32 to 1/16 in size. */
function halves(count: number): Buffer {
  const values = new Uint16Array(count);
  let seed = count;
  for (let at = 0; at < count; at += 1) {
    seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0;
    values[at] = 0x2800 | (seed >>> 22) | (seed & 0x8000 ? 0x8000 : 0);
  }
  return Buffer.from(values.buffer);
}
