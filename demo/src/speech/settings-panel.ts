import { freshId, h, setText } from "../dom.ts";
import { languagesOf } from "./languages.ts";
import type { Model } from "../models/models.ts";
import type { Choice } from "./pipelines.ts";

const TASKS = { transcribe: "Transcribe", translate: "Translate to English" } as const;
const TIMES = { segment: "Segments", word: "Words" } as const;

/** What the user chooses for a transcription. */
export class SettingsPanel {
  readonly element: HTMLElement;
  readonly #model = h("select", { "id": freshId("model"), "data-testid": "model" });
  readonly #language = h("select", { "id": freshId("language"), "data-testid": "language" });
  readonly #note = h("p", { "class": "model-note", "data-testid": "model-note", "hidden": true });
  readonly #tasks = radios(TASKS, "task");
  readonly #times = radios(TIMES, "timestamps");
  readonly #onChange: () => void;
  #models: readonly Model[] = [];

  constructor(onChange: () => void) {
    this.#onChange = onChange;
    this.element = h(
      "div",
      { class: "settings" },
      field("Model", this.#model),
      this.#note,
      field("Language spoken", this.#language),
      group("Task", TASKS, this.#tasks),
      group("Times of", TIMES, this.#times),
    );
    this.#model.addEventListener("change", () => this.#chosen());
    for (const input of [this.#language, ...Object.values(this.#tasks), ...Object.values(this.#times)]) {
      input.addEventListener("change", onChange);
    }
    this.#offerLanguages();
  }

  get choice(): Choice {
    const isTranslation = this.#tasks.translate.checked;
    return {
      model: this.#model.value,
      language: this.#language.value,
      task: isTranslation ? "translate" : "transcribe",
      timestamps: this.#times.word.checked ? "word" : "segment",
    };
  }

  /** The chosen model, if the runtime knows any. */
  get model(): Model | undefined {
    return this.#models.find((it) => it.name === this.#model.value);
  }

  /** Offers these models, and keeps the choice; the first is the usual one. */
  offer(models: readonly Model[]): void {
    const chosen = this.#model.value;
    this.#models = models;
    this.#model.replaceChildren(...models.map(({ name, title }) => h("option", { value: name }, title)));
    const keeps = models.some((it) => it.name === chosen);
    this.#model.value = keeps ? chosen : (models[0]?.name ?? "");
    this.#chosen();
  }

  /** Chooses a model of those offered. */
  choose(name: string): void {
    this.#model.value = name;
    this.#chosen();
  }

  #chosen(): void {
    setText(this.#note, this.model?.note ?? "");
    this.#note.hidden = !this.model?.note;
    this.#offerLanguages();
    const isEnglishOnly = this.model?.languages?.length === 1;
    this.#tasks.translate.disabled = isEnglishOnly;
    if (isEnglishOnly) this.#tasks.transcribe.checked = true;
    this.#onChange();
  }

  #offerLanguages(): void {
    const codes = this.model?.languages;
    const chosen = this.#language.value;
    const languages = languagesOf(codes);
    const auto = languages.length > 1 ? [{ code: "auto", name: "Found by the model" }] : [];
    this.#language.replaceChildren(
      ...[...auto, ...languages].map(({ code, name }) => h("option", { value: code }, name)),
    );
    const keeps = [...this.#language.options].some((it) => it.value === chosen);
    this.#language.selectedIndex = 0;
    if (keeps) this.#language.value = chosen;
  }
}

type Radios<T> = { [value in keyof T]: HTMLInputElement };

function radios<T extends { [value: string]: string }>(titles: T, name: string): Radios<T> {
  const shared = freshId(name);
  const inputs = Object.keys(titles).map((value, index) => [
    value,
    h("input", {
      "type": "radio",
      "name": shared,
      value,
      "checked": index === 0,
      "data-testid": `${name}-${value}`,
    }),
  ]);
  return Object.fromEntries(inputs) as Radios<T>;
}

function group<T extends { [value: string]: string }>(
  title: string,
  titles: T,
  inputs: Radios<T>,
): HTMLElement {
  const choices = Object.entries<string>(titles).map(([value, name]) =>
    h("label", {}, inputs[value as keyof T], h("span", {}, name)),
  );
  return h(
    "fieldset",
    { class: "field" },
    h("legend", {}, title),
    h("div", { class: "segments" }, ...choices),
  );
}

function field(title: string, input: HTMLElement): HTMLElement {
  return h("div", { class: "field" }, h("label", { for: input.id }, title), input);
}
