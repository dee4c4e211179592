/** Length of a WAV file's header in bytes. */
const HEADER = 44;

/** A recording as a WAV file of 16 bits, made of what {@link pcm16} gave. */
export function wavFile(name: string, rate: number, parts: readonly Blob[], channels = 1): File {
  const bytes = parts.reduce((sum, part) => sum + part.size, 0);
  return new File([header(bytes, rate, channels), ...parts], name, { type: "audio/wav" });
}

/** Samples in [-1, 1] as integers of 16 bits; what is louder is clipped. */
export function pcm16(samples: Float32Array): Int16Array<ArrayBuffer> {
  return Int16Array.from(samples, (it) => Math.round(Math.max(-1, Math.min(1, it)) * 32_767));
}

function header(bytes: number, rate: number, channels: number): Uint8Array<ArrayBuffer> {
  const view = new DataView(new ArrayBuffer(HEADER));
  const text = (at: number, word: string): void =>
    [...word].forEach((sign, index) => view.setUint8(at + index, sign.charCodeAt(0)));
  text(0, "RIFF");
  view.setUint32(4, HEADER - 8 + bytes, true);
  text(8, "WAVEfmt ");
  view.setUint32(16, 16, true);
  view.setUint16(20, 1, true);
  view.setUint16(22, channels, true);
  view.setUint32(24, rate, true);
  view.setUint32(28, rate * channels * 2, true);
  view.setUint16(32, channels * 2, true);
  view.setUint16(34, 16, true);
  text(36, "data");
  view.setUint32(40, bytes, true);
  return new Uint8Array(view.buffer);
}
