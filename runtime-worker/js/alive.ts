/**
 * Holds the lock `name` as long as this worker lives, and says so to the page, which then asks for it too: no event
 * tells a page that a worker was ended from outside, but it is given the lock. Resolves when that is done: a worker that
 * has work before could end unseen.
 */
export function stayKnown(name: string | null | undefined): Promise<void> {
  const locks = (globalThis.navigator as WorkerNavigator | undefined)?.locks;
  if (!name || !locks) return Promise.resolve();
  return new Promise((resolve) => {
    const held = locks.request(name, () => {
      (globalThis as unknown as DedicatedWorkerGlobalScope).postMessage({ alive: true });
      resolve();
      return new Promise<never>(() => {});
    });
    // Where locks are forbidden the worker works as well; only its violent end goes unseen.
    held.catch(() => resolve());
  });
}
