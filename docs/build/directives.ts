/** What a chapter says in comments: `<!-- include: protocol/SPEC.md -->`, `<!-- generated: nodes -->`. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { apiText } from "./api.ts";
import { manifestText } from "./manifest.ts";
import { modelsText } from "./models.ts";
import { nodesText } from "./nodes.ts";
import { ROOT } from "./places.ts";

const GENERATORS: { [name: string]: () => string } = {
  api: apiText,
  manifest: manifestText,
  models: modelsText,
  nodes: nodesText,
};

/** The text of a chapter with everything in it that is made or read from elsewhere; a chapter has one title. */
export function expand(text: string): string {
  return text.replace(/^<!-- (include|generated): (\S+) -->$/gm, (_whole, verb: string, what: string) => {
    if (verb === "include") {
      const included = readFileSync(join(ROOT, what), "utf8").trimEnd();
      return text.startsWith("# ") ? included.slice(included.indexOf("\n## ")) : included;
    }
    const generator = GENERATORS[what];
    if (!generator) throw new Error(`nothing generates \`${what}\``);
    return generator().trimEnd();
  });
}
