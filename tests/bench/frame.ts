/**
 * What benchmarks are written with. Contenders take turns (A B A B), each sample in a fresh page and so in fresh workers;
 * the ratio of two medians of one run is what counts: single times say little about a shared machine.
 */
import { launch, type Page, TestServer } from "../browser/harness/index.ts";

/** Samples of each contender; one in the short form, which only shows that the benchmark still works. */
const RUNS = process.env["RM_BENCH_SHORT"] ? 1 : 5;

const AS_JSON = Boolean(process.env["RM_BENCH_JSON"]);

/** One number, measured; `engine` is `remotemedia …` for ours, else the peer. */
export interface Line {
  bench: string;
  engine: string;
  metric: string;
  unit: string;
  median: number;
  min: number;
  runs: number;
  /** The first peer, and its median; only on lines of ours that have one. */
  peer?: string;
  peer_median?: number;
  /** Median over the peer's: below 1, ours is better. */
  ratio?: number;
  /** What the ratio, or without one the median, should not exceed. */
  target?: number;
  /** What is behind the number. */
  note?: string;
  /** What the README's table calls it; only on the lines that belong there. */
  what?: string;
  /** Why it falls short, for when it does. */
  short?: string;
}

/** Measures once in a fresh page, in the comparison's unit. */
export type Sample = (page: Page) => Promise<number>;

/** One comparison: ours, and the peers it is held against. */
export interface Comparison {
  metric: string;
  unit: string;
  /** Names begin with `remotemedia`. */
  ours: Record<string, Sample>;
  /** The first is the one ratios are taken with. */
  peers?: Record<string, Sample>;
  target?: number;
  note?: string;
  what?: string;
  short?: string;
  /** `/test.html`, which has the package as `rm`, unless said otherwise. */
  path?: string;
  isolated?: boolean;
}

/** A benchmark at work. */
export class Bench {
  constructor(
    readonly name: string,
    readonly server: TestServer,
    readonly newPage: () => Promise<Page>,
  ) {}

  /** Takes all samples and prints a line for each contender. */
  async compare(comparison: Comparison): Promise<Line[]> {
    const contenders = Object.entries({ ...comparison.peers, ...comparison.ours });
    const samples = new Map<string, number[]>(contenders.map(([engine]) => [engine, []]));
    for (let run = 0; run < RUNS; run += 1) {
      for (const [engine, sample] of contenders) {
        samples.get(engine)!.push(await this.#sample(comparison, sample));
      }
    }
    const peer = Object.keys(comparison.peers ?? {})[0];
    const base = peer === undefined ? undefined : { peer, peer_median: median(samples.get(peer)!) };
    return contenders.map(([engine]) =>
      this.report(
        engine in comparison.ours
          ? ourLine(this.name, engine, comparison, samples.get(engine)!, base)
          : line(this.name, engine, comparison, samples.get(engine)!),
      ),
    );
  }

  /** Prints a number that was had another way. */
  report(line: Line): Line {
    console.log(AS_JSON ? JSON.stringify(line) : row(line));
    return line;
  }

  async #sample({ path = "/test.html", isolated = true }: Comparison, sample: Sample): Promise<number> {
    this.server.isolated = isolated;
    const page = await this.newPage();
    try {
      await page.goto(this.server.url(path));
      return await sample(page);
    } finally {
      await page.close();
    }
  }
}

/** Runs a benchmark in Chromium: the one call of a `*.bench.ts` file. */
export async function bench(name: string, body: (bench: Bench) => Promise<void>): Promise<void> {
  const server = await TestServer.start();
  const browser = await launch("chromium");
  try {
    await body(new Bench(name, server, () => browser.newPage()));
  } finally {
    await browser.close();
    await server.close();
  }
}

/** The middle of several numbers; of an even count, the mean of the middle two. */
export function median(numbers: readonly number[]): number {
  const sorted = [...numbers].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}

function line(bench: string, engine: string, { metric, unit }: Comparison, samples: number[]): Line {
  const min = Math.min(...samples);
  return { bench, engine, metric, unit, median: median(samples), min, runs: samples.length };
}

function ourLine(
  bench: string,
  engine: string,
  comparison: Comparison,
  samples: number[],
  base: { peer: string; peer_median: number } | undefined,
): Line {
  const { target, note, what, short } = comparison;
  const measured = line(bench, engine, comparison, samples);
  return {
    ...measured,
    ...base,
    // An idle page may well be 0.
    ...(base !== undefined && base.peer_median > 0 ? { ratio: measured.median / base.peer_median } : {}),
    ...(target === undefined ? {} : { target }),
    ...(note === undefined ? {} : { note }),
    ...(what === undefined ? {} : { what }),
    ...(short === undefined ? {} : { short }),
  };
}

function row({ bench, engine, metric, unit, median, min, runs, ratio, target }: Line): string {
  const held = ratio ?? (target === undefined ? undefined : median);
  const verdict = target === undefined || held === undefined ? "" : held <= target ? "  met" : "  MISSED";
  const compared = ratio === undefined ? "" : `  ${ratio.toPrecision(3)} of the peer`;
  const aim = target === undefined ? "" : ` (target ${target})`;
  const value = `${median.toPrecision(4)} ${unit}`;
  const samples = runs > 1 ? ` (min ${min.toPrecision(4)}, ${runs} runs)` : "";
  return `${bench.padEnd(12)} ${metric.padEnd(22)} ${engine.padEnd(28)} ${value}${samples}${compared}${aim}${verdict}`;
}
