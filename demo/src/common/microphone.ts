import { unlessAborted } from "./facts.ts";
import { pcm16, wavFile } from "./wav.ts";
import workletUrl from "./microphone-worklet.ts?worker&url";

/** Seconds of sound after which samples are put away as bytes, which browsers may keep on disk. */
const PUT_AWAY = 10;

/** Sound that comes from the microphone, and all of it as a file in the end. */
export class Microphone {
  readonly rate: number;
  readonly #context: AudioContext;
  readonly #stream: MediaStream;
  readonly #tap: AudioWorkletNode;
  readonly #parts: Blob[] = [];
  #recent: Int16Array<ArrayBuffer>[] = [];
  #recentLength = 0;
  #stopped: Promise<File> | undefined;

  private constructor(context: AudioContext, stream: MediaStream, tap: AudioWorkletNode) {
    this.#context = context;
    this.#stream = stream;
    this.#tap = tap;
    this.rate = context.sampleRate;
  }

  /** Asks the user for the microphone, and listens, unless `signal` is aborted first. */
  static async open(signal: AbortSignal): Promise<Microphone> {
    const opening = Microphone.#open();
    try {
      return await unlessAborted(opening, signal);
    } catch (error) {
      // The user may still be asked, and allow it, when nobody wants to listen any more.
      void opening.then((it) => it.stop()).catch(() => undefined);
      throw error;
    }
  }

  static async #open(): Promise<Microphone> {
    const stream = await microphone();
    const context = new AudioContext();
    try {
      await context.audioWorklet.addModule(workletUrl);
      const tap = new AudioWorkletNode(context, "tap", { numberOfInputs: 1, numberOfOutputs: 1 });
      context.createMediaStreamSource(stream).connect(tap);
      // Nothing is to be heard, but what leads nowhere is not worked on everywhere.
      tap.connect(context.destination);
      await context.resume();
      return new Microphone(context, stream, tap);
    } catch (error) {
      release(context, stream);
      throw error;
    }
  }

  /** Calls back with mono samples, about ten times a second, from those on that were heard first. */
  onSound(listener: (samples: Float32Array<ArrayBuffer>) => void): void {
    this.#tap.port.onmessage = ({ data }: MessageEvent<Float32Array<ArrayBuffer> | null>) => {
      if (!data) return;
      this.#keep(data);
      listener(data);
    };
  }

  /** Calls back if the device goes away. */
  onLost(listener: () => void): void {
    for (const track of this.#stream.getAudioTracks()) track.addEventListener("ended", listener);
  }

  /** Ends listening, after everything heard was handed out. Gives the recording. */
  stop(): Promise<File> {
    this.#stopped ??= this.#end();
    return this.#stopped;
  }

  async #end(): Promise<File> {
    for (const track of this.#stream.getTracks()) track.enabled = false;
    const isOver = new Promise<void>((resolve) => {
      this.#tap.port.addEventListener("message", ({ data }) => data === null && resolve());
    });
    this.#tap.port.start();
    this.#tap.port.postMessage(null);
    await isOver;
    release(this.#context, this.#stream);
    this.#putAway();
    return wavFile(`microphone ${timeOfDay()}.wav`, this.rate, this.#parts);
  }

  #keep(samples: Float32Array): void {
    this.#recent.push(pcm16(samples));
    this.#recentLength += samples.length;
    if (this.#recentLength > PUT_AWAY * this.rate) this.#putAway();
  }

  #putAway(): void {
    this.#parts.push(new Blob(this.#recent));
    this.#recent = [];
    this.#recentLength = 0;
  }
}

/** Why there is no sound from the microphone, for the user. */
export class MicrophoneError extends Error {
  override readonly name = "Microphone";
}

async function microphone(): Promise<MediaStream> {
  if (!navigator.mediaDevices) {
    throw new MicrophoneError(
      "this page may not use a microphone: it has to be served by https, or from this machine",
    );
  }
  try {
    return await navigator.mediaDevices.getUserMedia({ audio: { channelCount: 1 } });
  } catch (error) {
    throw new MicrophoneError(reason(error), { cause: error });
  }
}

function reason(error: unknown): string {
  const name = error instanceof DOMException ? error.name : "";
  switch (name) {
    case "NotAllowedError":
      return "the microphone was not allowed; this browser's settings of the page can allow it";
    case "NotFoundError":
      return "there is no microphone";
    case "NotReadableError":
      return "another program keeps the microphone";
    default:
      return `the microphone does not work: ${String(error)}`;
  }
}

function release(context: AudioContext, stream: MediaStream): void {
  for (const track of stream.getTracks()) track.stop();
  void context.close();
}

function timeOfDay(): string {
  return new Date().toLocaleTimeString("en", { hour12: false }).replaceAll(":", ".");
}
