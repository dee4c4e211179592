import { createElement as h, StrictMode, useState } from "react";
import { createRoot } from "react-dom/client";
import { useRun, useRuntime } from "remotemedia/react";
import { forever, manifest, options, recording, speech, told, wrong } from "./panel.js";

function Panel({ source }) {
  const { run, cancel, ...state } = useRun(source);
  return h(
    "section",
    null,
    h("button", { id: "good", onClick: () => run(manifest, { inputs: [5, 7] }) }, "Run"),
    h("button", { id: "bad", onClick: () => run(wrong) }, "Run what is wrong"),
    h("button", { id: "long", onClick: () => run(manifest, { inputs: forever() }) }, "Run without end"),
    h(
      "button",
      { id: "speech", onClick: async () => run(speech, { inputs: [await recording()] }) },
      "Speech",
    ),
    h("button", { id: "cancel", onClick: () => cancel() }, "Cancel"),
    h("pre", { id: "told" }, told(state)),
  );
}

function App() {
  const { status, start } = useRuntime(options);
  const [there, setThere] = useState(true);
  const shared = new URLSearchParams(location.search).has("shared");
  return h(
    "main",
    null,
    h("button", { id: "toggle", onClick: () => setThere(!there) }, "Mount or unmount"),
    h("p", { id: "runtime" }, status),
    there && h(Panel, { source: shared ? { start } : undefined }),
  );
}

createRoot(document.getElementById("app")).render(h(StrictMode, null, h(App)));
