import { arrange } from "./layout.ts";
import type { PlanAnswer, PlanRequest } from "./plan.ts";

// Two hundred nodes take longer than a page may be held up.
addEventListener("message", ({ data }: MessageEvent<PlanRequest>) => {
  const answer: PlanAnswer = { key: data.key, plan: arrange(data) };
  postMessage(answer);
});
