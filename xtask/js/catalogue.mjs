// The catalogue of models as it is shipped, and the models that lie beside it.
//
//     node xtask/js/catalogue.mjs main-thread/models/catalogue.json dist/remotemedia
//
// A file given as `from` (a path in this repository) is copied to `models/MODEL/`; its size and hash are worked out
// here, so that the catalogue is right whatever the file is.
import { createHash } from "node:crypto";
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";

const [catalogue, out] = process.argv.slice(2);
const { models } = JSON.parse(readFileSync(catalogue, "utf8"));

function bundled(model, { name, from }) {
  const data = readFileSync(from);
  const folder = join(out, "models", model);
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, name), data);
  const sha256 = createHash("sha256").update(data).digest("hex");
  return { name, url: `./models/${model}/${name}`, bytes: data.length, sha256 };
}

rmSync(join(out, "models"), { recursive: true, force: true });
const shipped = models.map((model) => {
  const files = model.files.map((file) => (file.from === undefined ? file : bundled(model.name, file)));
  return { ...model, files };
});
writeFileSync(join(out, "models.json"), JSON.stringify({ models: shipped }));
