/** How runs end: once, in the same words for everybody who listens. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { eachEngine } from "./harness/index.ts";
import { chain, openKit } from "./kit.ts";

const light = chain("PassThrough");

eachEngine("endings", (bench) => {
  test("every end is told once, to listeners, iterators and awaiters alike", async () => {
    const page = await openKit(bench);
    const answers = await page.evaluate(
      async ({ light, mix }) => {
        const runtime = await rm.Runtime.start();
        type Run = ReturnType<typeof runtime.run>;
        type Options = NonNullable<Parameters<typeof runtime.run>[1]>;
        const ends: [string, object, Options, ((run: Run) => unknown)?][] = [
          ["success", light, { inputs: [1] }],
          ["UnknownNode", { ...light, nodes: [{ id: "a", node_type: "Nonsense" }] }, {}],
          ["InvalidInput", light, { inputs: [1, undefined as never] }],
          ["NodeFailed", mix, { inputs: ["no sound"] }],
          ["TimedOut", light, { inputs: "stream", timeoutMs: 50 }],
          ["Cancelled", light, { inputs: "stream" }, (run) => run.cancel()],
          ["LimitExceeded", light, { inputs: ["long", "longer"], limits: { outputBytes: 1 } }],
          ["abort", light, { inputs: [1], signal: AbortSignal.abort("abort") }],
        ];
        const answers = [];
        for (const [what, manifest, options, act] of ends) {
          const { onEvent, events } = kit.ear();
          const run = runtime.run(manifest, { ...options, onEvent });
          const iterated: string[] = [];
          const thrown = (async () => {
            for await (const event of run) iterated.push(event.type);
          })().then(
            () => "success",
            (error: unknown) => error,
          );
          act?.(run);
          const awaited = await run.then(
            () => "success",
            (error: unknown) => error,
          );
          const last = events.at(-1);
          // Who comes too late hears the end all the same.
          const late: string[] = [];
          const lateThrown = await (async () => {
            for await (const event of run) late.push(event.type);
            return "success";
          })().catch((error: unknown) => error);
          answers.push({
            what,
            code: (awaited as { code?: string }).code ?? awaited,
            same: (await thrown) === awaited && lateThrown === awaited,
            told: last?.type === "failed" ? last.error === awaited : last?.type === "finished",
            ends: [events.map(({ type }) => type), iterated, late].map(
              (types) => types.filter((type) => type === "failed" || type === "finished").length,
            ),
          });
        }
        await runtime.close();
        return answers;
      },
      { light, mix: chain("AudioMix") },
    );
    for (const { what, code, same, told, ends } of answers)
      assert.deepEqual([code, same, told, ends], [what, true, true, [1, 1, 1]], what);
  });

  test("iterating, awaiting or cancelling handles the rejection; doing nothing leaves it unhandled", async () => {
    const page = await openKit(bench);
    const unhandled = await page.evaluate(async (light) => {
      const runtime = await rm.Runtime.start();
      const seen: unknown[] = [];
      let notify: () => void;
      const control = new Promise<void>((resolve) => (notify = resolve));
      addEventListener("unhandledrejection", (event) => {
        event.preventDefault();
        seen.push((event.reason as { node?: string }).node);
        if ((event.reason as { node?: string }).node === "control") notify();
      });
      const bad = (id: string) => ({ ...light, nodes: [{ id, node_type: "Nonsense" }] });
      await runtime.run(bad("awaited")).catch(() => undefined);
      const iterated = runtime.run(bad("iterated"));
      try {
        for await (const event of iterated) void event;
      } catch {
        // The same as awaiting.
      }
      await runtime.run(light, { inputs: "stream" }).cancel();
      const reader = runtime.run(bad("streamed")).stream().getReader();
      await reader.read().catch(() => undefined);
      // Whatever is unhandled is told in order: this one is the last.
      const heard = kit.ear();
      runtime.run(bad("control"), { onEvent: heard.onEvent });
      await control;
      await runtime.close();
      return seen;
    }, light);
    assert.deepEqual(unhandled, ["control"]);
  });
});
