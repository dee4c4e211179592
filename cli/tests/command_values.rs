//! The table of values and numbers, through the command: in as JSON, out as JSON, the same as in every other host.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]
#[path = "../../tests/src/notation.rs"]
mod notation;
mod support;

use notation::{Row, rows, told};
use protocol::Value;
use support::{Desk, root};

#[track_caller]
fn check(node_type: &str, expected: impl Fn(&Row) -> Value) {
    let manifest =
        format!(r#"{{"version":"v1","nodes":[{{"id":"n","node_type":"{node_type}"}}],"connections":[]}}"#);
    let rows = rows();
    let items: Vec<_> = rows.iter().map(|row| cli::json::written(&row.input).unwrap()).collect();
    let desk = Desk::with(&[("same.json", &manifest), ("items.jsonl", &items.join("\n"))]);
    let probe = root().join("tests/compat/probe.py");
    let mut arguments = vec!["run", "same.json", "--inputs", "items.jsonl"];
    if node_type != "PassThrough" {
        arguments.extend(["--nodes", probe.to_str().unwrap()]);
    }
    let out = desk.run(&arguments).out();
    let outputs: Vec<_> = out.lines().map(|line| cli::json::read(line).unwrap()).collect();
    assert_eq!(outputs.len(), rows.len());
    assert!(rows.len() > 40);
    for (row, output) in rows.iter().zip(&outputs) {
        assert_eq!(told(output), told(&expected(row)), "{}", row.name);
    }
}

#[test]
fn values_pass_rust_as_the_table_says() {
    check("PassThrough", |row| row.output.clone());
}

#[test]
fn values_pass_python_as_the_table_says() {
    check("same", |row| row.python_output.clone());
}

#[test]
fn python_sees_what_the_table_says() {
    check("shown", |row| Value::Text(row.python.clone()));
}
