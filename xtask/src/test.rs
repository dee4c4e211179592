//! `cargo xtask test`: every test there is, and one line that counts them.

use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Stdio};
use std::thread;

use anyhow::{Context, Result, bail};

use crate::install::{self, Engine};
use crate::project::{cargo, command, npm_tool, path, run, say};
use crate::{bench, bundle, stamp, wasi, wasm};

/// Ends a browser test that hangs, in milliseconds.
const WATCHDOG: &str = "--test-timeout=300000";

/// How many tests passed and failed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Tally {
    passed: u64,
    failed: u64,
}

/// The engines named in a list such as `chromium,webkit`; all without one.
///
/// # Errors
/// A name is unknown.
pub(crate) fn engines(list: Option<&str>) -> Result<Vec<Engine>> {
    let Some(list) = list else { return Ok(Engine::ALL.to_vec()) };
    let known = |name: &str| Engine::ALL.into_iter().find(|it| it.name() == name.trim());
    list.split(',')
        .map(|name| known(name).with_context(|| format!("`{name}` is no engine: chromium, firefox, webkit")))
        .collect()
}

/// Runs every test; the browser ones in `engines`.
///
/// # Errors
/// What the tests need cannot be installed or built.
pub(crate) fn test_all(engines: &[Engine]) -> Result<ExitCode> {
    install::python()?;
    install::browsers(engines)?;
    bundle::package(false)?;
    install::wasmtime()?;
    let mut total = Tally::default();
    let mut part = |name: &str, tally: Result<Tally>| {
        let tally = tally.unwrap_or_else(|error| {
            eprintln!("error: {name}: {error:#}");
            Tally { passed: 0, failed: 1 }
        });
        eprintln!("  · {name}: {} passed, {} failed", tally.passed, tally.failed);
        total.passed += tally.passed;
        total.failed += tally.failed;
    };
    part("the demo is built", bundle::site().map(|()| Tally { passed: 1, failed: 0 }));
    part("a front end in Rust is built", wasm::yew_example().map(|()| Tally { passed: 1, failed: 0 }));
    part("the WASI command is built", wasi::build(false).map(|()| Tally { passed: 1, failed: 0 }));
    part("Rust", rust());
    part("Python nodes in CPython", python());
    part("types", types());
    part("TypeScript", node("ts", &["main-thread/tests", "tests/ts", "tests/wasi", "demo/tests"], engines));
    part("browsers", node("browsers", &["tests/browser"], engines));
    if engines.contains(&Engine::Chromium) {
        say("running each benchmark once, to see that it works");
        let tally = |(passed, failed)| Tally { passed, failed };
        part("benchmarks", bench::still_work().map(tally));
    }
    println!("{} passed, {} failed", total.passed, total.failed);
    Ok(if total.failed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn rust() -> Result<Tally> {
    say("testing the crates");
    // This program's crate by itself: with the others, features would differ and its dependencies be compiled twice.
    let selections: [&[&str]; 2] = [&["--workspace", "--exclude", "xtask"], &["--package", "xtask"]];
    let mut sum = Tally::default();
    for selection in selections {
        let (output, ended_well) = watch(cargo().args(["test", "--no-fail-fast"]).args(selection))?;
        let tally = check_end(cargo_tally(&output), ended_well)?;
        sum.passed += tally.passed;
        sum.failed += tally.failed;
    }
    Ok(sum)
}

fn python() -> Result<Tally> {
    say("testing the Python nodes");
    let mut python = command("python3");
    python.args(["-W", "error::SyntaxWarning", "-m", "unittest", "discover", "-s", "python-worker/tests"]);
    let python = python.env("PYTHONPATH", path("python-worker/python")).env("PYTHONDONTWRITEBYTECODE", "1");
    let (output, ended_well) = watch(python)?;
    check_end(unittest_tally(&output), ended_well)
}

/// The tests' own types, and what the package's types promise: each project that is right counts as one test.
fn types() -> Result<Tally> {
    say("checking the types of the tests");
    let mut tally = Tally::default();
    for project in [
        "tests/tsconfig.json",
        "tests/types/tsconfig.json",
        "main-thread/tests/types/tsconfig.json",
        "demo/tsconfig.json",
        "docs/tsconfig.json",
    ] {
        if path(project).exists() {
            match run_tsc(project) {
                Ok(()) => tally.passed += 1,
                Err(error) => {
                    eprintln!("{error:#}");
                    tally.failed += 1;
                }
            }
        }
    }
    Ok(tally)
}

/// Type-checks one project.
///
/// # Errors
/// It has errors.
pub(crate) fn run_tsc(project: &str) -> Result<()> {
    run(npm_tool("typescript/bin/tsc").args(["--noEmit", "-p", project]))
}

/// Runs the `*.test.ts` below `folders` under node, one after the other: browsers fill a small machine.
fn node(name: &str, folders: &[&str], engines: &[Engine]) -> Result<Tally> {
    say(&format!("running {}", folders.join(", ")));
    let mut files: Vec<PathBuf> = Vec::new();
    for folder in folders {
        files.extend(stamp::files(&path(folder))?.into_iter().filter(|it| is_test(it)));
    }
    if files.is_empty() {
        return Ok(Tally::default());
    }
    let report = path("target/xtask").join(format!("{name}.tap"));
    fs::remove_file(&report).ok();
    let names: Vec<&str> = engines.iter().map(|it| it.name()).collect();
    let mut node = command("node");
    node.env("RM_ENGINES", names.join(","));
    node.args(["--import", "tsx", "--test", "--test-concurrency=1", WATCHDOG]);
    node.args(["--test-reporter=spec", "--test-reporter-destination=stdout", "--test-reporter=tap"]);
    node.arg(format!("--test-reporter-destination={}", report.display()));
    let (_, ended_well) = watch(node.args(files))?;
    check_end(tap_tally(&fs::read_to_string(report)?), ended_well)
}

fn is_test(file: &Path) -> bool {
    file.to_str().is_some_and(|it| it.ends_with(".test.ts") || it.ends_with(".test.mjs"))
}

/// A run that ended badly without a failed test (it did not compile, it crashed) counts as one.
fn check_end(tally: Tally, ended_well: bool) -> Result<Tally> {
    if !ended_well && tally.failed == 0 {
        return Ok(Tally { failed: 1, ..tally });
    }
    if ended_well && tally == Tally::default() {
        bail!("no test was found");
    }
    Ok(tally)
}

/// Runs `command`, showing its output on stderr as it comes, and returns it with whether all went well.
fn watch(command: &mut Command) -> Result<(String, bool)> {
    let mut child = command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn()?;
    let errors = child.stderr.take().map(|it| thread::spawn(move || echo(it)));
    let mut output = child.stdout.take().map(echo).unwrap_or_default();
    if let Some(Ok(text)) = errors.map(thread::JoinHandle::join) {
        output.push_str(&text);
    }
    Ok((output, child.wait()?.success()))
}

fn echo(stream: impl Read) -> String {
    let mut kept = String::new();
    let mut reader = BufReader::new(stream);
    let mut line = Vec::new();
    while reader.read_until(b'\n', &mut line).is_ok_and(|it| it > 0) {
        // What cannot be shown can still be counted.
        std::io::stderr().write_all(&line).ok();
        kept.push_str(&String::from_utf8_lossy(&line));
        line.clear();
    }
    kept
}

/// Of `test result: ok. 12 passed; 0 failed; …`, one line per binary.
fn cargo_tally(output: &str) -> Tally {
    let mut tally = Tally::default();
    for line in output.lines().filter(|it| it.starts_with("test result:")) {
        tally.passed += number_before(line, " passed");
        tally.failed += number_before(line, " failed");
    }
    tally
}

/// Of `Ran 12 tests in 0.1s`, then `OK (skipped=1)` or `FAILED (failures=1, errors=2)`.
fn unittest_tally(output: &str) -> Tally {
    let ran: u64 =
        output.lines().filter(|it| it.starts_with("Ran ")).map(|it| number_before(it, " test")).sum();
    let end = output.lines().rev().find(|it| it.starts_with("FAILED") || it.starts_with("OK")).unwrap_or("");
    let failed = number_after(end, "failures=") + number_after(end, "errors=");
    let failed = failed + number_after(end, "unexpected successes=");
    Tally { passed: ran.saturating_sub(failed + number_after(end, "skipped=")), failed }
}

/// Of the `# pass 12` and `# fail 0` at the end of node's report.
fn tap_tally(report: &str) -> Tally {
    let sum = |key: &str| {
        report.lines().filter_map(|it| it.strip_prefix(key)?.trim().parse::<u64>().ok()).sum::<u64>()
    };
    Tally { passed: sum("# pass "), failed: sum("# fail ") + sum("# cancelled ") }
}

fn number_before(line: &str, word: &str) -> u64 {
    let before = line.split(word).next().unwrap_or("");
    let digits = before.rsplit(|it: char| !it.is_ascii_digit()).next().unwrap_or("");
    digits.parse().unwrap_or(0)
}

fn number_after(line: &str, word: &str) -> u64 {
    let after = line.split_once(word).map_or("", |it| it.1);
    let digits = after.split(|it: char| !it.is_ascii_digit()).next().unwrap_or("");
    digits.parse().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(tally: Tally, passed: u64, failed: u64) {
        assert_eq!(tally, Tally { passed, failed });
    }

    #[test]
    fn cargo_prints_a_line_for_each_binary() {
        let output = "test result: ok. 12 passed; 0 failed; 1 ignored; 0 measured\n\n\
                      test result: FAILED. 3 passed; 2 failed; 0 ignored; 0 measured\n";
        check(cargo_tally(output), 15, 2);
    }

    #[test]
    fn unittest_counts_skipped_and_broken_tests_among_those_it_ran() {
        check(unittest_tally("Ran 12 tests in 0.100s\n\nOK (skipped=2)\n"), 10, 0);
        check(unittest_tally("Ran 1 test in 0.100s\n\nOK\n"), 1, 0);
        check(unittest_tally("Ran 12 tests in 0.1s\n\nFAILED (failures=1, errors=2, skipped=1)\n"), 8, 3);
    }

    #[test]
    fn node_counts_at_the_end() {
        check(tap_tally("ok 1 - a\n# pass 7\n# fail 1\n# cancelled 2\n"), 7, 3);
    }

    #[test]
    fn a_run_without_tests_or_with_a_crash_is_no_success() {
        assert!(check_end(Tally::default(), true).is_err());
        check(check_end(Tally { passed: 3, failed: 0 }, false).unwrap(), 3, 1);
    }

    #[test]
    fn engines_are_named_or_all() {
        assert_eq!(engines(None).unwrap(), Engine::ALL);
        assert_eq!(engines(Some("webkit, chromium")).unwrap(), [Engine::Webkit, Engine::Chromium]);
        assert!(engines(Some("ie")).unwrap_err().to_string().contains("`ie`"));
    }
}
