import { createApp, h, ref } from "vue";
import { useRun, useRuntime } from "remotemedia/vue";
import { forever, manifest, options, recording, speech, told, wrong } from "./panel.js";

const Panel = {
  props: ["source"],
  setup({ source }) {
    const { run, cancel, status, progress, partials, outputs, error } = useRun(source);
    const state = () => ({
      status: status.value,
      progress: progress.value,
      partials: partials.value,
      outputs: outputs.value,
      error: error.value,
    });
    return () =>
      h("section", [
        h("button", { id: "good", onClick: () => run(manifest, { inputs: [5, 7] }) }, "Run"),
        h("button", { id: "bad", onClick: () => run(wrong) }, "Run what is wrong"),
        h("button", { id: "long", onClick: () => run(manifest, { inputs: forever() }) }, "Run without end"),
        h(
          "button",
          { id: "speech", onClick: async () => run(speech, { inputs: [await recording()] }) },
          "Speech",
        ),
        h("button", { id: "cancel", onClick: () => cancel() }, "Cancel"),
        h("pre", { id: "told" }, told(state())),
      ]);
  },
};

const App = {
  setup() {
    const { status, start } = useRuntime(options);
    const there = ref(true);
    const shared = new URLSearchParams(location.search).has("shared");
    const toggle = () => (there.value = !there.value);
    return () =>
      h("main", [
        h("button", { id: "toggle", onClick: toggle }, "Mount or unmount"),
        h("p", { id: "runtime" }, status.value),
        there.value && h(Panel, { source: shared ? { start } : undefined }),
      ]);
  },
};

createApp(App).mount("#app");
