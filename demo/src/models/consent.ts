import { confirmed } from "../common/confirm.ts";
import { bytes } from "../format.ts";
import { isHere } from "./models.ts";
import { obstacles } from "./room.ts";
import type { ModelShelf, Outcome } from "./shelf.ts";

/** Deletes a model, if its user means it: what was downloaded has to be downloaded again. */
export async function removeIfMeant(shelf: ModelShelf, name: string): Promise<boolean> {
  const model = shelf.models.find((it) => it.name === name);
  if (!model) return false;
  const what = isHere(model) ? "Its" : "The";
  const back =
    model.from === "your own files" ? "you need the files to have it again" : "it can be downloaded again";
  const text = `${what} ${bytes(model.kept)} are deleted from this device; ${back}.`;
  const question = { title: `Delete ${model.title}?`, text, action: "Delete", isDangerous: true };
  if (!(await confirmed(question))) return false;
  await shelf.remove(name);
  return true;
}

/** Downloads a model; where that seems hopeless, only if its user says so. */
export async function downloadIfMeant(shelf: ModelShelf, name: string): Promise<Outcome> {
  await shelf.refresh();
  const model = shelf.models.find((it) => it.name === name);
  const against = model ? obstacles(model, shelf.room) : [];
  if (model && against.length > 0) {
    const question = {
      title: `${model.title} does not fit`,
      text: against.join(" "),
      action: "Try all the same",
    };
    if (!(await confirmed(question))) return { state: "paused" };
  }
  return shelf.load(name);
}
