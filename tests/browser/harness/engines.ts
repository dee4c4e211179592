/** A browser engine the tests run in. */
export type Engine = "chromium" | "firefox" | "webkit";

const ALL: readonly Engine[] = ["chromium", "firefox", "webkit"];

/** The engines chosen by `RM_ENGINES` (`chromium,webkit`); all without it. */
export function chosenEngines(list = process.env["RM_ENGINES"]): Engine[] {
  if (!list) return [...ALL];
  return list.split(",").map((name) => {
    const engine = ALL.find((it) => it === name.trim());
    if (!engine) throw new Error(`RM_ENGINES: \`${name}\` is no engine: ${ALL.join(", ")}`);
    return engine;
  });
}
