import { freshId, h } from "../dom.ts";

/** The way in for model files that no catalogue has. */
export function ownFiles(take: (name: string, files: readonly File[]) => void): HTMLElement {
  const picker = h("input", {
    "type": "file",
    "id": freshId("model-files"),
    "multiple": true,
    "accept": ".bin,.safetensors,.json,.txt",
    "data-testid": "model-files",
  });
  picker.addEventListener("change", () => {
    const files = [...(picker.files ?? [])];
    if (files.length > 0) take(nameOf(files), files);
    picker.value = "";
  });
  return h(
    "p",
    { class: "model-own" },
    h("label", { for: picker.id, class: "file-label" }, "Use model files of your own", picker),
    h("span", { class: "hint" }, "A ggml file of whisper.cpp, or the files of a Hugging Face folder."),
  );
}

/** What files that belong together are called: as the largest is, which has the weights. */
export function nameOf(files: readonly File[]): string {
  return files.reduce((most, it) => (it.size > most.size ? it : most)).name;
}
