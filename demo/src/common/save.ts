import { h } from "../dom.ts";

/** Gives a file to the user. */
export function save(name: string, content: Blob): void {
  const url = URL.createObjectURL(content);
  h("a", { href: url, download: name }).click();
  setTimeout(() => URL.revokeObjectURL(url), 60_000);
}

/** A name as file systems take it, without its ending. */
export function stemOf(name: string): string {
  return name.replace(/\.[^.]*$/, "").replaceAll(/[\\/:*?"<>|\u0000-\u001f]/g, "_");
}
