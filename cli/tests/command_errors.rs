//! What the command says when something is wrong, word for word, and the code it ends with.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]
mod support;

use protocol::Value;
use support::{DOUBLE, Desk, text};

const WRONG: &str = r#"{
  "version": "v1",
  "nodes": [
    { "id": "multiply", "node_type": "MultiplyNode", "params": { "factor": "three", "extra": 1 } },
    { "id": "odd", "node_type": "Nonsense" }
  ],
  "connections": [{ "from": "multiply", "to": "nowhere" }]
}
"#;

const TOLD: &str = r#"InvalidManifest

  x Manifest error: Connection references unknown target node: nowhere
   ,-[wrong.json:7:41]
 6 |   ],
 7 |   "connections": [{ "from": "multiply", "to": "nowhere" }]
   :                                         ^^^^^^^^^^^^^^^
 8 | }
   `----
InvalidManifest

  x MultiplyNode: parameter `factor` must be number, not "three"; accepted: `factor` (number)
   ,-[wrong.json:4:66]
 3 |   "nodes": [
 4 |     { "id": "multiply", "node_type": "MultiplyNode", "params": { "factor": "three", "extra": 1 } },
   :                                                                  ^^^^^^^^^^^^^^^^^
 5 |     { "id": "odd", "node_type": "Nonsense" }
   `----
UnknownNode

  x Unknown node type: Nonsense
   ,-[wrong.json:5:20]
 4 |     { "id": "multiply", "node_type": "MultiplyNode", "params": { "factor": "three", "extra": 1 } },
 5 |     { "id": "odd", "node_type": "Nonsense" }
   :                    ^^^^^^^^^^^^^^^^^^^^^^^
 6 |   ],
   `----
"#;

const WARNED: &str = r#"  ! MultiplyNode: unknown parameter `extra`; accepted: `factor` (number)
   ,-[wrong.json:4:85]
 3 |   "nodes": [
 4 |     { "id": "multiply", "node_type": "MultiplyNode", "params": { "factor": "three", "extra": 1 } },
   :                                                                                     ^^^^^^^^^^
 5 |     { "id": "odd", "node_type": "Nonsense" }
   `----
wrong.json: 3 errors, 1 warning
"#;

fn desk() -> Desk {
    Desk::with(&[
        ("wrong.json", WRONG),
        ("double.json", DOUBLE),
        ("cut.json", "{\"version\": \"v1\",\n \"nodes\": [}"),
    ])
}

#[test]
fn every_problem_is_told_with_its_place() {
    let did = desk().run(&["validate", "wrong.json", "double.json"]);
    assert_eq!(did.stderr, format!("{TOLD}{WARNED}"));
    assert_eq!((did.code, did.stdout.as_str()), (1, "double.json: no problems\n"));
}

#[test]
fn a_run_of_a_wrong_manifest_tells_the_same() {
    let did = desk().run(&["run", "wrong.json", "-i", "1"]);
    assert_eq!(did.stderr, format!("{TOLD}{WARNED}"));
    assert_eq!((did.code, did.stdout.as_str()), (1, ""));
}

#[test]
fn a_manifest_on_one_long_line_is_not_shown_whole() {
    let long = DOUBLE.replace("\"nodes\"", &format!("\"about\":\"{}\",\"nodes\"", "x".repeat(300)));
    let desk = Desk::with(&[("long.json", &long.replace("MultiplyNode", "Nonsense"))]);
    let told = "UnknownNode

  x Unknown node type: Nonsense
  help: at long.json:1:352: \"node_type\":\"Nonsense\",\"params\":{\"factor\":2}}],\"connections\"
long.json: 1 error
";
    assert_eq!(desk.run(&["validate", "long.json"]).stderr, told);
}

