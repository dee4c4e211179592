//! `run`: what goes in, what comes out.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]
mod support;

use protocol::Value;
use support::{DOUBLE, Desk, SAME, SUBTITLES, recording, root, text};

fn desk() -> Desk {
    Desk::with(&[
        ("double.json", DOUBLE),
        ("same.json", SAME),
        ("items.json", "[1, \"a\",\n {\"b\": [2]}]"),
        ("lines.jsonl", "1\n[2, 3]\n"),
        ("request.json", &format!(r#"{{"manifest":{DOUBLE},"input_data":[5,7]}}"#)),
        ("files/b.txt", "second"),
        ("files/a/z.txt", "first"),
        ("files/.hidden", "never"),
    ])
}

#[track_caller]
fn check(arguments: &[&str], stdin: &str, stdout: &str) {
    assert_eq!(desk().fed(arguments, stdin).out(), stdout, "{arguments:?}");
}

#[test]
fn items_come_from_the_command_line() {
    check(&["run", "double.json", "-i", "5", "--input=-7.5", "-i", "\"x\""], "", "10\n-15\n\"x\"\n");
    check(&["run", "same.json"], "", "null\n");
    check(&["run", "same.json", "-i", r#"{"b":1,"a":[]}"#], "", "{\"b\":1,\"a\":[]}\n");
}

#[test]
fn items_come_from_files_of_json() {
    check(&["run", "same.json", "--inputs", "items.json"], "", "1\n\"a\"\n{\"b\":[2]}\n");
    check(&["run", "double.json", "--inputs", "lines.jsonl"], "", "2\n[4,6]\n");
    check(&["run", "request.json"], "", "10\n14\n");
    check(&["run", "request.json", "-i", "1"], "", "2\n");
}

#[test]
fn items_come_from_standard_input() {
    check(&["run", "double.json", "--inputs", "-"], "1\n\n2\n3", "2\n4\n6\n");
    check(&["run", "double.json", "--inputs", "-"], "[1,\n2]", "2\n4\n");
    check(&["run", "double.json", "--inputs", "-"], "", "");
    check(&["run", "-", "-i", "4"], DOUBLE, "8\n");
}

#[test]
fn files_and_folders_are_items_of_bytes_in_order() {
    let did = desk().run(&["run", "same.json", "files", "items.json"]);
    let named = did
        .lines()
        .iter()
        .map(|it| format!("{} {}", text(it, &["name"]), text(it, &["data"])))
        .collect::<Vec<_>>();
    assert_eq!(named, ["z.txt Zmlyc3Q=", "b.txt c2Vjb25k", "items.json WzEsICJhIiwKIHsiYiI6IFsyXX1d"]);
    let did = desk().fed(&["run", "same.json", "-"], "piped");
    assert_eq!(text(&did.object(), &["data"]), "cGlwZWQ=");
}

#[test]
fn a_folder_of_more_files_than_can_be_open_is_read() {
    let desk = desk();
    for at in 0..1500 {
        desk.write(&format!("many/{at:04}"), at.to_string());
    }
    let mut limited = std::process::Command::new("sh");
    let script = format!("ulimit -n 64; exec {} run same.json many", env!("CARGO_BIN_EXE_remotemedia"));
    let did = support::did(limited.args(["-c", &script]).current_dir(desk.path("")).output().unwrap());
    assert_eq!(did.code, 0, "{}", did.stderr);
    assert_eq!(did.stdout.lines().count(), 1500);
}

#[test]
fn results_go_to_a_file_or_as_text() {
    let desk = desk();
    assert_eq!(desk.run(&["run", "double.json", "-i", "1", "-o", "out.jsonl"]).out(), "");
    assert_eq!(desk.read("out.jsonl"), "2\n");
    check(
        &["run", "same.json", "-i", "\"a\\nb\"", "-i", r#"{"text":"c"}"#, "-i", "1", "--text"],
        "",
        "a\nb\nc\n1\n",
    );
}

#[test]
fn parameters_are_laid_over_the_manifest() {
    check(&["run", "double.json", "-i", "1", "--params", r#"{"double":{"factor":3}}"#], "", "3\n");
}

#[test]
fn sinks_speak_in_the_order_of_the_manifest() {
    let manifest = r#"{"version":"v1","nodes":[
        {"id":"a","node_type":"PassThrough"},{"id":"b","node_type":"MultiplyNode"},{"id":"c","node_type":"PassThrough"}],
        "connections":[{"from":"a","to":"b"},{"from":"a","to":"c"}]}"#;
    let desk = Desk::with(&[("two.json", manifest)]);
    assert_eq!(desk.run(&["run", "two.json", "-i", "1", "-i", "2"]).out(), "2\n4\n1\n2\n");
}

#[test]
fn programs_hear_every_event_and_the_result_last() {
    let did = desk().run(&["run", "double.json", "-i", "5", "--json"]);
    let lines = did.lines();
    assert_eq!(text(&lines[0], &["type"]), "started");
    let outputs: Vec<_> = lines.iter().filter(|it| text(it, &["type"]) == "output").collect();
    assert_eq!(outputs[0].to_json(), r#"{"type":"output","node":"double","value":10}"#);
    let last = lines.last().unwrap();
    assert_eq!(text(last, &["type"]), "finished");
    let result = last.get("result").unwrap();
    assert_eq!(result.get("outputs").unwrap().to_json(), "[10]");
    assert_eq!(result.get("graph_info").unwrap().get("sink_count"), Some(&Value::Int(1)));
    let node = result.get("metrics").unwrap().get("nodes").unwrap().get("double").unwrap();
    assert_eq!(node.get("items"), Some(&Value::Int(1)));
    assert_eq!((did.code, did.stderr.as_str()), (0, ""));
}

#[test]
fn recordings_become_subtitles_with_the_model_that_is_built_in() {
    let desk = Desk::with(&[("talk.json", SUBTITLES)]);
    let file = recording("command.wav");
    let did = desk.run(&["run", "talk.json", file.to_str().unwrap(), "--text"]);
    let said = "1\n00:00:00,000 --> 00:00:04,060\nSet the timer for six hundred and forty three minutes.\n";
    assert_eq!(did.out(), said);
}

#[test]
fn a_model_is_found_in_a_folder_or_by_its_path() {
    let desk = Desk::with(&[("talk.json", SUBTITLES)]);
    let ggml = root().join("whisper/demo-model/ggml-demo.bin");
    desk.write("models/ggml-own.bin", std::fs::read(&ggml).unwrap());
    let file = recording("command.wav");
    let run = |model: &str, more: &[&str]| {
        let params = format!(r#"{{"speech":{{"model":"{model}"}}}}"#);
        let arguments = ["run", "talk.json", file.to_str().unwrap(), "--text", "-q", "--params", &params];
        desk.run(&[&arguments, more].concat())
    };
    for did in [run("own", &["--models", "models"]), run("models/ggml-own.bin", &[])] {
        let out = did.out();
        assert!(out.contains("six hundred and forty three minutes"), "{out}");
    }
    run("own", &[]).failed(1, "no model `own` in ");
    run("https://example.org/a.bin", &[]).failed(1, "this command fetches nothing");
}
