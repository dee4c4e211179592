/** Before anything is painted: the colours that were chosen, if they are not the system's. */
const chosen = (() => {
  try {
    return localStorage.getItem("book-scheme");
  } catch {
    // No storage, no choice to remember.
    return null;
  }
})();
if (chosen === "light" || chosen === "dark") document.documentElement.dataset["scheme"] = chosen;
