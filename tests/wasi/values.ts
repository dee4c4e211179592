/** The notation of `tests/compat/values.json`, as JSON text that the WASI command reads and writes. */

type Bulk = { hex: string; mime?: string; name?: string; dtype: string; shape: number[] };
type Facts = { sampleRate: number; channels: number };

const base64 = ({ hex }: Bulk) => Buffer.from(hex, "hex").toString("base64");

const makers: Record<string, (it: any, notation: any) => string> = {
  $number: (it: string) => it,
  $bigint: (it: string) => it,
  $nest: (it: number) => "[".repeat(it) + "]".repeat(it),
  $range: ([start, count, step]: [number, number, number]) =>
    JSON.stringify(Array.from({ length: count }, (_, at) => start + at * step)),
  $repeat: ([value, count]: [unknown, number], { as }: { as?: string }) =>
    as === "text"
      ? JSON.stringify(String(value).repeat(count))
      : `[${Array.from({ length: count }, () => written(value)).join(",")}]`,
  $tensor: (it: Bulk) => {
    const size = it.shape.reduce((all, length) => all * length, 1);
    const f_contiguous = it.shape.filter((length) => length > 1).length <= 1;
    const meta = { shape: it.shape, dtype: it.dtype, size, c_contiguous: true, f_contiguous };
    return JSON.stringify({ __numpy__: true, array: { meta, data: base64(it) } });
  },
  $audio: (it: Bulk & Facts) =>
    JSON.stringify({
      __audio__: true,
      sample_rate: it.sampleRate,
      channels: it.channels,
      samples: base64(it),
    }),
  $bytes: (it: Bulk) => JSON.stringify({ __bytes__: true, mime: it.mime, name: it.name, data: base64(it) }),
  $blob: (it: Bulk) => makers["$bytes"]!(it, {}),
};

/** What a notation stands for. */
export function written(notation: unknown): string {
  if (Array.isArray(notation)) return `[${notation.map(written).join(",")}]`;
  if (typeof notation !== "object" || notation === null) return JSON.stringify(notation);
  const [word, it] = Object.entries(notation)[0] ?? [];
  if (word !== undefined && Object.hasOwn(makers, word)) return makers[word]!(it, notation);
  const entries = Object.entries(notation).map(([key, value]) => `${JSON.stringify(key)}:${written(value)}`);
  return `{${entries.join(",")}}`;
}

/** Whether JSON has a word for all of it. */
export const isWritable = (notation: unknown): boolean =>
  !/"\$js"|"\$number":"(NaN|-?Infinity)"/.test(JSON.stringify(notation));

/** JSON text as a value; integers that a JavaScript number may not hold are texts of their digits. */
export const parsed = (text: string): unknown =>
  JSON.parse(text.replace(/(?<=^|[[:,\s])-?\d{16,}(?=$|[\],}\s])/g, '"$&"'));
