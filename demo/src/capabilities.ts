import type { Capabilities } from "remotemedia";
import { h } from "./dom.ts";

/** What this browser can do for pipelines, as this page is served, and why not where it cannot. */
export function capabilitiesElement(capabilities: Capabilities): HTMLElement {
  const { crossOriginIsolated, threads, simd, relaxedSimd, reasons } = capabilities;
  const marks: [boolean, string, string][] = [
    [crossOriginIsolated, "isolated", "not isolated"],
    [threads, "threads", "no threads"],
    [simd, "SIMD", "no SIMD"],
    [relaxedSimd, "relaxed SIMD", "no relaxed SIMD"],
  ];
  const shown = marks.map(([there, yes, no]) =>
    h("span", { class: `mark mark-${there ? "on" : "off"}` }, there ? yes : no),
  );
  if (reasons.length === 0) return h("p", { "class": "marks", "data-testid": "capabilities" }, ...shown);
  return h(
    "details",
    {},
    h("summary", { "class": "marks", "data-testid": "capabilities" }, ...shown),
    h("ul", {}, ...reasons.map((reason) => h("li", {}, reason))),
  );
}
