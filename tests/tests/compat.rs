//! Every manifest of the original, natively: what it returns is what was decided.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]
use protocol::{Code, Value};
use tests::Page;

fn cases() -> Vec<Value> {
    let text = include_str!("../compat/cases.json");
    Value::from_json(text).unwrap().items().unwrap()
}

#[track_caller]
fn check(mut page: Page, case: &Value) {
    let name = case.get("name").and_then(Value::as_text).unwrap();
    let manifest = case.get("manifest").unwrap().to_json();
    let decided = case.get("decided").unwrap();
    if decided.get("validate").is_some() {
        let problems = page.validate(&manifest);
        assert!(
            problems
                .iter()
                .all(|it| it.code == Code::UnknownNode || it.severity == protocol::Severity::Warning),
            "{name}: {problems:?}"
        );
        return;
    }
    let inputs = case.get("input_data").map(|it| it.items().unwrap());
    let outcome = page.run(&manifest, inputs.as_deref());
    match decided.get("error").and_then(Value::as_text) {
        Some(code) => assert_eq!(outcome.fault().code.to_string(), code, "{name}"),
        None => assert_eq!(Value::List(outcome.outputs()), *decided.get("outputs").unwrap(), "{name}"),
    }
}

#[test]
fn every_case_gives_what_was_decided() {
    let cases = cases();
    assert!(cases.len() >= 38);
    for case in &cases {
        check(Page::default(), case);
        check(Page::of_processes(), case);
    }
}
