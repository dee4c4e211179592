import { startRuntime } from "./bundle.ts";
import { capabilitiesElement } from "./capabilities.ts";
import { h, setText } from "./dom.ts";
import { bytes } from "./format.ts";
import { PipelineView } from "./pipeline/view.ts";

const view = new PipelineView();
document.querySelector("#view")?.append(view.element);
void connect();

async function connect(): Promise<void> {
  const line = document.querySelector("#capabilities");
  const status = h("p", { class: "starting" }, "Starting the runtime…");
  line?.replaceChildren(status);
  try {
    const runtime = await startRuntime(({ name, loaded, total }) => {
      setText(status, `Starting: ${name} ${bytes(loaded)}${total === null ? "" : ` of ${bytes(total)}`}`);
    });
    line?.replaceChildren(capabilitiesElement(runtime.capabilities));
    view.connect(runtime);
  } catch (error) {
    const again = h("button", { type: "button" }, "Try again");
    again.addEventListener("click", () => void connect());
    line?.replaceChildren(h("p", { class: "starting" }, "The runtime did not start. "), again);
    view.broken(error);
  }
}
