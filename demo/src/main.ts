import { startRuntime } from "./bundle.ts";
import { Badge } from "./capabilities/badge.ts";
import { h, setText } from "./dom.ts";
import { bytes } from "./format.ts";
import { keeper } from "./offline/keeper.ts";
import { ReloadNotice } from "./offline/notice.ts";
import { Site } from "./site.ts";
import { VIEWS } from "./views.ts";

const main = find("#view");
const site = new Site(VIEWS, main, find("#views"));
// The address names the view, so that it cannot name a place within one.
find(".skip").addEventListener("click", (event) => {
  event.preventDefault();
  main.focus();
});
main.before(new ReloadNotice(keeper).element);
void keeper.start();
void connect();

async function connect(): Promise<void> {
  const line = find("#capabilities");
  const status = h("p", { class: "starting" }, "Starting the runtime…");
  line.replaceChildren(status);
  try {
    const runtime = await startRuntime(({ name, loaded, total }) => {
      setText(status, `Starting: ${name} ${bytes(loaded)}${total === null ? "" : ` of ${bytes(total)}`}`);
    });
    keeper.watchRuns(runtime);
    line.replaceChildren(new Badge(runtime).element);
    site.connect(runtime);
  } catch (error) {
    const again = h("button", { type: "button" }, "Try again");
    again.addEventListener("click", () => void connect());
    line.replaceChildren(h("p", { class: "starting" }, "The runtime did not start. "), again);
    site.broken(error);
  }
}

function find(selector: string): HTMLElement {
  const found = document.querySelector<HTMLElement>(selector);
  if (!found) throw new Error(`the page has no ${selector}`);
  return found;
}
