import { freshId, h, setText } from "../dom.ts";
import { ownFiles } from "../models/own-files.ts";

/** The ways in for models that no catalogue has: files, and an address. */
export class AddPanel {
  readonly element: HTMLElement;
  readonly #url = h("input", {
    "type": "url",
    "id": freshId("model-url"),
    "class": "model-url",
    "placeholder": "https://…/ggml-model.bin",
    "data-testid": "model-url",
  });
  readonly #fault = h("p", { class: "field-fault", id: freshId("url-fault"), role: "alert", hidden: true });

  constructor(take: (name: string, source?: readonly File[]) => void) {
    const submit = h("button", { "type": "submit", "data-testid": "add-url" }, "Download");
    const form = h(
      "form",
      { class: "model-address", novalidate: true },
      h("label", { for: this.#url.id }, "From an address"),
      h("div", { class: "address-line" }, this.#url, submit),
      this.#fault,
      h(
        "p",
        { class: "hint" },
        "A ggml file, or a Hugging Face folder (ends with /). Its server must allow other sites to read it (CORS).",
      ),
    );
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.#submit(take);
    });
    this.#url.setAttribute("aria-describedby", this.#fault.id);
    this.element = h("div", { class: "add-models" }, ownFiles(take), form);
  }

  #submit(take: (name: string) => void): void {
    const address = addressOf(this.#url.value);
    setText(this.#fault, address === undefined ? "This is no address: it should begin with https://" : "");
    this.#fault.hidden = address !== undefined;
    this.#url.setAttribute("aria-invalid", String(address === undefined));
    if (address === undefined) return this.#url.focus();
    this.#url.value = "";
    take(address);
  }
}

/** The address that a text is, in full; none if it is none that a model can have. */
export function addressOf(text: string): string | undefined {
  if (text.trim() === "" || !/[/.]/.test(text)) return undefined;
  try {
    const url = new URL(text.trim(), document.baseURI);
    url.hash = "";
    return /^https?:$/.test(url.protocol) ? url.href : undefined;
  } catch {
    return undefined;
  }
}
