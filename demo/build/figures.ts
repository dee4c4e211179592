/** A figure in its unit. */
export interface Amount {
  value: number;
  unit: string;
}

/** A row of the README's table of benchmarks. */
export interface Figure {
  what: string;
  ours: Amount;
  /** What it is held against: a peer, or a limit. */
  against: (Amount & { name: string }) | null;
  ratio: number | null;
  /** What the ratio should not exceed. */
  most: number | null;
  /** Why it falls short, if it does. */
  short: string | null;
}

const TABLE = /<!-- bench -->\n([\s\S]*?)<!-- \/bench -->/;

/** The figures in a README that `cargo xtask bench --readme` wrote. Throws for what it did not write. */
export function figuresOf(readme: string): Figure[] {
  const table = TABLE.exec(readme)?.[1];
  if (table === undefined) throw new Error("the README has no table of benchmarks");
  const lines = table.split("\n");
  const reasons = new Map(lines.flatMap(reason));
  const rows = lines.filter((it) => it.startsWith("| ")).slice(1);
  return rows.map((line) => figure(line, reasons));
}

function figure(line: string, reasons: Map<string, string>): Figure {
  const [name = "", ours = "", against = "", ratio = "", most = ""] = line
    .slice(1, -1)
    .split("|")
    .map((it) => it.trim());
  const what = name.replace(/ ¹$/, "");
  const isShort = what !== name;
  return {
    what,
    ours: amount(ours, line),
    against: held(against, line),
    ratio: ratio === "—" ? null : number(ratio, line),
    most: most === "—" ? null : number(most.replace("≤", "").trim(), line),
    short: isShort ? (reasons.get(what) ?? "") : null,
  };
}

function held(text: string, line: string): Figure["against"] {
  if (text === "—") return null;
  const at = text.lastIndexOf(": ");
  return { name: text.slice(0, at), ...amount(text.slice(at + 2), line) };
}

/** `5.58 % of a core` */
function amount(text: string, line: string): Amount {
  const [value = "", ...unit] = text.split(" ");
  return { value: number(value, line), unit: unit.join(" ") };
}

function number(text: string, line: string): number {
  const value = Number(text);
  if (text === "" || Number.isNaN(value)) throw new Error(`no figure: ${JSON.stringify(text)} in ${line}`);
  return value;
}

function reason(line: string): [string, string][] {
  if (!line.startsWith("- ")) return [];
  const at = line.indexOf(": ");
  return [[line.slice(2, at), line.slice(at + 2).replace(/\.$/, "")]];
}
