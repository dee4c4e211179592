import { PipelineView } from "./pipeline/view.ts";
import { SpeechView } from "./speech/view.ts";
import type { Entry } from "./view.ts";

/** The site's views, in the order of its navigation. */
export const VIEWS: readonly Entry[] = [
  { name: "pipelines", title: "Pipelines", make: () => new PipelineView() },
  { name: "speech", title: "Speech", make: () => new SpeechView() },
];
