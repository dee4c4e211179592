/** What the book's pages do: contents on small screens, colours, copying code, keys, search. */
import { startSearch } from "./search.ts";

const root = document.documentElement;

function find<T extends Element>(selector: string): T {
  const found = document.querySelector<T>(selector);
  if (!found) throw new Error(`the page has no ${selector}`);
  return found;
}

function contents(): void {
  const button = find<HTMLButtonElement>(".menu");
  const nav = find<HTMLElement>("#contents");
  const show = (open: boolean): void => {
    button.setAttribute("aria-expanded", String(open));
    nav.classList.toggle("open", open);
  };
  button.addEventListener("click", () => show(button.getAttribute("aria-expanded") !== "true"));
  nav.addEventListener("keydown", ({ key }) => {
    if (key !== "Escape" || !nav.classList.contains("open")) return;
    show(false);
    button.focus();
  });
  // On wide screens the list is long: what is read is brought into view, the page itself left where it is.
  const current = nav.querySelector<HTMLElement>("[aria-current]");
  if (current && nav.scrollHeight > nav.clientHeight)
    nav.scrollTop = current.offsetTop - nav.clientHeight / 2;
}

const SCHEMES = ["system", "light", "dark"] as const;

function scheme(): void {
  const button = find<HTMLButtonElement>(".scheme");
  const now = (): number => Math.max(0, SCHEMES.indexOf((root.dataset["scheme"] ?? "system") as "light"));
  const tell = (): void => {
    const name = document.createElement("span");
    name.textContent = SCHEMES[now()]!;
    button.replaceChildren("◐ ", name);
    button.setAttribute("aria-label", `Colours: ${SCHEMES[now()]}`);
  };
  button.hidden = false;
  tell();
  button.addEventListener("click", () => {
    const next = SCHEMES[(now() + 1) % SCHEMES.length]!;
    if (next === "system") delete root.dataset["scheme"];
    else root.dataset["scheme"] = next;
    try {
      localStorage.setItem("book-scheme", next);
    } catch {
      // Then it holds for this page only.
    }
    tell();
  });
}

/** A button beside each piece of code. */
function copying(): void {
  if (!navigator.clipboard) return;
  for (const figure of document.querySelectorAll<HTMLElement>("figure.code:not(.signature)")) {
    const button = document.createElement("button");
    button.type = "button";
    button.className = "copy";
    button.textContent = "Copy";
    button.addEventListener("click", () => {
      const text = figure.querySelector("code")?.textContent ?? "";
      navigator.clipboard.writeText(text).then(
        () => (button.textContent = "Copied"),
        () => (button.textContent = "Not copied"),
      );
    });
    button.addEventListener("blur", () => (button.textContent = "Copy"));
    figure.append(button);
  }
}

/** `/` searches, the arrows turn pages. */
function keys(): void {
  const turn = (rel: string): void =>
    document.querySelector<HTMLAnchorElement>(`.neighbours [rel=${rel}]`)?.click();
  document.addEventListener("keydown", (event) => {
    const busy = event.target instanceof Element && event.target.closest("input, pre, [tabindex='0']");
    if (busy || event.ctrlKey || event.metaKey || event.altKey || event.shiftKey) return;
    if (event.key === "/") {
      event.preventDefault();
      find<HTMLInputElement>("#search").focus();
    } else if (event.key === "ArrowLeft") turn("prev");
    else if (event.key === "ArrowRight") turn("next");
  });
}

contents();
scheme();
copying();
keys();
startSearch(find("#search"), find("#found"), find("#search-state"));
