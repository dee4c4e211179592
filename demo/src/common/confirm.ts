import { freshId, h } from "../dom.ts";

/** A question whose answer cannot be taken back. */
export interface Question {
  title: string;
  text: string;
  /** More to know before one answers, below the text. */
  facts?: readonly Node[];
  /** What the button that goes on says. */
  action: string;
  isDangerous?: boolean;
}

/** Asks in a dialog; gives whether to go on. Escape means no, and the focus returns to where it was. */
export function confirmed({
  title,
  text,
  facts = [],
  action,
  isDangerous = false,
}: Question): Promise<boolean> {
  const [titleId, textId] = [freshId("question"), freshId("question-text")];
  const yes = h(
    "button",
    { "type": "button", "class": isDangerous ? "danger" : "primary", "data-testid": "confirm" },
    action,
  );
  const no = h("button", { "type": "button", "data-testid": "decline" }, "Cancel");
  const dialog = h(
    "dialog",
    {
      "role": "alertdialog",
      "aria-labelledby": titleId,
      "aria-describedby": textId,
      "data-testid": "dialog",
    },
    h("h2", { id: titleId }, title),
    h("p", { id: textId }, text),
    ...facts,
    h("div", { class: "dialog-actions" }, no, yes),
  );
  return new Promise((resolve) => {
    yes.addEventListener("click", () => dialog.close("yes"));
    no.addEventListener("click", () => dialog.close());
    // It is this dialog's key now, not the view's.
    dialog.addEventListener("keydown", (event) => event.stopPropagation());
    dialog.addEventListener("close", () => {
      dialog.remove();
      resolve(dialog.returnValue === "yes");
    });
    document.body.append(dialog);
    dialog.showModal();
    no.focus();
  });
}
