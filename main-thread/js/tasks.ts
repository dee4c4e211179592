interface Scheduler {
  postTask(task: () => void): Promise<void>;
}

/** Resolves in a task of its own: later than all microtasks, sooner than any timer. @internal */
export function nextTask(): Promise<void> {
  // Where there is one it takes a fraction of what a channel costs.
  const { scheduler } = globalThis as { scheduler?: Partial<Scheduler> };
  if (typeof scheduler?.postTask === "function") return scheduler.postTask(() => {});
  return new Promise((resolve) => {
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = () => {
      port1.close();
      resolve();
    };
    port2.postMessage(null);
  });
}

/** Reports what a user's callback threw, as the browser does for event listeners. @internal */
export function report(thrown: unknown): void {
  if (typeof reportError === "function") reportError(thrown);
  else console.error(thrown);
}

/** A promise and what settles it. @internal */
export class Deferred<T> {
  resolve!: (value: T | PromiseLike<T>) => void;
  reject!: (reason: unknown) => void;
  readonly promise = new Promise<T>((resolve, reject) => {
    this.resolve = resolve;
    this.reject = reject;
  });
}
