import { h } from "../dom.ts";

/** A button that keeps the focus while it can do nothing: whoever pressed it stays where they are. */
export function control(name: string, label: string, keys?: string): HTMLButtonElement {
  const facts = { "data-testid": name, "aria-keyshortcuts": keys, "aria-disabled": "true" };
  return h("button", { type: "button", class: name, ...facts }, label);
}

export function enable(button: HTMLButtonElement, on: boolean): void {
  button.setAttribute("aria-disabled", String(!on));
}

/** A key, as keyboards name it. */
export function key(name: string): HTMLElement {
  return h("kbd", {}, name);
}

export function panel(name: string, title: string, ...children: Node[]): HTMLElement {
  return h("div", { class: `panel ${name}-panel` }, h("h2", {}, title), ...children);
}
