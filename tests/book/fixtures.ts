/** What snippets take for granted: each is made when a snippet names it. */
import { Runtime } from "remotemedia";

export const runtime = (): Promise<Runtime> => Runtime.start();

export const manifest = (): object => ({
  version: "v1",
  nodes: [{ id: "triple", node_type: "MultiplyNode", params: { factor: 3 } }],
  connections: [],
});

/** A recording whose speech the demo model knows. */
export async function file(): Promise<File> {
  const response = await fetch("/site/recordings/command.wav");
  if (!response.ok) throw new Error(`no recording: ${response.status}`);
  return new File([await response.blob()], "command.wav");
}

export async function files(): Promise<File[]> {
  const one = await file();
  return [one, new File([one], "again.wav")];
}

export const bar = (): HTMLProgressElement => element("progress");
export const button = (): HTMLButtonElement => element("button");
export const output = (): HTMLOutputElement => element("output");

/** Whatever a page does with what it is given. */
export const show =
  () =>
  (...values: unknown[]): void => {
    element("output").textContent = values.map(String).join(" ");
  };

export const pythonSource = (): string => `
from remotemedia import Text, node

@node()
def shout(text: Text) -> Text:
    return text.upper()
`;

function element<T extends keyof HTMLElementTagNameMap>(tag: T): HTMLElementTagNameMap[T] {
  const found = document.querySelector(tag) ?? document.createElement(tag);
  document.body.append(found);
  return found as HTMLElementTagNameMap[T];
}
