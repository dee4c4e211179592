// What users of the hooks may name.
export type {
  Progress,
  RunActions,
  RunState,
  RunStatus,
  RuntimeOptions,
  RuntimeSource,
  RuntimeState,
} from "./runner.js";
