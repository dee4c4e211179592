import type { Problem } from "remotemedia";
import { h } from "../dom.ts";
import { counted } from "../format.ts";
import { fieldOf } from "./facts.ts";

/** An error in full: its code, where, what, every problem, and Python's traceback. */
export class ErrorPanel {
  readonly element = h("section", {
    "class": "error-panel",
    "role": "alert",
    "data-testid": "error",
    "hidden": true,
  });

  clear(): void {
    this.element.hidden = true;
    this.element.replaceChildren();
  }

  /**
   * `onPlace` is called with the JSON Pointer of a problem that the user chooses, `onNode` with the node that is to
   * blame if the user wants to see it.
   */
  show(error: unknown, onPlace?: (path: string) => void, onNode?: (id: string) => void): void {
    this.element.replaceChildren(...parts(error, onPlace));
    const node = fieldOf(error, "node");
    if (onNode && node !== undefined) {
      const button = h("button", { "type": "button", "data-testid": "error-node" }, "Show the node");
      button.addEventListener("click", () => onNode(node));
      this.element.querySelector("h2")?.append(button);
    }
    this.element.hidden = false;
  }
}

/** Problems with their places; with `onPlace` they are buttons that lead there. */
export function problemList(problems: readonly Problem[], onPlace?: (path: string) => void): HTMLElement {
  return h("ul", { class: "problems" }, ...problems.map((it) => row(it, onPlace)));
}

function parts(error: unknown, onPlace: ((path: string) => void) | undefined): HTMLElement[] {
  const [code, node, stage] = (["code", "node", "stage"] as const).map((it) => fieldOf(error, it));
  const where = [node && `node ${node}`, stage && `while doing: ${stage}`].filter(Boolean).join(", ");
  const problems = problemsOf(error);
  // The message only joins what the list says with its places.
  const message = problems.length > 0 ? counted(problems.length, "problem") : messageOf(error);
  const shown: HTMLElement[] = [
    h(
      "h2",
      {},
      h("span", { "class": "error-code", "data-testid": "error-code" }, code ?? nameOf(error)),
      h("span", { "class": "error-where", "data-testid": "error-where" }, where),
    ),
    h("p", { "class": "error-message", "data-testid": "error-message" }, message),
  ];
  if (problems.length > 0) shown.push(problemList(problems, onPlace));
  const traceback = fieldOf(error, "traceback");
  if (traceback) {
    const text = h("pre", { "tabindex": 0, "data-testid": "traceback" }, traceback);
    shown.push(h("details", { open: true }, h("summary", {}, "Python traceback"), text));
  }
  return shown;
}

function row(
  { severity, message, path }: Problem,
  onPlace: ((path: string) => void) | undefined,
): HTMLLIElement {
  const words = [
    h("span", { class: "problem-severity" }, severity),
    h("span", { class: "problem-message" }, message),
    h("code", { class: "problem-place" }, path || "the manifest"),
  ];
  const inside = onPlace ? h("button", { type: "button" }, ...words) : h("div", {}, ...words);
  if (onPlace) inside.addEventListener("click", () => onPlace(path));
  return h("li", { class: `problem problem-${severity}` }, inside);
}

function problemsOf(error: unknown): Problem[] {
  const problems: unknown = typeof error === "object" && error !== null && Reflect.get(error, "problems");
  return Array.isArray(problems) ? (problems as Problem[]) : [];
}

function nameOf(error: unknown): string {
  return error instanceof Error ? error.name : "Error";
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
