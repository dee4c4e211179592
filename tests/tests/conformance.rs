//! The table of values and numbers, natively, with Python nodes as in a page and as on a terminal:
//! `tests/browser/conformance.test.ts` runs the same in pages.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]
#[path = "../src/notation.rs"]
mod notation;

use notation::{Row, rows, told};
use protocol::Value;
use tests::Page;

const PROBE: &str = include_str!("../compat/probe.py");

#[track_caller]
fn check(node_type: &str, rows: &[Row], expected: impl Fn(&Row) -> Value) {
    let manifest =
        format!(r#"{{"version":"v1","nodes":[{{"id":"n","node_type":"{node_type}"}}],"connections":[]}}"#);
    let inputs: Vec<_> = rows.iter().map(|row| row.input.clone()).collect();
    for mut page in [Page::default(), Page::of_processes()] {
        page.register(PROBE);
        let outputs = page.run(&manifest, Some(&inputs)).outputs();
        assert_eq!(outputs.len(), rows.len());
        for (row, output) in rows.iter().zip(&outputs) {
            assert_eq!(told(output), told(&expected(row)), "{}", row.name);
        }
    }
}

#[test]
fn values_pass_rust_as_the_table_says() {
    check("PassThrough", &rows(), |row| row.output.clone());
}

#[test]
fn values_pass_python_as_the_table_says() {
    check("same", &rows(), |row| row.python_output.clone());
}

#[test]
fn python_sees_what_the_table_says() {
    check("shown", &rows(), |row| Value::Text(row.python.clone()));
}
