import { AboutView } from "./about/view.ts";
import { LazyView } from "./lazy-view.ts";
import { ModelShelf } from "./models/shelf.ts";
import { PipelineView } from "./pipeline/view.ts";
import { SpeechView } from "./speech/view.ts";
import { StorageView } from "./storage/view.ts";
import type { Entry, View } from "./view.ts";

/** The models are the same in every view. */
const shelf = new ModelShelf();

/** The site's views, in the order of its navigation. */
export const VIEWS: readonly Entry[] = [
  { name: "pipelines", title: "Pipelines", make: () => new PipelineView() },
  { name: "packages", title: "Packages", make: () => new LazyView(packages) },
  { name: "speech", title: "Speech", make: () => new SpeechView(shelf) },
  { name: "storage", title: "Models & storage", make: () => new StorageView(shelf) },
  { name: "about", title: "About", make: () => new AboutView() },
];

async function packages(): Promise<View> {
  const { PackagesView } = await import("./packages/view.ts");
  return new PackagesView();
}
