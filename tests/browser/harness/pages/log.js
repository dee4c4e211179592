// Keeps what the page logs and throws, where no driver does.
globalThis.__log = [];
for (const level of ["log", "info", "warn", "error", "debug"]) {
  const original = console[level].bind(console);
  console[level] = (...words) => {
    globalThis.__log.push(`${level}: ${words.map(String).join(" ")}`);
    original(...words);
  };
}
addEventListener("error", ({ message }) => globalThis.__log.push(`uncaught: ${message}`));
addEventListener("unhandledrejection", ({ reason }) => globalThis.__log.push(`uncaught: ${reason}`));
