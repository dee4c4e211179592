/** Hands the microphone's sound to the page, a tenth of a second at a time. Runs where sound is made, not in the page. */

declare const sampleRate: number;
declare class AudioWorkletProcessor {
  readonly port: MessagePort;
}
declare function registerProcessor(name: string, processor: new () => AudioWorkletProcessor): void;

class Tap extends AudioWorkletProcessor {
  #block = fresh();
  #filled = 0;
  #isOpen = true;

  constructor() {
    super();
    // Whatever was heard before the end belongs to the recording.
    this.port.onmessage = () => {
      this.#send(this.#block.slice(0, this.#filled));
      this.port.postMessage(null);
      this.#isOpen = false;
    };
  }

  process([channels]: Float32Array[][]): boolean {
    const frames = channels?.[0]?.length ?? 0;
    for (let frame = 0; channels && frame < frames; frame++) {
      const sum = channels.reduce((all, channel) => all + (channel[frame] ?? 0), 0);
      this.#block[this.#filled] = sum / channels.length;
      this.#filled += 1;
      if (this.#filled < this.#block.length) continue;
      this.#send(this.#block);
      this.#block = fresh();
      this.#filled = 0;
    }
    return this.#isOpen;
  }

  #send(samples: Float32Array<ArrayBuffer>): void {
    this.port.postMessage(samples, [samples.buffer]);
  }
}

function fresh(): Float32Array<ArrayBuffer> {
  return new Float32Array(Math.round(sampleRate / 10));
}

registerProcessor("tap", Tap);

export {};
