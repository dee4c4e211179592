//! The chapter on the command line: what it shows is typed, and what it says is answered is compared.
#![cfg(unix)]
#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]
mod support;

use std::path::Path;
use std::process::Command;

use support::{Desk, recording, root};

struct Step {
    line: usize,
    command: String,
    /// What is answered, line by line. `…` stands for anything on its line, or alone for any lines.
    answer: Vec<String>,
}

/// Fenced code of a language, with the line it begins in.
fn fences(text: &str, language: &str) -> Vec<(usize, String)> {
    let mut found = Vec::new();
    let mut open: Option<(bool, usize, String)> = None;
    for (at, line) in text.lines().enumerate() {
        match (&mut open, line.strip_prefix("```")) {
            (None, Some(info)) => {
                open = Some((info.split(' ').next() == Some(language), at + 2, String::new()));
            }
            (Some(_), Some(_)) => found.extend(open.take()),
            (Some((_, _, code)), None) => *code += &format!("{line}\n"),
            (None, None) => {}
        }
    }
    found.into_iter().filter(|(is_it, ..)| *is_it).map(|(_, line, code)| (line, code)).collect()
}

fn steps(text: &str) -> Vec<Step> {
    let mut steps: Vec<Step> = Vec::new();
    for (line, code) in fences(text, "console") {
        for (at, it) in code.lines().enumerate() {
            match (it.strip_prefix("$ "), steps.last_mut()) {
                (Some(command), _) => {
                    steps.push(Step { line: line + at, command: command.into(), answer: Vec::new() });
                }
                (None, Some(step)) => step.answer.push(it.into()),
                (None, None) => panic!("line {line}: an answer to nothing"),
            }
        }
    }
    steps
}

/// Whether `said` is what `shown` shows.
fn shows(shown: &[String], said: &[&str]) -> bool {
    match (shown.split_first(), said.split_first()) {
        (None, None) => true,
        (Some((first, rest)), _) if first == "…" => (0..=said.len()).any(|at| shows(rest, &said[at..])),
        (Some((first, rest)), Some((line, more))) => fits(first, line) && shows(rest, more),
        (None, Some(_)) | (Some(_), None) => false,
    }
}

fn fits(shown: &str, said: &str) -> bool {
    match shown.split_once('…') {
        None => shown == said,
        Some((before, after)) => said.strip_prefix(before).is_some_and(|rest| {
            rest.char_indices().map(|(at, _)| at).chain([rest.len()]).any(|at| fits(after, &rest[at..]))
        }),
    }
}

fn desk(text: &str) -> Desk {
    let desk = Desk::with(&[]);
    for name in ["command.wav", "numbers.wav"] {
        desk.write(&format!("talks/{name}"), std::fs::read(recording(name)).unwrap());
    }
    // Its only text that is no command: the manifest with mistakes.
    desk.write("wrong.json", &fences(text, "text")[0].1);
    desk
}

#[test]
fn the_chapter_shows_what_happens() {
    let text = std::fs::read_to_string(root().join("docs/src/cli.md")).unwrap();
    let desk = desk(&text);
    let folder = Path::new(env!("CARGO_BIN_EXE_remotemedia")).parent().unwrap();
    let path = format!("{}:{}", folder.display(), std::env::var("PATH").unwrap());
    let steps = steps(&text);
    assert!(steps.len() > 15);
    // Installing is building, which was done to get here.
    for step in steps.iter().filter(|it| !it.command.starts_with("cargo install ")) {
        let mut shell = Command::new("sh");
        shell.args(["-c", &format!("exec 2>&1; {}", step.command)]).current_dir(desk.path(""));
        let did = support::did(shell.env("PATH", &path).env("HOME", desk.path("home")).output().unwrap());
        let said: Vec<&str> = did.stdout.lines().collect();
        assert!(shows(&step.answer, &said), "line {}: {}\n{}", step.line, step.command, did.stdout);
    }
}

#[test]
fn every_command_is_in_the_chapter() {
    let text = std::fs::read_to_string(root().join("docs/src/cli.md")).unwrap();
    let help = Desk::with(&[]).run(&["--help"]).out();
    let (_, listed) = help.split_once("Commands:\n").unwrap();
    let (listed, _) = listed.split_once("\n\n").unwrap();
    let names = listed.lines().filter(|it| it.starts_with("  ") && !it.starts_with("   "));
    let names: Vec<&str> = names.map(|it| it.trim().split(' ').next().unwrap()).collect();
    assert!(names.len() >= 12);
    for name in names {
        let is_there = text.contains(&format!("remotemedia {name}")) || text.contains(&format!("`{name}`"));
        assert!(is_there, "{name} is not in docs/src/cli.md");
    }
}
