import type { Package } from "remotemedia";
import { confirmed } from "../common/confirm.ts";
import { h } from "../dom.ts";
import { codeOf, filesOf, listed, permissionInWords, signatureInWords, titleOf } from "./words.ts";

/** Who runs a pipeline: this page's engine, or the package's own executor. */
export type Runs = "engine" | "package";

const AS_THIS_PAGE =
  "It brings code that others wrote. Run as this page, Python can read what this site keeps on this device, and reach " +
  "what this site can reach. Nothing of it has run yet.";
const EXECUTOR =
  "Its executor is a program that others wrote. It gets the manifest and the items, and answers with results; files, " +
  "network and this page are out of its reach. Nothing of it has run yet.";

/** What its user let run, by hash, until they leave the page. */
export class Consents {
  readonly #given = new Set<string>();

  /** Whether the package's own code may run; asks unless that is known, or there is none. */
  async given(pkg: Package, file: string, runs: Runs): Promise<boolean> {
    if (codeOf(pkg.info(), runs).length === 0) return true;
    const key = `${runs} ${hashOf(pkg, runs)}`;
    if (!this.#given.has(key) && (await asked(pkg, file, runs))) this.#given.add(key);
    return this.#given.has(key);
  }
}

/** The hash of what is let run: an executor is the same whatever manifest it gets. */
function hashOf(pkg: Package, runs: Runs): string {
  const executor = pkg.entries().find((it) => it.name === "runtime.wasm");
  return runs === "package" && executor ? executor.sha256 : pkg.info().sha256;
}

function asked(pkg: Package, file: string, runs: Runs): Promise<boolean> {
  const info = pkg.info();
  const names = pkg.entries().map((it) => it.name);
  const signature = signatureInWords(info.signature);
  const brought = codeOf(info, runs).map((it) => {
    const { word, means } = permissionInWords(it);
    return fact(word, listed(filesOf(it, names)), means);
  });
  return confirmed({
    title: `Run code of “${titleOf(info, file)}”?`,
    text: runs === "engine" ? AS_THIS_PAGE : EXECUTOR,
    facts: [
      h(
        "dl",
        { "class": "consent-facts", "data-testid": "consent" },
        ...brought,
        fact("Signature", signature.word, signature.means),
        fact("SHA-256", hashOf(pkg, runs), "Your answer counts for exactly this, until you leave this page."),
      ),
    ],
    action: runs === "engine" ? "Run as this page" : "Run its executor",
  });
}

function fact(name: string, value: string, means: string): HTMLElement {
  return h(
    "div",
    {},
    h("dt", {}, name),
    h("dd", {}, h("span", { class: "consent-value" }, value), h("span", { class: "hint" }, means)),
  );
}
