/** The catalogue of models as a table. */
import { readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { ROOT } from "./places.ts";
import { bytes, inline, table } from "./table.ts";

interface Entry {
  name: string;
  title: string;
  licence: string;
  languages: string[];
  memory: number;
  files: { bytes?: number; from?: string }[];
}

/** Every model that has a name. */
export function modelsText(): string {
  const text = readFileSync(join(ROOT, "main-thread/models/catalogue.json"), "utf8");
  const { models } = JSON.parse(text) as { models: Entry[] };
  const rows = models.map((it) => [
    inline(it.name),
    it.title,
    it.files.every((file) => file.from) ? `${size(it)}, in the bundle` : size(it),
    bytes(it.memory),
    it.languages.includes("*") ? "99" : it.languages.join(", "),
    it.licence,
  ]);
  return table(["name", "what it is", "download", "memory, about", "languages", "licence"], rows);
}

function size({ files }: Entry): string {
  const sizes = files.map((it) => it.bytes ?? statSync(join(ROOT, it.from!)).size);
  return bytes(sizes.reduce((sum, it) => sum + it, 0));
}
