import { Client, type Loading as LoadingOf } from "./client.js";
import type { LocalModel, ModelFiles, ModelInfo, ModelProgress, ModelsQuestion } from "./models-messages.js";
import { modelsBoot, type Places } from "./places.js";

/** How something is to be loaded. @internal */
export type Loading = LoadingOf<ModelProgress>;

/** A question without its number. @internal */
export type Question = ModelsQuestion extends infer T
  ? T extends { id: number }
    ? Omit<T, "id">
    : never
  : never;

/** The page's end of the models worker. @internal */
export class ModelsClient extends Client<Question, ModelProgress> {
  constructor(places: Places) {
    super("models", places, { boot: modelsBoot });
  }

  /** The files of a model, and what is known of it then; `named`: no URL will do. */
  async load(
    model: string | LocalModel,
    loading: Loading,
    named = false,
  ): Promise<{ files: ModelFiles; info: ModelInfo }> {
    return (await this.ask({ ask: "load", model, named }, loading)) as { files: ModelFiles; info: ModelInfo };
  }
}
