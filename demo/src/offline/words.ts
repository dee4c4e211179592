import { bytes } from "../format.ts";
import type { Standing } from "./keeper.ts";
import type { Part } from "./parts.ts";

/** How the site stands without a network, in words. */
export function standingInWords(standing: Standing, saveData: boolean): string {
  switch (standing.kind) {
    case "starting":
      return "Looking at what this browser keeps…";
    case "off":
      return "Switched off by the address of this page: nothing is kept.";
    case "unsupported":
      return `This page needs the network: ${standing.why}.`;
    case "on":
      break;
  }
  if (!standing.state.installed) return "The light part of the site is being kept…";
  const rest = saveData
    ? "Your browser asks to save data, so nothing else is fetched until you ask for it."
    : "What is used once is kept as well.";
  return `This site works without a network. ${rest}`;
}

/** How much of a part is kept, in words. */
export function partInWords({ bytes: all, bytesKept }: Part): string {
  if (bytesKept >= all) return `offline, ${bytes(all)}`;
  return bytesKept === 0 ? `needs the network, ${bytes(all)}` : `${bytes(bytesKept)} of ${bytes(all)} kept`;
}

/** What went wrong, and what can be done. */
export function errorInWords(error: unknown): string {
  const { code, message } = error as { code?: string; message?: string };
  const told = message ?? String(error);
  switch (code) {
    case "StorageFull":
      return `There is no room to keep everything; what is not kept comes from the network. (${told})`;
    case "Stale":
      return "The server has a newer version of this site: reload the page, then try again.";
    case "Unreachable":
    case "LoadFailed":
      return `Something could not be fetched; trying again goes on from there. (${told})`;
    default:
      return told;
  }
}
