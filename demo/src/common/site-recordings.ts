/** A recording of the site, as `recordings/index.json` tells of it. */
export interface Listed {
  file: string;
  title: string;
  bytes: number;
  /** Length in seconds. */
  seconds: number;
  /** What is said in it. */
  text: string;
}

/** The recordings that come with the site; none if it has none. */
export async function siteRecordings(): Promise<Listed[]> {
  const response = await fetch(address("index.json"));
  return response.ok ? ((await response.json()) as Listed[]) : [];
}

/** One of them, by the name of its file. */
export async function siteRecording(file: string): Promise<File> {
  const response = await fetch(address(file));
  if (!response.ok) throw new Error(`the recording ${file} cannot be fetched: ${response.status}`);
  const content = await response.blob();
  return new File([content], file, { type: content.type });
}

function address(file: string): string {
  return new URL(`./recordings/${encodeURIComponent(file)}`, document.baseURI).href;
}
