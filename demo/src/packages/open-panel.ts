import { Loads } from "../common/activity.ts";
import { type Loads as Progress, note } from "../common/facts.ts";
import { freshId, h, setText } from "../dom.ts";
import { bytes } from "../format.ts";
import { addressOf } from "../storage/add-panel.ts";
import { type SitePackage, sitePackages } from "./site-packages.ts";

/** What the panel asks for. */
export interface OpenCommands {
  file: (file: File) => void;
  address: (address: URL) => void;
  /** One of the site's own, by the name of its file. */
  site: (file: string) => void;
  cancel: () => void;
}

/** The ways in for packages: files, addresses, those of the site. */
export class OpenPanel {
  readonly element: HTMLElement;
  /** Shows that files may be dropped. */
  readonly zone: HTMLElement;
  readonly #url = h("input", {
    "type": "url",
    "id": freshId("package-url"),
    "class": "model-url",
    "placeholder": "https://…/pipeline.rmpkg",
    "data-testid": "package-url",
  });
  readonly #fault = h("p", { class: "field-fault", id: freshId("url-fault"), role: "alert", hidden: true });
  readonly #keys = h("textarea", {
    "rows": 2,
    "id": freshId("package-keys"),
    "spellcheck": "false",
    "autocomplete": "off",
    "data-testid": "package-keys",
  });
  readonly #examples = h("ul", { "class": "package-examples", "data-testid": "package-examples" });
  readonly #loads = new Loads();
  readonly #cancel = h("button", { "type": "button", "data-testid": "cancel-open" }, "Cancel");
  readonly #busy = h("div", { class: "package-loading", hidden: true }, this.#loads.element, this.#cancel);
  #progress: Progress = new Map();

  constructor(commands: OpenCommands) {
    this.#cancel.addEventListener("click", () => commands.cancel());
    this.#url.setAttribute("aria-describedby", this.#fault.id);
    this.zone = this.#dropZone(commands);
    this.element = h(
      "div",
      { "class": "open-package", "data-testid": "open-package" },
      this.zone,
      this.#examples,
      this.#addressForm(commands),
      this.#trust(),
      this.#busy,
    );
    void this.#offer(commands);
  }

  /** Keys that its user trusts, in base64. */
  get keys(): string[] {
    return this.#keys.value.split(/\s+/).filter(Boolean);
  }

  /** A package is on its way. */
  begin(): void {
    this.#progress = new Map();
    this.#loads.show(this.#progress);
    this.#busy.hidden = false;
  }

  progress(name: string, loaded: number, total: number | null): void {
    note(this.#progress, { what: "package", name, loaded, total }, performance.now());
    this.#loads.show(this.#progress);
  }

  /** It is there, or will not be. */
  end(): void {
    if (this.#busy.contains(document.activeElement)) this.#url.focus();
    this.#busy.hidden = true;
  }

  #dropZone(commands: OpenCommands): HTMLElement {
    const picker = h("input", {
      "type": "file",
      "id": freshId("package-file"),
      "accept": ".rmpkg,.wasm",
      "data-testid": "package-file",
    });
    picker.addEventListener("change", () => {
      const [file] = picker.files ?? [];
      if (file) commands.file(file);
      picker.value = "";
    });
    return h(
      "div",
      { class: "drop-zone" },
      h("p", { class: "drop-title" }, "Drop a package anywhere on this page"),
      h(
        "p",
        { class: "hint" },
        "An .rmpkg, or the .wasm of a WASI executor. It is unpacked and checked in a worker, and stays here.",
      ),
      h(
        "div",
        { class: "drop-actions" },
        h("label", { for: picker.id, class: "file-label" }, "Choose a package", picker),
      ),
    );
  }

  #addressForm(commands: OpenCommands): HTMLElement {
    const submit = h("button", { "type": "submit", "data-testid": "open-url" }, "Open");
    const form = h(
      "form",
      { class: "model-address", novalidate: true },
      h("label", { for: this.#url.id }, "From an address"),
      h("div", { class: "address-line" }, this.#url, submit),
      this.#fault,
    );
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.#submit(commands);
    });
    return form;
  }

  #submit(commands: OpenCommands): void {
    const found = addressOf(this.#url.value);
    setText(this.#fault, found === undefined ? "This is no address: it should begin with https://" : "");
    this.#fault.hidden = found !== undefined;
    this.#url.setAttribute("aria-invalid", String(found === undefined));
    if (found === undefined) this.#url.focus();
    else commands.address(new URL(found));
  }

  #trust(): HTMLElement {
    return h(
      "details",
      { class: "package-trust" },
      h("summary", {}, "Keys you trust"),
      h("label", { for: this.#keys.id, class: "hint" }, "Public keys (ed25519, base64), one a line"),
      this.#keys,
      h("p", { class: "hint" }, "They count for what is opened from now on, until you leave this page."),
    );
  }

  /** The packages of the site; without its list there is nothing to choose, and files can be opened all the same. */
  async #offer(commands: OpenCommands): Promise<void> {
    const all = await sitePackages().catch(() => []);
    this.#examples.replaceChildren(...all.map((it) => example(it, commands)));
  }
}

function example({ file, title, summary, bytes: size }: SitePackage, commands: OpenCommands): HTMLLIElement {
  const button = h(
    "button",
    { "type": "button", "class": "example", "data-testid": `package-${file.replace(/\.rmpkg$/, "")}` },
    h("span", { class: "example-title" }, title),
    h("span", { class: "example-summary" }, `${summary} (${bytes(size)})`),
  );
  button.addEventListener("click", () => commands.site(file));
  return h("li", {}, button);
}
