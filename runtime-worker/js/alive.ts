/**
 * Holds the lock `name` as long as this worker lives, and says so to the page, which then asks for it too: no event
 * tells a page that a worker was ended from outside, but it is given the lock.
 */
export function stayKnown(name: string | null | undefined): void {
  if (!name) return;
  const locks = (globalThis.navigator as WorkerNavigator | undefined)?.locks;
  const held = locks?.request(name, () => {
    (globalThis as unknown as DedicatedWorkerGlobalScope).postMessage({ alive: true });
    return new Promise<never>(() => {});
  });
  // Where locks are forbidden the worker works as well; only its violent end goes unseen.
  held?.catch(() => {});
}
