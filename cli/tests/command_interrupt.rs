//! Ctrl-C, and results that are there before the inputs end.
#![cfg(unix)]
#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]
mod support;

use std::io::{BufRead, BufReader, Write};
use std::process::{Child, ChildStdout, Command};

use protocol::Value;
use support::{DOUBLE, Desk, text};

/// Reads lines until one has `word`.
#[track_caller]
fn wait_for(lines: &mut BufReader<ChildStdout>, word: &str) -> String {
    loop {
        let mut line = String::new();
        assert_ne!(lines.read_line(&mut line).unwrap(), 0, "the output ended without `{word}`");
        if line.contains(word) {
            return line;
        }
    }
}

fn interrupt(child: &Child) {
    let status = Command::new("kill").args(["-INT", &child.id().to_string()]).status();
    assert!(status.unwrap().success());
}

#[test]
fn a_result_does_not_wait_for_the_next_item() {
    let desk = Desk::with(&[("double.json", DOUBLE)]);
    let mut child = desk.start(&["run", "double.json", "--inputs", "-"]);
    let mut stdin = child.stdin.take().unwrap();
    let mut stdout = BufReader::new(child.stdout.take().unwrap());
    for item in [1, 2, 3] {
        writeln!(stdin, "{item}").unwrap();
        assert_eq!(wait_for(&mut stdout, ""), format!("{}\n", item * 2));
    }
    drop(stdin);
    assert_eq!(child.wait().unwrap().code(), Some(0));
}

#[test]
fn an_interrupted_run_ends_in_good_order() {
    let desk = Desk::with(&[("double.json", DOUBLE)]);
    let mut child = desk.start(&["run", "double.json", "--inputs", "-", "--json"]);
    let mut stdin = child.stdin.take().unwrap();
    let mut stdout = BufReader::new(child.stdout.take().unwrap());
    writeln!(stdin, "1").unwrap();
    wait_for(&mut stdout, "\"output\"");
    interrupt(&child);
    let last = Value::from_json(&wait_for(&mut stdout, "\"failed\"")).unwrap();
    assert_eq!(text(&last, &["error", "code"]), "Cancelled");
    assert_eq!(child.wait().unwrap().code(), Some(130));
}

#[test]
fn whoever_reads_only_the_first_results_gets_them() {
    let desk = Desk::with(&[("double.json", DOUBLE)]);
    let numbers: Vec<String> = (0..200_000).map(|it| it.to_string()).collect();
    desk.write("many.jsonl", numbers.join("\n"));
    let script =
        format!("{} run double.json --inputs many.jsonl | head -n 2", env!("CARGO_BIN_EXE_remotemedia"));
    let mut shell = Command::new("sh");
    let did = support::did(shell.args(["-c", &script]).current_dir(desk.path("")).output().unwrap());
    assert_eq!((did.code, did.stdout.as_str(), did.stderr.as_str()), (0, "0\n2\n", ""));
}
