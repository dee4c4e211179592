//! `Subtitles` against what openai/whisper's own writers wrote (`reference/subtitles.py`).
#![allow(clippy::unwrap_used, reason = "a test that meets nothing where something must be has failed")]
mod support;

use protocol::Value;
use support::{Heard, run};

fn golden() -> Value {
    let text = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/subtitles.json"));
    Value::from_json(&text.unwrap()).unwrap()
}

fn subtitles(transcript: Value, params: &str) -> Heard {
    run("Subtitles", params, vec![vec![transcript]])
}

#[test]
fn every_format_and_layout_is_written_byte_for_byte_as_openai_whisper_does() {
    let golden = golden();
    let cases = golden.get("cases").and_then(Value::items).unwrap();
    assert!(cases.len() >= 60, "{} cases", cases.len());
    for case in cases {
        let name = case.get("transcript").and_then(Value::as_text).unwrap();
        let transcript = golden.get("transcripts").and_then(|it| it.get(name)).unwrap().clone();
        let params = case.get("params").unwrap().to_json();
        let heard = subtitles(transcript, &params);
        let [output] = &heard.outputs[..] else { panic!("{name} {params}: {:?}", heard.failure) };
        assert_eq!(output.value.get("text"), case.get("text"), "{name} {params}");
    }
}

#[track_caller]
fn check(params: &str, mime: &str, extension: &str) {
    let heard = subtitles(Value::from_json(r#"{"segments":[]}"#).unwrap(), params);
    let file = &heard.outputs[0].value;
    let text = |key| file.get(key).and_then(Value::as_text);
    assert_eq!((text("mime"), text("extension")), (Some(mime), Some(extension)));
}

#[test]
fn a_file_comes_with_its_type_and_extension() {
    check("{}", "application/x-subrip", "srt");
    check(r#"{"format":"vtt"}"#, "text/vtt", "vtt");
    check(r#"{"format":"txt"}"#, "text/plain", "txt");
    check(r#"{"format":"tsv"}"#, "text/tab-separated-values", "tsv");
    check(r#"{"format":"json"}"#, "application/json", "json");
}

#[track_caller]
fn check_warning(transcript: &str, params: &str, expected: &[&str]) {
    let transcript = golden().get("transcripts").and_then(|it| it.get(transcript)).unwrap().clone();
    let heard = run("Subtitles", params, vec![vec![transcript.clone()], vec![transcript]]);
    assert_eq!((heard.warnings, heard.outputs.len()), (expected.iter().map(|it| (*it).into()).collect(), 2));
}

#[test]
fn what_is_asked_for_in_vain_is_said_once() {
    check_warning("plain", "{}", &[]);
    check_warning("words", r#"{"max_line_width":20,"max_line_count":2,"highlight_words":true}"#, &[]);
    check_warning(
        "plain",
        r#"{"highlight_words":true}"#,
        &["lines cannot be broken nor words underlined: the transcript has no times of words"],
    );
    check_warning(
        "words",
        r#"{"format":"txt","max_words_per_line":2}"#,
        &["lines are broken and words underlined in `srt` and `vtt` only"],
    );
    check_warning(
        "words",
        r#"{"max_line_count":2}"#,
        &["`max_line_count` has no effect without `max_line_width`"],
    );
    check_warning(
        "words",
        r#"{"max_line_width":20,"max_line_count":2,"max_words_per_line":2}"#,
        &["`max_words_per_line` has no effect with `max_line_width` and `max_line_count`"],
    );
}

#[test]
fn what_is_no_transcript_is_refused_with_the_reason() {
    let failure = subtitles(Value::Text("hello".into()), "{}").failure.unwrap();
    assert_eq!(failure.1, "expected a transcript, found text");
}
