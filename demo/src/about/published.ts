import type { Figure } from "../../build/figures.ts";
import { h } from "../dom.ts";
import { barsElement } from "./bars.ts";
import { inUnit } from "./statistics.ts";

/** The project's own benchmarks, as its README has them. */
export function publishedElement(figures: readonly Figure[]): HTMLElement {
  const met = figures.filter((it) => it.short === null).length;
  return h(
    "div",
    { "data-testid": "published" },
    h(
      "p",
      { class: "lead" },
      "Measured with ",
      h("code", {}, "cargo xtask bench"),
      ` in Chromium, each beside its peer in turn or held against a limit: medians of five. Shorter bars are better. ` +
        `${met} of ${figures.length} reach their target; of the others it is said why not.`,
    ),
    h("ul", { class: "figures" }, ...figures.map(figureElement)),
  );
}

function figureElement({ what, ours, against, ratio, most, short }: Figure): HTMLElement {
  const bars = [
    { label: "RemoteMedia", value: ours.value, text: inUnit(ours.value, ours.unit), tone: "ours" as const },
    ...(against
      ? [
          {
            label: against.name,
            value: scaled(against, ours.unit),
            text: inUnit(against.value, against.unit),
            tone: "other" as const,
          },
        ]
      : []),
  ];
  const verdict = most === null ? undefined : `Ratio ${ratio ?? "–"}, target at most ${most}.`;
  const reason = short ? `${sentence(short)}.` : undefined;
  return h(
    "li",
    { "class": "figure", "data-testid": "figure", "data-met": short === null },
    h(
      "h3",
      {},
      sentence(what),
      h(
        "span",
        { class: `verdict verdict-${short === null ? "met" : "short"}` },
        short === null ? "met" : "falls short",
      ),
    ),
    barsElement(bars),
    h("p", { class: "hint" }, [verdict, reason].filter(Boolean).join(" ")),
  );
}

function sentence(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

const IN_MS: Record<string, number> = { µs: 0.001, ms: 1, s: 1000 };

/** A value in another unit of time, so that its bar can stand beside one of that unit. */
function scaled({ value, unit }: { value: number; unit: string }, to: string): number {
  const [from, into] = [IN_MS[unit], IN_MS[to]];
  return from === undefined || into === undefined ? value : (value * from) / into;
}
