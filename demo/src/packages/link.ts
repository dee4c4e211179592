import type { Package } from "remotemedia";
import { LINE, pretty } from "../pipeline/json.ts";
import { packed } from "../pipeline/share.ts";
import { isWritable } from "./example-inputs.ts";

/** The address of a package's pipeline in the view that edits pipelines, and what of the package stays behind. */
export interface PipelineLink {
  address: string;
  without: string[];
}

/** What only packages can bring. */
const STAYS: [RegExp, string][] = [
  [/^wheels\//, "wheels"],
  [/^plugins\//, "plugin nodes"],
  [/^models\//, "models"],
  [/^media\//, "media"],
  [/^python\/.*\//, "helper modules"],
];
const MODULE = /^python\/[^/]+\.py$/;

/** Rejects if the pipeline does not fit into an address. */
export async function pipelineLink(pkg: Package): Promise<PipelineLink> {
  const names = pkg.entries().map((it) => it.name);
  const modules = names.filter((it) => MODULE.test(it));
  const [module] = modules;
  const python = module !== undefined && modules.length === 1 ? await (await pkg.read(module)).text() : "";
  const items = await pkg.exampleInputs();
  const letters = await packed({
    manifest: pretty(bareManifest(pkg.manifest), LINE),
    ...(items && isWritable(items) ? { inputs: pretty(items, LINE) } : {}),
    ...(items && !isWritable(items) ? { source: "recordings" as const } : {}),
    ...(python === "" ? {} : { python }),
  });
  const without = STAYS.filter(([place]) => names.some((it) => place.test(it))).map(([, what]) => what);
  if (modules.length > 1) without.push("Python modules");
  return { address: `#/pipelines?m=${letters}`, without };
}

/** The manifest without what is about the package. */
function bareManifest(manifest: object): object {
  const { package: _package, runtime: _runtime, ...rest } = manifest as { [name: string]: unknown };
  return rest;
}
