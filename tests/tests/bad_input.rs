//! Bad manifests: every defect at once, with the place, in the original's words where it had some.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]
use protocol::{Code, Value};
use tests::Page;

#[track_caller]
fn check(manifest: &str, code: Code, expected: &str) {
    let mut page = Page::default();
    let problems = page.validate(manifest);
    let shown: Vec<_> = problems
        .iter()
        .map(|it| format!("{} {}: {}", it.path, it.node.as_deref().unwrap_or("-"), it.message))
        .collect();
    assert_eq!(shown.join("\n").trim(), expected.trim());
    let fault = page.run(manifest, Some(&[Value::Int(1)])).fault();
    assert_eq!(fault.code, code);
    assert_eq!(fault.problems, problems);
    assert_eq!(fault.message.lines().next(), problems.first().and_then(|it| it.message.lines().next()));
}

fn nodes(nodes: &str, connections: &str) -> String {
    format!(r#"{{"version":"v1","nodes":[{nodes}],"connections":[{connections}]}}"#)
}

const A: &str = r#"{"id":"a","node_type":"PassThrough"}"#;
const B: &str = r#"{"id":"b","node_type":"PassThrough"}"#;

#[test]
fn what_is_no_manifest() {
    let code = Code::InvalidManifest;
    check("not json", code, " -: Failed to parse input: expected ident at line 1 column 2");
    check("", code, " -: Failed to parse input: EOF while parsing a value at line 1 column 0");
    check("[1]", code, " -: Failed to parse manifest: expected an object, found list");
    check(
        "{}",
        code,
        " -: Failed to parse manifest: missing field `version`\n -: Failed to parse manifest: missing field `nodes`\n -: Failed to parse manifest: missing field `connections`",
    );
    check(
        r#"{"version":1,"nodes":{},"connections":[]}"#,
        code,
        "/version -: Failed to parse manifest: `version` must be a string, not number\n/nodes -: Failed to parse manifest: `nodes` must be an array, not map",
    );
    check(
        r#"{"version":"v1","nodes":[null],"connections":[7]}"#,
        code,
        "/nodes/0 -: Failed to parse manifest: a node must be an object, not null\n/connections/0 -: Failed to parse manifest: a connection must be an object, not number",
    );
}

#[test]
fn what_is_no_graph() {
    let code = Code::InvalidManifest;
    check(&nodes("", ""), code, "/nodes -: Manifest error: Manifest must contain at least one node");
    check(&nodes(&[A, A].join(","), ""), code, "/nodes/1/id a: Manifest error: Duplicate node ID: a");
    check(
        &nodes(A, r#"{"from":"zz","to":"a"},{"from":"a","to":"yy"}"#),
        code,
        "/connections/0/from -: Manifest error: Connection references unknown source node: zz\n/connections/1/to -: Manifest error: Connection references unknown target node: yy",
    );
    check(
        &nodes(A, r#"{"from":"a","to":"a"}"#),
        code,
        "/connections/0 a: Manifest error: Pipeline contains a cycle - cannot execute",
    );
    check(
        &nodes(&[A, B].join(","), r#"{"from":"a","to":"b"},{"from":"b","to":"a"}"#),
        code,
        "/connections/1 a: Manifest error: Pipeline contains a cycle - cannot execute",
    );
}

#[test]
fn all_defects_come_at_once_the_originals_first_one_first() {
    let manifest = r#"{"version":"v2","nodes":[{"id":"a","node_type":"PassThrough"},{"id":"a","node_type":"Nope"},
        {"id":"m","node_type":"MultiplyNode","params":{"factor":"3","x/y":1}}],"connections":[{"from":"a","to":"q"}]}"#;
    check(
        manifest,
        Code::InvalidManifest,
        "/connections/0/to -: Manifest error: Connection references unknown target node: q
/version -: Manifest error: Unsupported manifest version: v2
/nodes/1/id a: Manifest error: Duplicate node ID: a
/nodes/2/params/factor m: MultiplyNode: parameter `factor` must be number, not \"3\"; accepted: `factor` (number)
/nodes/1/node_type a: Unknown node type: Nope
/nodes/2/params/x~1y m: MultiplyNode: unknown parameter `x/y`; accepted: `factor` (number)",
    );
}

#[test]
fn unknown_types_alone_have_a_code_of_their_own() {
    let typo = r#"{"id":"a","node_type":"Multiplynode"}"#;
    check(
        &nodes(typo, ""),
        Code::UnknownNode,
        "/nodes/0/node_type a: Unknown node type: Multiplynode; did you mean MultiplyNode?",
    );
}

#[test]
fn sizes_and_depths_are_capped() {
    let deep = format!("{}{}", "[".repeat(100_000), "]".repeat(100_000));
    let fault = Page::default()
        .run(&nodes(&format!(r#"{{"id":"a","node_type":"PassThrough","params":{{"x":{deep}}}}}"#), ""), None)
        .fault();
    assert_eq!(fault.code, Code::InvalidManifest);
    assert!(fault.message.contains("recursion limit exceeded at line 1"), "{fault}");
    let many: Vec<_> =
        (0..100_000).map(|i| format!(r#"{{"id":"n{i}","node_type":"PassThrough"}}"#)).collect();
    let fault = Page::default().run(&nodes(&many.join(","), ""), None).fault();
    assert_eq!((fault.code, fault.problems[0].path.as_str()), (Code::LimitExceeded, "/nodes"));
    assert!(fault.message.contains("100000 nodes, at most 10000"), "{fault}");
}

#[test]
fn null_params_are_none_and_warnings_stop_nothing() {
    let manifest = nodes(
        r#"{"id":"a","node_type":"MultiplyNode","params":null},{"id":"b","node_type":"AddNode","params":{"addent":1}}"#,
        r#"{"from":"a","to":"b"}"#,
    );
    let mut page = Page::default();
    let problems = page.validate(&manifest);
    assert_eq!(problems.len(), 1);
    assert_eq!(problems[0].severity, protocol::Severity::Warning);
    let outcome = page.run(&manifest, Some(&[Value::Int(4)]));
    assert!(
        outcome
            .events
            .iter()
            .any(|it| matches!(it, protocol::RunEvent::Log { node: Some(node), .. } if node == "b"))
    );
    assert_eq!(outcome.outputs(), [Value::Int(8)]);
}
