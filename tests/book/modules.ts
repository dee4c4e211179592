/** Snippets as modules that can be checked and run. */
import { join } from "node:path";
import { type BuildOptions, buildSync } from "esbuild";
import { ROOT } from "../../docs/build/places.ts";
import type { Snippet } from "./documents.ts";

/** What a snippet may name without having made it. */
export const FIXTURES = [
  "runtime",
  "manifest",
  "file",
  "files",
  "bar",
  "button",
  "output",
  "show",
  "pythonSource",
] as const;

/** The module that a snippet is, with what it takes for granted made before it. */
export function moduleOf({ code }: Snippet): string {
  const isUsed = (name: string): boolean =>
    new RegExp(`(?<![.\\w])${name}\\b(?!\\s*:)`).test(withoutTexts(code)) &&
    !new RegExp(`\\b(const|let|function)\\s+${name}\\b`).test(code);
  const used = FIXTURES.filter(isUsed);
  const made = used.map((it) => `const ${it} = await fixtures.${it}();\n`).join("");
  const head = used.length > 0 ? `import * as fixtures from "snippet-fixtures";\n${made}` : "";
  return `${head}${code.replace("./remotemedia/remotemedia.js", "remotemedia")}\nexport {};\n`;
}

function withoutTexts(code: string): string {
  return code.replace(/\/\/.*$/gm, "").replace(/(["'])(?:\\.|(?!\1).)*\1/g, '""');
}

/** What a snippet says it prints: the value after each `// →`. */
export function expectedOf({ code }: Snippet): unknown[] {
  const said = [...code.matchAll(/\/\/ → (.*)$/gm)].map((it) => it[1]!.trim());
  return said.map((it): unknown => {
    try {
      return new Function(`return ${it.startsWith("{") ? `(${it})` : it}`)();
    } catch {
      return it;
    }
  });
}

/** The module as a browser takes it: the package by its address, everything else in it. */
export function bundled(snippet: Snippet): string {
  const options: BuildOptions = {
    stdin: {
      contents: moduleOf(snippet),
      loader: "tsx",
      resolveDir: join(ROOT, "tests/book"),
      sourcefile: snippet.name,
    },
    bundle: true,
    write: false,
    format: "esm",
    target: "es2022",
    jsx: "automatic",
    logLevel: "silent",
    absWorkingDir: ROOT,
    define: { "process.env.NODE_ENV": '"production"' },
    alias: {
      "snippet-fixtures": join(ROOT, "tests/book/fixtures.ts"),
      "remotemedia/react": join(ROOT, "dist/remotemedia/react.js"),
      "remotemedia/vue": join(ROOT, "dist/remotemedia/vue.js"),
    },
    external: ["remotemedia"],
  };
  const { outputFiles } = buildSync(options);
  return outputFiles![0]!.text.replace(/(from|import)\s*"remotemedia"/g, '$1"/remotemedia/remotemedia.js"');
}
