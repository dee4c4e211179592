//! The table of verdicts: one row for each kind of package that the original was seen to meet, and for those it never
//! should have met.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod common;

use common::recipe::{bytes, table, verdict};
use serde_json::Value;

#[track_caller]
fn check(table: &Value, row: &Value) {
    let file = row["file"].as_str().unwrap();
    let (_, name) = file.rsplit_once('/').unwrap_or(("", file));
    let found = verdict(&bytes(table, row), name);
    let expected = row["verdict"].as_object().unwrap();
    for (part, expected) in expected {
        let Some(fields) = expected.as_object() else {
            assert_eq!(&found[part], expected, "{file}: {part}: {found}");
            continue;
        };
        for (field, expected) in fields {
            assert_eq!(&found[part][field], expected, "{file}: {part}.{field}: {found}");
        }
    }
}

#[test]
fn every_package_gets_its_verdict() {
    let table = table();
    let rows = table["packages"].as_array().unwrap();
    assert!(rows.len() >= 40);
    rows.iter().for_each(|row| check(&table, row));
}
