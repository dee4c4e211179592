import type { Package, PackageInfo, Problem } from "remotemedia";
import { problemList } from "../common/error-panel.ts";
import { h } from "../dom.ts";
import { bytes } from "../format.ts";
import {
  inOrder,
  listed,
  permissionInWords,
  shapeInWords,
  signatureInWords,
  sizeInWords,
  titleOf,
} from "./words.ts";

/** What a package says of itself, and what was found out about it. All of it is text, whatever is in it. */
export class Card {
  readonly element = h("div", { "class": "package-card", "data-testid": "package-card" });

  show(pkg: Package, file: string): void {
    const info = pkg.info();
    this.element.replaceChildren(
      h("h3", { "data-testid": "package-name" }, titleOf(info, file)),
      ...(info.description ? [h("p", { class: "package-description" }, info.description)] : []),
      h("dl", { class: "facts" }, ...facts(info, file)),
      permissions(info.permissions),
      ...warnings(pkg.warnings),
    );
  }

  /** An executor that came without a package. */
  showBare({ name, size }: File): void {
    this.element.replaceChildren(
      h("h3", { "data-testid": "package-name" }, name),
      h(
        "p",
        { class: "package-description" },
        `A WASI executor of ${bytes(size)}. It runs the manifest below, in a package that is made around it for each run.`,
      ),
    );
  }
}

function facts(info: PackageInfo, file: string): HTMLElement[] {
  const signature = signatureInWords(info.signature);
  return [
    fact("File", file, sizeInWords(info)),
    fact("Version", info.version ?? "not told"),
    fact("Author", info.author ?? "not told"),
    fact("Licence", info.license ?? "not told"),
    fact("Signature", signature.word, signature.means, `signature-${info.signature.state}`),
    fact("Nodes", listed([...new Set(info.nodeTypes)]), shapeInWords(info)),
    fact("Models", listed(info.models)),
    fact("Media", listed(info.media)),
    fact("SHA-256", info.sha256, "", "package-hash"),
  ];
}

function fact(name: string, value: string, means = "", kind = ""): HTMLElement {
  const hint = means === "" ? [] : [h("span", { class: "hint" }, means)];
  return h(
    "div",
    { class: kind },
    h("dt", {}, name),
    h("dd", {}, h("span", { class: "fact-value" }, value), ...hint),
  );
}

function permissions(all: PackageInfo["permissions"]): HTMLElement {
  if (all.length === 0) {
    const words = "It brings no code of its own: only nodes of this page run.";
    return h("p", { "class": "permissions-none", "data-testid": "permissions" }, words);
  }
  const rows = all.map((it) => {
    const { word, means } = permissionInWords(it);
    return h("li", {}, h("strong", {}, word), h("span", { class: "hint" }, means));
  });
  return h(
    "div",
    { "class": "permissions", "data-testid": "permissions" },
    h("h4", {}, "Code that it brings"),
    h("ul", {}, ...rows),
    h("p", { class: "hint" }, "You are asked before any of it runs."),
  );
}

function warnings(problems: readonly Problem[]): HTMLElement[] {
  if (problems.length === 0) return [];
  return [h("div", { "data-testid": "warnings" }, problemList(inOrder(problems)))];
}
