import gifenc from "gifenc";
import { PNG } from "pngjs";
import type { CDPSession, Page as Tab } from "puppeteer-core";

/** A picture, and when it was shown, in milliseconds. */
interface Shown {
  at: number;
  png: Buffer;
}

/** Shortest time that a picture is worth, in milliseconds. */
const SHORTEST = 80;
/** How long nothing may happen in the film: what takes longer is waiting. */
const LONGEST = 1500;
/** How long the last picture stays. */
const END = 2500;
/** Colors of the film; one more stands for what did not change. */
const COLORS = 127;
/** Every so many pixels of every so many pictures are looked at for the colors. */
const [PIXELS, PICTURES] = [7, 6];

/** What a tab shows, as it is shown. */
export class Film {
  readonly #session: CDPSession;
  readonly #shown: Shown[] = [];

  private constructor(session: CDPSession) {
    this.#session = session;
  }

  /** Starts to film. */
  static async start(tab: Tab): Promise<Film> {
    const session = await tab.createCDPSession();
    const film = new Film(session);
    session.on("Page.screencastFrame", ({ data, metadata, sessionId }) => {
      film.#shown.push({ at: (metadata.timestamp ?? 0) * 1000, png: Buffer.from(data, "base64") });
      void session.send("Page.screencastFrameAck", { sessionId });
    });
    await session.send("Page.startScreencast", { format: "png", everyNthFrame: 1 });
    return film;
  }

  /** Stops, and gives all of it as a GIF that repeats for ever. */
  async end(): Promise<{ gif: Uint8Array; pictures: number; seconds: number }> {
    await this.#session.send("Page.stopScreencast");
    const shown = this.#shown.filter((it, at, all) => at === 0 || kept(it, at, all));
    const images = shown.map(({ png }) => PNG.sync.read(png));
    const delays = shown.map(({ at }, index) => {
      const next = shown[index + 1]?.at;
      return next === undefined ? END : Math.min(LONGEST, Math.max(SHORTEST, next - at));
    });
    const seconds = delays.reduce((sum, it) => sum + it, 0) / 1000;
    return { gif: encode(images, delays), pictures: images.length, seconds };
  }
}

/** Whether a picture is shown long enough; the last one is. */
function kept({ at }: Shown, index: number, all: readonly Shown[]): boolean {
  const next = all[index + 1];
  return (
    next === undefined ||
    next.at - at >= SHORTEST ||
    Math.floor(at / SHORTEST) !== Math.floor(next.at / SHORTEST)
  );
}

function encode(images: readonly PNG[], delays: readonly number[]): Uint8Array {
  const palette = paletteOf(images);
  const encoder = gifenc.GIFEncoder();
  let before: Uint8Array | undefined;
  images.forEach(({ data, width, height }, at) => {
    const index = gifenc.applyPalette(data, palette);
    const same = before;
    // Where nothing changed the picture before shines through, and packs to nothing.
    const drawn = same ? index.map((color, pixel) => (color === same[pixel] ? COLORS : color)) : index;
    encoder.writeFrame(drawn, width, height, {
      ...(at === 0 ? { palette: [...padded(palette), [0, 0, 0]], repeat: 0 } : {}),
      delay: delays[at] ?? END,
      transparent: at > 0,
      transparentIndex: COLORS,
      dispose: 1,
    });
    before = index;
  });
  encoder.finish();
  return encoder.bytes();
}

function paletteOf(images: readonly PNG[]): number[][] {
  const chosen = images.filter((_, at) => at % PICTURES === 0 || at === images.length - 1);
  const pixels = chosen.flatMap(({ data }) => {
    const some: number[] = [];
    for (let at = 0; at + 4 <= data.length; at += 4 * PIXELS) some.push(...data.subarray(at, at + 4));
    return some;
  });
  return gifenc.quantize(Uint8Array.from(pixels), COLORS);
}

/** The palette with as many colors as there may be. */
function padded(palette: number[][]): number[][] {
  return [...palette, ...Array.from({ length: COLORS - palette.length }, () => [0, 0, 0])];
}