#[test]
fn text_that_is_no_json_is_shown_where_it_ends_to_be_it() {
    let told = "InvalidManifest

  x Failed to parse input: expected value at line 2 column 12
   ,-[cut.json:2:12]
 1 | {\"version\": \"v1\",
 2 |  \"nodes\": [}
   :            ^
   `----
cut.json: 1 error
";
    assert_eq!(desk().run(&["validate", "cut.json"]).stderr, told);
}

#[test]
fn programs_read_problems_with_line_and_column() {
    let did = desk().run(&["validate", "--json", "double.json", "wrong.json"]);
    let lines = did.lines();
    assert_eq!(lines[0].to_json(), r#"{"file":"double.json","problems":[]}"#);
    let problems = lines[1].get("problems").and_then(Value::items).unwrap();
    let told: Vec<_> = problems
        .iter()
        .map(|it| {
            let number = |key: &str| it.get(key).and_then(Value::as_f64).unwrap();
            let facts = [text(it, &["severity"]), text(it, &["code"]), text(it, &["path"])].join(" ");
            format!("{facts} {}:{}", number("line"), number("column"))
        })
        .collect();
    let expected = [
        "error InvalidManifest /connections/0/to 7:41",
        "error InvalidManifest /nodes/0/params/factor 4:66",
        "error UnknownNode /nodes/1/node_type 5:20",
        "warning InvalidManifest /nodes/0/params/extra 4:85",
    ];
    assert_eq!(told, expected);
    assert_eq!((did.code, did.stderr.as_str()), (1, ""));
    let failed = desk().run(&["run", "--json", "wrong.json"]);
    assert_eq!(text(&failed.object(), &["error", "code"]), "InvalidManifest");
    assert_eq!((failed.code, failed.stderr.as_str()), (1, ""));
}

#[test]
fn warnings_stop_nothing() {
    let manifest = DOUBLE.replace("{\"factor\":2}", "{\"factor\":2,\"extra\":1}");
    let desk = Desk::with(&[("double.json", &manifest)]);
    let did = desk.run(&["validate", "double.json"]);
    assert!(did.code == 0 && did.stderr.ends_with("double.json: 1 warning\n"), "{did:?}");
    let did = desk.run(&["run", "double.json", "-i", "1"]);
    let warning = "warn: double: MultiplyNode: unknown parameter `extra`; accepted: `factor` (number)\n";
    assert_eq!((did.stdout.as_str(), did.stderr.as_str()), ("2\n", warning));
}

#[test]
fn a_node_that_fails_is_shown_in_the_manifest() {
    let manifest = r#"{"version": "v1", "connections": [],
  "nodes": [{ "id": "a", "node_type": "CalculatorNode",
    "params": { "operation": "divide", "operand": 0 } }] }"#;
    let told = "NodeFailed

  x `a` Division by zero
   ,-[divide.json:2:15]
 1 | {\"version\": \"v1\", \"connections\": [],
 2 |   \"nodes\": [{ \"id\": \"a\", \"node_type\": \"CalculatorNode\",
   :               ^^^^^^^^^
 3 |     \"params\": { \"operation\": \"divide\", \"operand\": 0 } }] }
   `----
";
    let did = Desk::with(&[("divide.json", manifest)]).run(&["run", "divide.json", "-i", "1"]);
    assert_eq!((did.code, did.stderr.as_str(), did.stdout.as_str()), (1, told, ""));
}

#[test]
fn a_request_of_the_original_is_shown_as_it_is_written() {
    let request = format!("{{\n \"input_data\": [1],\n \"manifest\": {}\n}}", DOUBLE.replace('2', "\"two\""));
    let did = Desk::with(&[("request.json", &request)]).run(&["run", "request.json"]);
    did.failed(1, "[request.json:3:");
}

#[test]
fn what_a_command_line_gets_wrong_is_told_with_code_2() {
    let check = |arguments: &[&str], said: &str| desk().run(arguments).failed(2, said);
    check(&["run"], "<PIPELINE>");
    check(&["walk"], "unrecognized subcommand 'walk'");
    check(
        &["run", "double.json", "-i", "{"],
        "error: --input 1: EOF while parsing an object at line 1 column 1: {",
    );
    check(&["run", "double.json", "-i", "1", "x.wav"], "cannot be used with");
    check(&["run", "double.json", "--json", "--text"], "cannot be used with");
    check(&["run", "double.json", "--params", "[]"], "--params: an object of nodes' ids, not list");
    check(&["run", "double.json", "--timeout", "-1"], "--timeout");
    check(&["run", "double.json", "--key", "abc"], "--key abc");
    check(&["bench", "double.json", "-n", "0"], "0 is not in 1..");
    check(&["pack", "double.json", "-o", "x.rmpkg", "--add", "models"], "--add models: PLACE=FILE");
    check(&["new", "node", "../x", "--python"], "is no name");
}

#[test]
fn what_is_not_there_is_told_with_code_1() {
    let check = |arguments: &[&str], said: &str| desk().run(arguments).failed(1, said);
    check(&["run", "none.json"], "none.json: no such file or directory");
    check(&["run", "double.json", "none.wav"], "none.wav: no such file or directory");
    check(&["run", "double.json", "--inputs", "cut.json"], "cut.json: expected value at line 2 column 12");
    check(&["run", "double.json", "--example"], "--example needs a package");
    check(
        &["run", "double.json", "-i", "1", "-o", "no/such/file"],
        "no/such/file: no such file or directory",
    );
    check(&["nodes", "Nope"], "no node is called `Nope`");
    check(&["inspect", "double.json"], "expected .rmpkg extension, got double.json");
    check(&["sign", "x.rmpkg"], "remotemedia.key: no such file or directory");
    desk()
        .fed(&["run", "double.json", "--inputs", "-"], "1\nx\n")
        .failed(1, "standard input: expected value at line 2");
}

#[test]
fn a_run_ends_when_its_time_is_up() {
    let desk = desk();
    let mut child = desk.start(&["run", "double.json", "--inputs", "-", "--timeout", "0.2"]);
    // It stays open: nothing but the clock can end this.
    let stdin = child.stdin.take();
    let did = support::did(child.wait_with_output().unwrap());
    drop(stdin);
    assert_eq!(did.code, 1);
    assert!(did.stderr.contains("TimedOut"), "{}", did.stderr);
}

#[test]
fn names_of_strangers_command_no_terminal() {
    let manifest = DOUBLE.replace("MultiplyNode", "\\u001b[31mred\\u009b\\u202e");
    let did = Desk::with(&[("red.json", &manifest)]).run(&["validate", "red.json"]);
    assert!(did.stderr.contains("Unknown node type: \\u{1b}[31mred\\u{9b}\\u{202e}"), "{}", did.stderr);
    let manifest = DOUBLE.replace("MultiplyNode", "\u{202e}red\u{9b}");
    let did = Desk::with(&[("red.json", &manifest)]).run(&["validate", "red.json"]);
    assert!(!did.stderr.contains(['\u{202e}', '\u{9b}']), "{}", did.stderr);
}
