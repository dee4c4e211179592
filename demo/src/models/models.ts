import { bytes, counted, milliseconds } from "../format.ts";

/** Where a model is. */
export type Place = "bundled" | "stored" | "partial" | "absent";

/** A model that the runtime knows. */
export interface Model {
  name: string;
  title: string;
  /** Bytes to download, where they are known. */
  bytes: number | undefined;
  /** Bytes of it that are kept on this device. */
  kept: number;
  /** Bytes of memory while it works. */
  memory: number | undefined;
  /** Codes of its languages; undefined if it has all of Whisper's. */
  languages: readonly string[] | undefined;
  licence: string;
  /** Who gives it: a host, or what stands for one. */
  from: string;
  /** What users have to know before they use it. */
  note: string | undefined;
  place: Place;
}

/** A download that is under way, or how it ended. */
export type Download =
  { state: "loading"; loaded: number; total: number | null } | { state: "failed"; error: unknown };

/** Whether a model can be used at once, without anything having to be fetched. */
export function isHere({ place }: Model): boolean {
  return place === "bundled" || place === "stored";
}

/** Where a model is, in words. */
export function placeInWords({ place }: Model, download: Download | undefined): string {
  if (download?.state === "loading") return "downloading";
  if (download?.state === "failed") return "failed";
  switch (place) {
    case "bundled":
      return "in this site";
    case "stored":
      return "on this device";
    case "partial":
      return "partly here";
    case "absent":
      return "not here";
  }
}

/** How far a download is. */
export function downloadInWords({ loaded, total }: { loaded: number; total: number | null }): string {
  return total === null ? bytes(loaded) : `${bytes(loaded)} of ${bytes(total)}`;
}

/** The languages of a model, in a word or two. */
export function languagesInWords({ languages }: Model): string {
  if (languages === undefined) return "multilingual";
  return languages.length === 1 && languages[0] === "en" ? "English" : counted(languages.length, "language");
}

/** What it took to make a model ready in this page; nothing before that was measured. */
export function loadInWords(ms: number | undefined): string {
  return ms === undefined ? "" : milliseconds(ms);
}

/** A size that may not be known. */
export function sizeInWords(size: number | undefined): string {
  return size === undefined ? "" : bytes(size);
}
