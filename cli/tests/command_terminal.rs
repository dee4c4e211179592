//! What a terminal is shown: colors, bars, questions; and what it is spared.
#![cfg(unix)]
#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]
mod support;

use support::{DOUBLE, Desk, SAME, SUBTITLES, recording, terminal};

fn wrong() -> Desk {
    Desk::with(&[("wrong.json", &DOUBLE.replace("MultiplyNode", "Nonsense")), ("same.json", SAME)])
}

#[test]
fn errors_have_colors_on_a_terminal_unless_they_are_unwanted() {
    let shown = terminal(&wrong(), 80, "", &[], &["validate", "wrong.json"]);
    assert!(shown.stdout.contains("\u{1b}[31m") && shown.stdout.contains('╭'), "{}", shown.stdout);
    let plain = terminal(&wrong(), 80, "", &[("NO_COLOR", "1")], &["validate", "wrong.json"]);
    assert!(!plain.stdout.contains('\u{1b}') && plain.stdout.contains('╭'), "{}", plain.stdout);
    assert_eq!((shown.code, plain.code), (1, 1));
}

#[test]
fn bars_show_how_far_a_long_run_is_and_leave_nothing_behind() {
    let desk = Desk::with(&[("talk.json", SUBTITLES)]);
    let file = recording("long.wav");
    let arguments = ["run", "talk.json", file.to_str().unwrap(), "--text", "-o", "out.srt"];
    for (columns, has_bars) in [(100, true), (40, false)] {
        let shown = terminal(&desk, columns, "", &[], &arguments);
        assert_eq!(shown.code, 0);
        assert!(shown.stdout.contains("speech") && shown.stdout.contains('%'), "{}", shown.stdout);
        assert_eq!(shown.stdout.contains('█'), has_bars, "{columns} columns");
        assert!(shown.stdout.trim_end_matches(['\r', '\n']).ends_with("\u{1b}[2K"), "{:?}", shown.stdout);
    }
    let quiet = terminal(&desk, 100, "", &[], &[&arguments[..], &["-q"]].concat());
    assert_eq!(quiet.stdout, "");
    assert!(desk.read("out.srt").contains(" --> "));
}

#[test]
fn tables_fit_the_terminal() {
    for columns in [60, 80, 120] {
        let shown = terminal(&wrong(), columns, "", &[], &["nodes"]);
        let widest = shown.stdout.lines().map(|it| it.trim_end().chars().count()).max().unwrap();
        assert!(widest <= columns as usize, "{widest} of {columns}");
    }
}

#[test]
fn results_of_strangers_command_no_terminal() {
    let item = r#""\u001b[31m\u009b2J\u202e""#;
    for more in [&[][..], &["--text"], &["--json"]] {
        let arguments = [&["run", "same.json", "-i", item], more].concat();
        let shown = terminal(&wrong(), 80, "", &[], &arguments);
        let is_safe = !shown.stdout.contains(['\u{1b}', '\u{9b}', '\u{202e}']);
        assert!(is_safe && shown.stdout.contains("2J"), "{more:?}: {:?}", shown.stdout);
    }
    // Where no terminal is, text is what it is.
    let piped = wrong().run(&["run", "same.json", "-i", item, "--text"]).out();
    assert_eq!(piped, "\u{1b}[31m\u{9b}2J\u{202e}\n");
}
