//! The WASI command, natively: `tests/wasi` runs the same table under WASI hosts.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]
use std::io::Write;
use std::process::{Command, Output, Stdio};

use protocol::Value;

const PREFIX: &str = "Pipeline execution failed: ";

fn run(stdin: &[u8]) -> Output {
    let mut child = Command::new(env!("CARGO_BIN_EXE_pipeline_executor_wasm"))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(stdin).unwrap();
    child.wait_with_output().unwrap()
}

fn text(row: &Value, key: &str) -> Option<String> {
    row.get(key).and_then(Value::as_text).map(str::to_owned)
}

#[track_caller]
fn check(row: &Value) {
    let name = text(row, "name").unwrap();
    let stdin = row.get("request").map_or_else(|| text(row, "stdin").unwrap(), Value::to_json);
    let output = run(stdin.as_bytes());
    let (stdout, stderr) =
        (String::from_utf8(output.stdout).unwrap(), String::from_utf8(output.stderr).unwrap());
    if let Some(part) = text(row, "stderr") {
        assert!(stderr.contains(&part), "{name}: {stderr}");
    }
    let Some(expected) = row.get("outputs") else {
        let why = stderr.lines().find_map(|line| line.strip_prefix(PREFIX)).unwrap_or_default();
        match text(row, "error") {
            Some(error) => assert_eq!(why, error, "{name}"),
            None => assert!(why.starts_with(&text(row, "error_starts").unwrap()), "{name}: {why}"),
        }
        assert_eq!((output.status.code(), stdout.as_str()), (Some(1), ""), "{name}");
        return;
    };
    assert_eq!(output.status.code(), Some(0), "{name}: {stderr}");
    let result = Value::from_json(&stdout).unwrap_or_else(|error| panic!("{name}: {error}: {stdout}"));
    assert_eq!(result.get("status"), Some(&Value::Text("success".into())), "{name}");
    assert_eq!(result.get("outputs"), Some(expected), "{name}");
    if let Some(graph) = row.get("graph_info") {
        assert_eq!(result.get("graph_info"), Some(graph), "{name}");
    }
}

#[test]
fn every_request_of_the_table_is_answered_as_decided() {
    let table = Value::from_json(include_str!("../../tests/wasi/cases.json")).unwrap();
    let has_python = Value::Bool(cfg!(feature = "python"));
    let rows = table.items().unwrap();
    assert!(rows.len() >= 45);
    rows.iter().filter(|row| row.get("python").is_none_or(|it| *it == has_python)).for_each(check);
}

#[test]
fn what_is_not_text_is_refused() {
    let output = run(&[b'"', 0xff, b'"']);
    let stderr = String::from_utf8(output.stderr).unwrap();
    assert_eq!(stderr, format!("{PREFIX}Failed to parse input: it is not UTF-8\n"));
}
