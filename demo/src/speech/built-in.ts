import { siteRecording, siteRecordings } from "../common/site-recordings.ts";
import { bytes, clock } from "../format.ts";
import type { Sound } from "./sound.ts";

/** A recording of the site, whose length is known. */
export type BuiltIn = Sound & { seconds: number };

/** The recordings that come with the site; none if it has none. */
export async function builtInSounds(): Promise<BuiltIn[]> {
  const listed = await siteRecordings();
  return listed.map((it) => ({
    name: it.title,
    detail: `${clock(it.seconds)}, ${bytes(it.bytes)}`,
    seconds: it.seconds,
    said: it.text,
    file: () => siteRecording(it.file),
  }));
}
