//! What `docs/src/package-format.md` says, held against the code.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod common;

use std::io::Cursor;

use package::{File, Limits, PackOptions, Package, SigningKey, pack};

const CHAPTER: &str = include_str!("../../docs/src/package-format.md");

/// The pieces of JSON of the chapter: a manifest, its lock, its signature.
fn snippets() -> Vec<&'static str> {
    CHAPTER.split("```json\n").skip(1).map(|it| it.split("```").next().unwrap()).collect()
}

#[test]
fn the_lock_and_the_signature_are_those_of_the_manifest_that_is_shown() {
    let [manifest, lock, signature] = snippets()[..] else { panic!("another number of snippets") };
    let options = PackOptions { sign: Some(SigningKey::from_seed([1; 32])), ..PackOptions::default() };
    let bytes = pack(manifest, vec![File::new("media/tone.wav", b"RIFF")], &options).unwrap();
    let mut package = Package::open(Cursor::new(bytes), None, &Limits::default()).unwrap();
    let mut text = |name: &str| String::from_utf8(package.read(name).unwrap()).unwrap();
    assert_eq!(text("manifest.json"), manifest);
    assert_eq!(text("package.lock.json"), lock);
    assert_eq!(text("signature"), signature);
}

#[test]
fn the_limits_are_those_that_are_shown() {
    let limits = Limits::default();
    let bytes = |it: u64| match it {
        it if it % (1 << 30) == 0 => format!("{} GiB", it >> 30),
        it => format!("{} MiB", it >> 20),
    };
    for (name, default) in [
        ("archive", bytes(limits.archive)),
        ("archiveV1", bytes(limits.archive_v1)),
        ("entries", limits.entries.to_string()),
        ("name", limits.name.to_string()),
        ("depth", limits.depth.to_string()),
        ("entry", bytes(limits.entry)),
        ("total", bytes(limits.total)),
        ("inflated", bytes(limits.inflated)),
        ("text", bytes(limits.text)),
        ("ratio", limits.ratio.to_string()),
        ("plugin", bytes(limits.plugin)),
        ("pluginMemory", bytes(limits.plugin_memory)),
    ] {
        let row = format!("| `{name}` | {default} |");
        assert!(CHAPTER.contains(&row), "{row}");
        // By that name callers set it.
        let json = format!("{{\"{name}\": 1}}");
        assert!(serde_json::from_str::<Limits>(&json).is_ok(), "{name}");
    }
}

#[test]
fn every_rejection_of_the_table_of_verdicts_begins_as_the_chapter_says() {
    let (_, words) = CHAPTER.split_once("| message begins with |").unwrap();
    let cells = words.lines().filter_map(|it| it.strip_prefix("| `")?.split(" |").next());
    let beginnings: Vec<&str> = cells.flat_map(|it| it.trim_end_matches('`').split("`, `")).collect();
    assert!(beginnings.len() >= 15, "{beginnings:?}");
    let table = common::recipe::table();
    for row in table["packages"].as_array().unwrap() {
        let Some(message) = row["verdict"]["rejected"].as_str() else { continue };
        let is_told =
            |it: &&str| message.starts_with(*it) || (it.starts_with("` `") && message.starts_with('`'));
        assert!(beginnings.iter().any(is_told), "{message}: {beginnings:?}");
    }
}
