import { bytes, clock } from "../format.ts";
import type { Sound } from "./sound.ts";

/** A recording of the site, as `recordings/index.json` tells of it. */
interface Listed {
  file: string;
  title: string;
  bytes: number;
  /** Length in seconds. */
  seconds: number;
  /** What is said in it. */
  text: string;
}

/** A recording of the site, whose length is known. */
export type BuiltIn = Sound & { seconds: number };

/** The recordings that come with the site; none if it has none. */
export async function builtInSounds(): Promise<BuiltIn[]> {
  const response = await fetch(address("index.json"));
  if (!response.ok) return [];
  const listed = (await response.json()) as Listed[];
  return listed.map((it) => ({
    name: it.title,
    detail: `${clock(it.seconds)}, ${bytes(it.bytes)}`,
    seconds: it.seconds,
    said: it.text,
    file: () => download(it),
  }));
}

async function download({ file, title }: Listed): Promise<File> {
  const response = await fetch(address(file));
  if (!response.ok) throw new Error(`the recording ${title} cannot be fetched: ${response.status}`);
  const content = await response.blob();
  return new File([content], file, { type: content.type });
}

function address(file: string): string {
  return new URL(`./recordings/${encodeURIComponent(file)}`, document.baseURI).href;
}
