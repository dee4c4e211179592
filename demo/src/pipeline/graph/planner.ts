import type { Plan, PlanAnswer, PlanRequest } from "./plan.ts";

/** Has graphs placed by a worker; of several requests only the newest matters. */
export class Planner {
  readonly #take: (answer: { key: string; plan: Plan | undefined }) => void;
  #worker: Worker | undefined;
  #isBusy = false;
  #next: PlanRequest | undefined;

  /** `take` gets each plan; undefined where none can be made, because the worker does not start. */
  constructor(take: (answer: { key: string; plan: Plan | undefined }) => void) {
    this.#take = take;
  }

  ask(request: PlanRequest): void {
    this.#next = request;
    if (!this.#isBusy) this.#send();
  }

  #send(): void {
    const request = this.#next;
    this.#next = undefined;
    if (!request) return;
    this.#isBusy = true;
    this.#worker ??= this.#start();
    this.#worker.postMessage(request);
    this.#worker.onerror = (event) => {
      event.preventDefault();
      this.#worker?.terminate();
      this.#worker = undefined;
      this.#answered({ key: request.key, plan: undefined });
    };
  }

  #start(): Worker {
    const worker = new Worker(new URL("./layout-worker.ts", import.meta.url), { type: "module" });
    worker.onmessage = ({ data }: MessageEvent<PlanAnswer>) => this.#answered(data);
    return worker;
  }

  #answered(answer: { key: string; plan: Plan | undefined }): void {
    this.#isBusy = false;
    this.#take(answer);
    this.#send();
  }
}
