//! `nodes`, `new`, `bench`, `completions`, and help.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]
mod support;

use protocol::Value;
use support::{DOUBLE, Desk, recording, text};

fn desk() -> Desk {
    Desk::with(&[("double.json", DOUBLE)])
}

#[test]
fn the_nodes_are_those_of_the_book() {
    let listed = desk().run(&["nodes", "--json"]).lines();
    let book = Value::from_json(
        &std::fs::read_to_string(support::root().join("docs/generated/nodes.json")).unwrap(),
    );
    let book = book.unwrap().items().unwrap();
    assert_eq!(listed.len(), book.len());
    for (listed, book) in listed.iter().zip(&book) {
        for key in ["type", "aliases", "language", "description", "inputs", "outputs"] {
            assert_eq!(listed.get(key), book.get(key), "{}", text(book, &["type"]));
        }
        let name = text(listed, &["type"]);
        let lines = desk().run(&["nodes"]).out();
        assert!(lines.lines().any(|line| line.starts_with(name)), "{name}");
    }
}

#[test]
fn a_node_is_shown_with_its_parameters() {
    let shown = "MultiplyNode
  Multiplies a number, or each top-level number of a list; anything else passes unchanged.

language  rust
takes     any
gives     any

Parameters:
  factor: number, default 2
      What numbers are multiplied by. Also: multiplier.
";
    let out = desk().run(&["nodes", "MultiplyNode"]).out();
    assert!(out.starts_with(shown), "{out}");
    let by_alias = desk().run(&["nodes", "FastResampleNode"]).out();
    assert!(by_alias.starts_with("AudioResample\n"), "{by_alias}");
    let object = desk().run(&["nodes", "Echo", "--json"]).object();
    assert_eq!(text(&object, &["type"]), "Echo");
}

#[test]
fn a_new_pipeline_runs() {
    let desk = Desk::with(&[]);
    desk.run(&["new", "pipeline", "sums"]).out();
    assert_eq!(desk.run(&["run", "sums.json", "-i", "5", "-i", "7", "-i", "3"]).out(), "20\n24\n16\n");
    desk.run(&["new", "pipeline", "talk", "--on", "speech", "-o", "deep/er"]).out();
    let file = recording("command.wav");
    let out = desk.run(&["run", "deep/er/talk.json", file.to_str().unwrap(), "--text"]).out();
    assert!(out.contains("Set the timer"), "{out}");
    desk.run(&["new", "pipeline", "sums"]).failed(1, "sums.json: is there already");
    for kind in ["numbers", "text", "speech"] {
        desk.run(&["new", "pipeline", kind, "--on", kind]).out();
        desk.run(&["validate", &format!("{kind}.json")]).out();
    }
}

#[test]
fn a_new_python_node_passes_its_own_test() {
    let desk = Desk::with(&[]);
    desk.run(&["new", "node", "word-count", "--python"]).out();
    let mut python = std::process::Command::new("python3");
    python.args(["-m", "unittest", "discover"]).current_dir(desk.path(""));
    let did = support::did(
        python.env("PYTHONPATH", support::root().join("python-worker/python")).output().unwrap(),
    );
    assert!(did.code == 0 && did.stderr.contains("Ran 1 test"), "{}", did.stderr);
}

#[test]
fn a_pipeline_is_measured() {
    let items = ["-i", "1", "-i", "2", "-n", "3"];
    let told = desk().run(&[&["bench", "double.json"], &items[..]].concat()).out();
    assert!(told.starts_with("3 runs of 2 items: median ") && told.contains(" items/s\n"), "{told}");
    let object = desk().run(&[&["bench", "double.json", "--json"], &items[..]].concat()).object();
    assert_eq!((object.get("runs"), object.get("items")), (Some(&Value::Int(3)), Some(&Value::Int(2))));
    let node = object.get("nodes").unwrap().get("double").unwrap();
    let number = |key| node.get(key).and_then(Value::as_f64).unwrap();
    assert!(
        number("items") == 2.0 && number("p50Us") > 0.0 && number("p50Us") <= number("p95Us"),
        "{}",
        node.to_json()
    );
}

#[test]
fn every_command_has_help_and_shells_know_them() {
    let help = desk().run(&["--help"]).out();
    let commands: Vec<&str> = help
        .lines()
        .filter_map(|it| it.strip_prefix("  ")?.split(' ').next())
        .filter(|it| !it.is_empty())
        .collect();
    let commands: Vec<&str> = commands.into_iter().filter(|it| it.starts_with(char::is_alphabetic)).collect();
    assert!(commands.len() >= 12, "{commands:?}");
    for command in commands {
        let did = desk().run(&["help", command]);
        assert!(did.code == 0 && did.stdout.contains("Usage: remotemedia"), "{command}");
    }
    for shell in ["bash", "zsh", "fish", "powershell", "elvish"] {
        let script = desk().run(&["completions", shell]).out();
        assert!(script.contains("validate") && script.contains("keygen"), "{shell}");
    }
}
