import { pcm16, wavFile } from "../common/wav.ts";
import { save } from "../common/save.ts";
import { h, setText } from "../dom.ts";
import { bytes, clock, counted } from "../format.ts";
import { archive } from "./archive.ts";
import type { ResultFile, ResultSound, Said } from "./shown.ts";

/** Results that the page keeps an element for; the archive and the JSON have all. */
const SHOWN = 200;
/** Characters of a text that are shown. */
const PREVIEW = 20_000;

/** Texts, one below the other, and below them what is being said. */
export function textElement(texts: readonly Said[], now: string): HTMLElement {
  const shown = texts.slice(0, SHOWN);
  const said = shown.map(({ text, detail }) =>
    h(
      "div",
      { class: "said" },
      h("p", { class: "said-text" }, text.slice(0, PREVIEW)),
      ...(detail ? [h("p", { class: "hint" }, detail)] : []),
    ),
  );
  if (now) said.push(h("div", { "class": "said said-now", "data-testid": "said-now" }, h("p", {}, now)));
  const all = texts.map((it) => it.text).join("\n");
  const download = h("button", { "type": "button", "data-testid": "download-text" }, "Download text");
  download.addEventListener("click", () =>
    save("results.txt", new Blob([`${all}\n`], { type: "text/plain" })),
  );
  const left = texts.length - shown.length;
  return h(
    "div",
    { "data-testid": "results-text" },
    ...said,
    ...(left > 0 ? [h("p", { class: "hint" }, `${counted(left, "more text")}, not shown.`)] : []),
    ...(texts.length > 0 ? [h("p", { class: "show-actions" }, download)] : []),
  );
}

/** Files, each to be downloaded, and all in one archive. */
export function filesElement(files: readonly ResultFile[]): HTMLElement {
  const all = h(
    "button",
    { "type": "button", "data-testid": "download-archive" },
    "Download all as one archive",
  );
  const note = h("span", { class: "hint", role: "status" });
  all.addEventListener("click", () => void saveArchive(files, note));
  const shown = files.slice(0, SHOWN).map(fileRow);
  const left = files.length - shown.length;
  return h(
    "div",
    { "data-testid": "results-files" },
    h("ul", { class: "result-files" }, ...shown),
    ...(left > 0 ? [h("p", { class: "hint" }, `${counted(left, "more file")}, in the archive.`)] : []),
    h("p", { class: "show-actions" }, all, note),
  );
}

async function saveArchive(files: readonly ResultFile[], note: HTMLElement): Promise<void> {
  setText(note, "Packing…");
  try {
    save("results.zip", await archive(files));
    setText(note, `${counted(files.length, "file")} packed.`);
  } catch (error) {
    setText(note, `The archive could not be made: ${String(error)}`);
  }
}

function fileRow({ name, mime, content }: ResultFile): HTMLElement {
  const blob = new Blob([content], { type: mime });
  const button = h("button", { "type": "button", "aria-label": `Download ${name}` }, "Download");
  button.addEventListener("click", () => save(name, blob));
  const preview =
    typeof content === "string"
      ? [h("details", {}, h("summary", {}, "Show"), h("pre", { tabindex: 0 }, content.slice(0, PREVIEW)))]
      : [];
  return h(
    "li",
    {},
    h("span", { class: "recording-name" }, name),
    h("span", { class: "recording-size" }, bytes(blob.size)),
    button,
    ...preview,
  );
}

/** Sounds, each with a player. Their files live until `signal` is aborted. */
export function soundsElement(sounds: readonly ResultSound[], signal: AbortSignal): HTMLElement {
  const shown = sounds.slice(0, SHOWN).map((it) => soundRow(it, signal));
  const left = sounds.length - shown.length;
  return h(
    "div",
    { "data-testid": "results-audio" },
    h("ul", { class: "result-files" }, ...shown),
    ...(left > 0 ? [h("p", { class: "hint" }, `${counted(left, "more sound")}, not shown.`)] : []),
  );
}

function soundRow({ name, sampleRate, channels, samples }: ResultSound, signal: AbortSignal): HTMLElement {
  const file = wavFile(name, sampleRate, [new Blob([pcm16(samples)])], channels);
  const url = URL.createObjectURL(file);
  signal.addEventListener("abort", () => URL.revokeObjectURL(url), { once: true });
  const button = h("button", { "type": "button", "data-testid": "download-wav" }, "Download WAV");
  button.addEventListener("click", () => save(name, file));
  const length = clock(samples.length / channels / sampleRate);
  const facts = `${length}, ${sampleRate} Hz, ${channels === 1 ? "mono" : `${channels} channels`}, ${bytes(file.size)}`;
  return h(
    "li",
    {},
    h("span", { class: "recording-name" }, name),
    h("span", { class: "recording-size" }, facts),
    button,
    h("audio", { "src": url, "controls": true, "preload": "metadata", "aria-label": `Listen to ${name}` }),
  );
}
