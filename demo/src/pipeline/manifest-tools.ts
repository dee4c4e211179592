import { save } from "../common/save.ts";
import { freshId, h, setText } from "../dom.ts";
import { fileName } from "./manifest-file.ts";

/** What the tools work on. */
export interface Tools {
  manifest: () => string;
  format: () => void;
  open: (file: File) => void;
  /** An address that holds all of the pipeline that can travel, and what cannot. */
  link: () => Promise<{ address: string; without: string }>;
  /** Asks what goes into a package; gives what was saved. */
  pack: () => Promise<string | undefined>;
}

/** Takes manifests in and gives them away: as files, by the clipboard, as links. */
export class ManifestTools {
  readonly element: HTMLElement;
  readonly #note = h("p", { "class": "hint", "role": "status", "data-testid": "manifest-note" });
  readonly #link = h("input", {
    "type": "text",
    "readonly": true,
    "aria-label": "Link to this pipeline",
    "data-testid": "link",
  });
  readonly #linkRow = h("div", { class: "link-row", hidden: true }, this.#link);

  constructor(tools: Tools) {
    const picker = h("input", {
      "type": "file",
      "id": freshId("manifest-file"),
      "accept": ".json,application/json",
      "data-testid": "manifest-file",
    });
    picker.addEventListener("change", () => {
      const [file] = picker.files ?? [];
      if (file) tools.open(file);
      picker.value = "";
    });
    this.element = h(
      "div",
      { class: "manifest-tools" },
      h(
        "div",
        { "class": "tool-row", "role": "group", "aria-label": "Manifest" },
        h("label", { for: picker.id, class: "file-label" }, "Open", picker),
        tool("save-manifest", "Download", () => this.#save(tools)),
        tool("copy-manifest", "Copy", () => void this.#copy(tools.manifest(), "Copied.")),
        tool("format", "Format", tools.format),
        tool("share", "Share", () => void this.#share(tools)),
        tool("pack", "Pack…", () => void this.#pack(tools)),
      ),
      this.#linkRow,
      this.#note,
    );
  }

  /** Says where the pipeline comes from, or what became of it. */
  say(text: string): void {
    this.#linkRow.hidden = true;
    setText(this.#note, text);
  }

  #save({ manifest }: Tools): void {
    const name = fileName(manifest());
    save(name, new Blob([manifest()], { type: "application/json" }));
    this.say(`Saved as ${name}.`);
  }

  async #share({ link }: Tools): Promise<void> {
    try {
      const { address, without } = await link();
      this.#link.value = address;
      await this.#copy(address, `The link is copied.${without}`);
      this.#linkRow.hidden = false;
      this.#link.select();
    } catch (error) {
      this.say(error instanceof Error ? error.message : String(error));
    }
  }

  async #pack({ pack }: Tools): Promise<void> {
    try {
      this.say((await pack()) ?? "");
    } catch (error) {
      this.say(error instanceof Error ? error.message : String(error));
    }
  }

  async #copy(text: string, done: string): Promise<void> {
    try {
      await navigator.clipboard.writeText(text);
      this.say(done);
    } catch {
      this.say("This page may not write to the clipboard.");
    }
  }
}

function tool(name: string, label: string, act: () => void): HTMLButtonElement {
  const button = h("button", { "type": "button", "data-testid": name }, label);
  button.addEventListener("click", act);
  return button;
}
