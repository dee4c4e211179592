/** Whether the commands that the documentation names exist. */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { ROOT } from "../../docs/build/places.ts";

/** What is wrong with a command line; nothing if it could be typed. */
export function complaintAbout(line: string): string | undefined {
  const words = line
    .replace(/^(\w+=\S+ )+/, "")
    .split(/\s+/)
    .filter((it) => it !== "");
  const [program, first] = words;
  if (program === "cargo" && first === "xtask") return xtask(words.slice(2));
  if (program === "cargo") return cargo(words.slice(1));
  if (program === "node") return files(words.slice(1));
  if (program === "python3") return undefined;
  // Typed and compared by cli/tests/command_docs.rs.
  if (program === "remotemedia" || line.includes("| remotemedia ")) return undefined;
  if (program === "wasmtime" && first === "run") return files(words.slice(2).map((it) => it.split("::")[0]!));
  if (program === "pip") return files(words.slice(1));
  if (program === "npm" && ["install", "publish", "pack", "ci"].includes(first ?? "")) return undefined;
  if (program === "cd") return files([first ?? ""]);
  return `\`${program}\` is not known to tests/book/commands.ts`;
}

/** Held against the text that `cargo xtask help` prints. */
function xtask([name = "", ...options]: string[]): string | undefined {
  const help = /const HELP: &str = "([^"]*)"/.exec(
    readFileSync(join(ROOT, "xtask/src/main.rs"), "utf8"),
  )![1]!;
  const line = help.split("\n").find((it) => it.trim().startsWith(`cargo xtask ${name} `));
  if (name === "help") return undefined;
  if (!line) return `cargo xtask has no command \`${name}\``;
  const unknown = options.filter((it) => it.startsWith("--") && !line.includes(it.split("=")[0]!));
  return unknown.length > 0 ? `no option ${unknown.join(", ")}` : undefined;
}

function cargo(words: string[]): string | undefined {
  if (words[0] === "install") return files([`${words[words.indexOf("--path") + 1] ?? ""}/Cargo.toml`]);
  const known = ["test", "build", "doc", "clippy", "fmt", "deny", "run"];
  if (!known.includes(words[0] ?? "")) return `cargo ${words[0]} is not known to tests/book/commands.ts`;
  const at = words.findIndex((it) => it === "-p" || it === "--package");
  const name = at < 0 ? undefined : words[at + 1];
  const members = /members = \[([^\]]*)\]/.exec(readFileSync(join(ROOT, "Cargo.toml"), "utf8"))![1]!;
  const folders = [...members.matchAll(/"([^"]+)"/g)].map((it) => it[1]!);
  const names = folders.map(
    (it) => /name = "([^"]+)"/.exec(readFileSync(join(ROOT, it, "Cargo.toml"), "utf8"))![1]!,
  );
  if (name !== undefined && !names.includes(name)) return `no crate \`${name}\``;
  const test = words.includes("--test") ? words[words.indexOf("--test") + 1] : undefined;
  const folder = folders[names.indexOf(name ?? "")];
  if (test && !existsSync(join(ROOT, folder ?? "", "tests", `${test}.rs`)))
    return `no test \`${test}\` in ${name}`;
  return undefined;
}

/** Paths among the words, but for patterns. */
function files(words: string[]): string | undefined {
  const paths = words.filter((it) => it.includes("/") && !/[*<>]/.test(it) && !it.startsWith("-"));
  const missing = paths.filter((it) => !existsSync(join(ROOT, it)) && !it.startsWith("dist/"));
  return missing.length > 0 ? `no ${missing.join(", ")}` : undefined;
}
