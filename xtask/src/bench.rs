//! `cargo xtask bench`.

use std::fmt::Write as _;
use std::fs;
use std::io::{BufRead, BufReader};
use std::process::{ExitCode, Stdio};

use anyhow::{Context, Result, bail};
use serde_json::Value;

use crate::install::{self, Engine};
use crate::project::{command, path, run, say};
use crate::{bundle, stamp, wasi, wasm};

/// The benchmark that needs an engine of its own, and has peers.
const SPEECH: &str = "whisper";
/// The benchmark of a command, not of the bundle.
const WASI: &str = "wasi";
const ONNXRUNTIME: &str = "onnxruntime-web@1.30.0";
const SUFFIX: &str = ".bench.ts";
const BEGIN: &str = "<!-- bench -->";
const END: &str = "<!-- /bench -->";

/// What becomes of the numbers.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Output {
    /// For people.
    Text,
    /// One object per line.
    Json,
    /// As `Json`, and the README's table is made of them.
    Readme,
}

/// Runs the benchmark called `name`, or all, one after the other; with `peers`, beside the engines that have to be fetched
/// for it.
///
/// # Errors
/// There is no such benchmark, or what it needs cannot be built.
pub(crate) fn bench(name: Option<&str>, output: Output, peers: bool) -> Result<ExitCode> {
    let known = names()?;
    let chosen: Vec<&String> =
        known.iter().filter(|it| name.is_none_or(|name| name == it.as_str())).collect();
    if chosen.is_empty() {
        bail!("there is no such benchmark; there are: {}", known.join(", "));
    }
    install::browsers(&[Engine::Chromium])?;
    bundle::package(true)?;
    if chosen.iter().any(|it| *it == SPEECH) {
        wasm::speech_bench(peers)?;
        if peers {
            fetch_peers()?;
        }
    }
    if chosen.iter().any(|it| *it == WASI) {
        install::wasmtime()?;
        wasi::build(true)?;
        wasi::native()?;
    }
    let mut lines = Vec::new();
    let mut failed = false;
    for name in chosen {
        if !measure(name, output, peers, &mut lines)? {
            eprintln!("error: the benchmark `{name}` failed");
            failed = true;
        }
    }
    // A table of some benchmarks would lose the rows of the others.
    if output == Output::Readme && !failed && name.is_none() {
        let readme = path("README.md");
        fs::write(&readme, with_table(&fs::read_to_string(&readme)?, &table(&lines))?)?;
    }
    Ok(if failed { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}

/// Runs every benchmark once, in its shortest form, on the bundle that is there: whether it still works, not how fast it
/// is. Gives how many do, and how many do not.
///
/// # Errors
/// node does not start.
pub(crate) fn still_work() -> Result<(u64, u64)> {
    wasm::speech_bench(false)?;
    let (mut working, mut broken) = (0, 0);
    for name in names()? {
        let mut node = command("node");
        node.env("RM_BENCH_SHORT", "1").args(["--import", "tsx"]);
        let script = path("tests/bench").join(format!("{name}{SUFFIX}"));
        if node.arg(script).status().context("node does not start")?.success() {
            working += 1;
        } else {
            eprintln!("error: the benchmark `{name}` failed");
            broken += 1;
        }
    }
    Ok((working, broken))
}

/// Runs one benchmark, passes on what it prints, and keeps the lines that are JSON; false if it failed.
fn measure(name: &str, output: Output, peers: bool, lines: &mut Vec<Value>) -> Result<bool> {
    let mut node = command("node");
    node.env("RM_BENCH_JSON", if output == Output::Text { "" } else { "1" });
    node.env("RM_BENCH_PEER", if peers { "1" } else { "" });
    node.args(["--import", "tsx"]).arg(path("tests/bench").join(format!("{name}{SUFFIX}")));
    let mut child = node.stdout(Stdio::piped()).spawn().context("node does not start")?;
    let stdout = child.stdout.take().context("node has no output")?;
    for line in BufReader::new(stdout).lines() {
        let line = line?;
        println!("{line}");
        lines.extend(serde_json::from_str::<Value>(&line));
    }
    Ok(child.wait()?.success())
}

/// Fetches onnxruntime-web, and writes the models that all peers run, into `target/peer`.
///
/// # Errors
/// npm or Python fails.
fn fetch_peers() -> Result<()> {
    let folder = path("target/peer");
    fs::create_dir_all(&folder)?;
    if !folder.join("node_modules/onnxruntime-web").is_dir() {
        say("fetching onnxruntime-web");
        let mut npm = command("npm");
        npm.args(["install", "--no-audit", "--no-fund", "--ignore-scripts", "--prefix"]);
        run(npm.arg(&folder).arg(ONNXRUNTIME))?;
    }
    if folder.join("decoder-q8.onnx").is_file() {
        return Ok(());
    }
    say("writing the peers' models (torch is fetched for it)");
    let scripts = path("whisper/tests/reference");
    let python = folder.join("venv/bin/python");
    if !python.is_file() {
        run(command("python3").args(["-m", "venv"]).arg(folder.join("venv")))?;
    }
    let mut pip = std::process::Command::new(&python);
    run(pip.args(["-m", "pip", "install", "--quiet", "-r"]).arg(scripts.join("requirements-onnx.txt")))?;
    run(std::process::Command::new(&python).arg(scripts.join("export_onnx.py")))
}

fn names() -> Result<Vec<String>> {
    let files = stamp::files(&path("tests/bench"))?;
    let names =
        files.iter().filter_map(|it| it.file_name()?.to_str()?.strip_suffix(SUFFIX).map(str::to_owned));
    Ok(names.collect())
}

/// The README's table: a row for each line that says what it is, and why those fall short that do.
fn table(lines: &[Value]) -> String {
    let mut rows = String::from("| what | ours | peer or limit | ratio | target |\n|---|---|---|---|---|\n");
    let mut notes = String::new();
    for line in lines {
        let Some(what) = line["what"].as_str() else { continue };
        let (unit, target) = (line["unit"].as_str().unwrap_or_default(), line["target"].as_f64());
        let median = line["median"].as_f64().unwrap_or_default();
        let of_peer = line["ratio"].as_f64();
        let ratio = of_peer.or_else(|| target.filter(|it| *it > 0.0).map(|limit| median / limit));
        let against = match (line["peer"].as_str(), line["peer_median"].as_f64(), target) {
            (Some(peer), Some(peer_median), _) => format!("{peer}: {}", amount(peer_median, unit)),
            (_, _, Some(limit)) => format!("limit: {}", amount(limit, unit)),
            (_, _, None) => "—".to_owned(),
        };
        let most = if of_peer.is_some() { target } else { target.filter(|it| *it > 0.0).map(|_| 1.0) };
        let short = target.is_some_and(|target| of_peer.unwrap_or(median) > target);
        let _ = writeln!(
            rows,
            "| {what}{} | {} | {against} | {} | {} |",
            if short { " ¹" } else { "" },
            amount(median, unit),
            ratio.map_or("—".to_owned(), digits),
            most.map_or("—".to_owned(), |it| format!("≤ {}", digits(it))),
        );
        if short {
            let why = line["short"].as_str().unwrap_or("not yet where it should be");
            let _ = writeln!(notes, "- {what}: {why}.");
        }
    }
    if !notes.is_empty() {
        let _ = write!(rows, "\n¹ Falls short of its target:\n\n{notes}");
    }
    rows
}

/// `readme` with `table` where the old one was.
fn with_table(readme: &str, table: &str) -> Result<String> {
    let places = readme.split_once(BEGIN).and_then(|(before, rest)| Some((before, rest.split_once(END)?.1)));
    let (before, after) = places.with_context(|| format!("README.md has no {BEGIN} … {END}"))?;
    Ok(format!("{before}{BEGIN}\n{table}{END}{after}"))
}

fn amount(number: f64, unit: &str) -> String {
    let (number, unit) = match unit {
        "µs" if number >= 1e4 => (number / 1e3, "ms"),
        "ms" if number >= 1e4 => (number / 1e3, "s"),
        "bytes" => (number / 1e3, "kB"),
        unit => (number, unit),
    };
    format!("{} {unit}", digits(number))
}

/// About three digits.
fn digits(number: f64) -> String {
    let decimals = if number >= 100.0 || number == 0.0 { 0 } else { usize::from(number < 10.0) + 1 };
    let text = format!("{number:.decimals$}");
    if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.').to_owned() } else { text }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn the_table_has_a_row_for_each_line_that_says_what_it_is() {
        let lines = [
            json!({ "engine": "bare", "unit": "µs", "median": 25.0 }),
            json!({ "what": "trip", "unit": "µs", "median": 50.0, "peer": "bare", "peer_median": 25.0,
                "ratio": 2.0, "target": 1.3, "short": "two worlds" }),
            json!({ "what": "start", "unit": "ms", "median": 20_000.0, "peer": "plain", "peer_median": 100_000.0,
                "ratio": 0.2, "target": 0.25 }),
            json!({ "what": "size", "unit": "bytes", "median": 149_000, "target": 150_000 }),
            json!({ "what": "blocked", "unit": "ms", "median": 0.0, "target": 0.0 }),
        ];
        let expected = "\
| what | ours | peer or limit | ratio | target |
|---|---|---|---|---|
| trip ¹ | 50 µs | bare: 25 µs | 2 | ≤ 1.3 |
| start | 20 s | plain: 100 s | 0.2 | ≤ 0.25 |
| size | 149 kB | limit: 150 kB | 0.99 | ≤ 1 |
| blocked | 0 ms | limit: 0 ms | — | — |

¹ Falls short of its target:

- trip: two worlds.
";
        assert_eq!(table(&lines), expected);
    }

    #[test]
    fn the_table_replaces_the_old_one() {
        let readme = "a\n<!-- bench -->\nold\n<!-- /bench -->\nb\n";
        let new = with_table(readme, "new\n").unwrap();
        assert_eq!(new, "a\n<!-- bench -->\nnew\n<!-- /bench -->\nb\n");
        assert_eq!(with_table(&new, "new\n").unwrap(), new);
        assert!(with_table("none", "new").is_err());
    }
}
