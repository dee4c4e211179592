//! Rules that no type can hold.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]
use std::path::{Path, PathBuf};
use std::process::Command;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// Every file that git would keep, with its text.
fn files(endings: &[&str]) -> Vec<(String, String)> {
    let listed = Command::new("git")
        .args(["ls-files", "--cached", "--others", "--exclude-standard"])
        .current_dir(root())
        .output()
        .expect("git is there");
    let names = String::from_utf8(listed.stdout).unwrap();
    let chosen = names.lines().filter(|name| endings.iter().any(|ending| name.ends_with(ending)));
    let read = |name: &str| Some((name.to_owned(), std::fs::read_to_string(root().join(name)).ok()?));
    let files: Vec<_> = chosen.filter_map(read).collect();
    assert!(!files.is_empty(), "no file ends with {endings:?}");
    files
}

#[track_caller]
fn none(wrong: Vec<String>, rule: &str) {
    assert!(wrong.is_empty(), "{rule}:\n  {}", wrong.join("\n  "));
}

#[test]
fn only_web_rs_knows_a_browser() {
    let words = ["wasm_bindgen", "web_sys", "js_sys"].map(|word| [word, "::"].concat());
    let is_web = |name: &str| name.ends_with("web.rs") || name.contains("/web/");
    let is_core = |name: &str| !is_web(name) && !name.starts_with("xtask/") && !name.starts_with("tests/");
    let wrong = files(&[".rs"])
        .into_iter()
        .filter(|(name, text)| is_core(name) && words.iter().any(|word| text.contains(word.as_str())))
        .map(|(name, _)| name);
    none(wrong.collect(), "browser words belong into a web.rs or a module of it");
}

#[test]
fn the_engine_depends_on_nothing_but_the_protocol() {
    let manifest = std::fs::read_to_string(root().join("engine/Cargo.toml")).unwrap();
    let (_, rest) = manifest.split_once("[dependencies]\n").unwrap();
    let dependencies: Vec<_> = rest.lines().take_while(|line| !line.is_empty()).collect();
    assert_eq!(dependencies, ["protocol.workspace = true"]);
}

#[test]
fn a_file_is_a_room() {
    let wrong = files(&[".rs", ".ts", ".py", ".mjs"])
        .into_iter()
        .filter(|(_, text)| text.lines().count() > 500)
        .map(|(name, text)| format!("{name}: {} lines", text.lines().count()));
    none(wrong.collect(), "files have 400 lines, 500 at the very most");
}

#[test]
fn every_rust_node_is_registered() {
    let list = std::fs::read_to_string(root().join("nodes/src/nodes.rs")).unwrap();
    let wrong = files(&[".rs"]).into_iter().filter_map(|(name, text)| {
        let node = name.strip_prefix("nodes/src/nodes/")?.strip_suffix(".rs")?;
        let registered = list.split(|it: char| !it.is_alphanumeric() && it != '_').any(|word| word == node);
        (text.contains("const KIND") && !registered).then_some(name)
    });
    none(wrong.collect(), "a node is registered by its word in nodes.rs");
}

#[test]
fn nothing_is_left_unfinished() {
    let words = [["TO", "DO"], ["FIX", "ME"], ["XX", "X"], ["unimpl", "emented!"], ["dbg", "!("]]
        .map(|it| it.concat());
    let wrong =
        files(&[".rs", ".ts", ".py", ".mjs", ".css", ".html"]).into_iter().flat_map(|(name, text)| {
            let found: Vec<_> = text
                .lines()
                .enumerate()
                .filter(|(_, line)| words.iter().any(|word| line.contains(word.as_str())))
                .map(|(at, line)| format!("{name}:{}: {}", at + 1, line.trim()))
                .collect();
            found
        });
    none(wrong.collect(), "finish it, or say why not in the issue");
}

#[test]
fn text_ends_with_one_newline_and_lines_with_none_of_white_space() {
    let hand_written = |(name, _): &(String, String)| !name.contains("/generated/");
    let wrong = files(&[".rs", ".ts", ".py", ".mjs", ".md", ".toml", ".css", ".html", ".json"])
        .into_iter()
        .filter(hand_written)
        .filter(|(_, text)| {
            !text.is_empty()
                && (!text.ends_with('\n')
                    || text.ends_with("\n\n")
                    || text.lines().any(|it| it.ends_with([' ', '\t'])))
        });
    none(wrong.map(|(name, _)| name).collect(), "white space");
}

#[test]
fn the_page_pays_for_results_by_the_engines_own_limits() {
    let text = std::fs::read_to_string(root().join("main-thread/js/running.ts")).unwrap();
    let limits = protocol::Limits::default();
    for line in [
        format!("const QUEUE_ITEMS = {};", limits.queue_items),
        format!("const QUEUE_BYTES = {} << 20;", limits.queue_bytes >> 20),
    ] {
        assert!(text.contains(&line), "running.ts does not say {line}");
    }
}
