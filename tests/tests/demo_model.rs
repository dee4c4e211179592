//! Speech that the demo model knows, through all the nodes: files in, what was said out.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]
use protocol::{Buffer, Bytes, ModelFile, ModelFiles, RunEvent, Value};
use tests::Page;

const FOLDER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../whisper/demo-model");

fn read(path: &str) -> Buffer {
    let path = format!("{FOLDER}/{path}");
    Buffer::from_bytes(std::fs::read(&path).unwrap_or_else(|error| panic!("{path}: {error}")))
}

fn model(files: &[&str]) -> ModelFiles {
    let name = |path: &str| path.rsplit('/').next().unwrap_or(path).to_owned();
    let file = |path: &&str| ModelFile { name: name(path), data: read(path) };
    ModelFiles { files: files.iter().map(file).collect(), note: None }
}

fn page() -> Page {
    let mut page = Page::default();
    let files = [
        "config.json",
        "generation_config.json",
        "preprocessor_config.json",
        "tokenizer.json",
        "model.safetensors",
    ];
    let files = files.map(|name| format!("hf/{name}"));
    page.models.insert("demo".into(), model(&files.each_ref().map(String::as_str)));
    page
}

fn file(name: &str) -> Value {
    let data = read(&format!("recordings/{name}"));
    Value::Bytes(Bytes { mime: None, name: Some(name.into()), data })
}

fn said(name: &str) -> Value {
    let name = name.split('.').next().unwrap();
    let text = String::from_utf8(read(&format!("recordings/{name}.json")).bytes().unwrap().into_owned());
    Value::from_json(&text.unwrap()).unwrap()
}

/// Decoding, speech with these parameters, and subtitles if asked for.
fn manifest(params: &str, subtitles: &str) -> String {
    let nodes = r#"{"id":"decode","node_type":"AudioDecode"},{"id":"speech","node_type":"Whisper","params":"#;
    let edges = r#"{"from":"decode","to":"speech"}"#;
    let (node, edge) = if subtitles.is_empty() {
        (String::new(), "")
    } else {
        let node = format!(r#",{{"id":"file","node_type":"Subtitles","params":{subtitles}}}"#);
        (node, r#",{"from":"speech","to":"file"}"#)
    };
    format!(r#"{{"version":"v1","nodes":[{nodes}{params}}}{node}],"connections":[{edges}{edge}]}}"#)
}

fn transcribe(page: &mut Page, params: &str, files: &[Value]) -> Vec<Value> {
    page.run(&manifest(params, ""), Some(files)).outputs()
}

fn text(value: &Value) -> String {
    value.get("text").and_then(Value::as_text).unwrap().trim().to_owned()
}

fn segments(value: &Value) -> Vec<Value> {
    value.get("segments").and_then(Value::items).unwrap()
}

fn time(value: &Value, key: &str) -> f64 {
    value.get(key).and_then(Value::as_f64).unwrap()
}

fn words(text: &str) -> Vec<String> {
    let kept = |letter: &char| letter.is_alphanumeric() || *letter == '\'';
    text.split_whitespace().map(|word| word.chars().filter(kept).collect::<String>().to_lowercase()).collect()
}

/// Words that are wrong, missing or too many.
fn errors(found: &[String], expected: &[String]) -> usize {
    let mut row: Vec<usize> = (0..=expected.len()).collect();
    for (i, word) in found.iter().enumerate() {
        let mut diagonal = std::mem::replace(&mut row[0], i + 1);
        for (j, other) in expected.iter().enumerate() {
            let replaced = diagonal + usize::from(word != other);
            diagonal = row[j + 1];
            row[j + 1] = replaced.min(row[j] + 1).min(diagonal + 1);
        }
    }
    row[expected.len()]
}

/// Wrong words of a recording, of how many.
fn mistakes(name: &str, transcript: &Value) -> (usize, usize) {
    let (found, expected) = (words(&text(transcript)), words(&text(&said(name))));
    (errors(&found, &expected), expected.len())
}

/// Recordings of voices that the model knows.
const KNOWN: [&str; 5] = ["command.wav", "date-time.wav", "numbers.wav", "noisy.wav", "long.wav"];

#[test]
fn recordings_become_what_was_said_in_them() {
    let transcripts = transcribe(&mut page(), "{}", &KNOWN.map(file));
    let counts = KNOWN.iter().zip(&transcripts).map(|(name, it)| mistakes(name, it));
    let (wrong, all) = counts.fold((0, 0), |sum, it| (sum.0 + it.0, sum.1 + it.1));
    assert!(wrong * 20 <= all, "{wrong} of {all} words: {transcripts:?}");
    for (name, transcript) in KNOWN.iter().zip(&transcripts) {
        let seconds = time(&said(name), "seconds");
        assert!((time(transcript, "audio_duration") - seconds).abs() < 0.01, "{name}");
        assert_eq!(transcript.get("language").and_then(Value::as_text), Some("en"), "{name}");
    }
}

#[test]
fn voices_never_heard_are_understood_mostly_in_stereo_too() {
    let names = ["unknown-voice.wav", "stereo.flac"];
    for (name, transcript) in names.iter().zip(transcribe(&mut page(), "{}", &names.map(file))) {
        let (wrong, all) = mistakes(name, &transcript);
        assert!(wrong * 4 <= all, "{name}: {}", text(&transcript));
    }
}

#[test]
fn sentences_across_the_border_of_a_window_come_out_once_and_in_time() {
    let transcript = transcribe(&mut page(), r#"{"language":"en"}"#, &[file("long.wav")]).remove(0);
    let (found, expected) = (segments(&transcript), segments(&said("long.wav")));
    assert!(found.len().abs_diff(expected.len()) <= 2, "{} segments of {}", found.len(), expected.len());
    let mut last = 0.0;
    let mut close = 0;
    for segment in &found {
        let (start, end) = (time(segment, "start"), time(segment, "end"));
        assert!(last <= start && start <= end && end <= time(&transcript, "audio_duration"));
        last = end;
        close += usize::from(expected.iter().any(|it| (time(it, "start") - start).abs() < 0.5));
    }
    assert!(close * 10 >= found.len() * 8, "{close} of {} begin where they are said", found.len());
}

#[test]
fn both_formats_of_the_model_give_the_same_text() {
    let mut page = page();
    page.models.insert("demo-ggml".into(), model(&["ggml-demo.bin"]));
    let files = [file("command.wav"), file("noisy.wav")];
    let [a, b] = ["demo", "demo-ggml"].map(|name| {
        let params = format!(r#"{{"model":"{name}","temperature":0}}"#);
        transcribe(&mut page, &params, &files).iter().map(text).collect::<Vec<_>>()
    });
    assert_eq!(a, b);
}

#[test]
fn words_lie_within_the_recording_one_after_another_and_make_its_text() {
    let transcript = transcribe(&mut page(), r#"{"timestamps":"word"}"#, &[file("noisy.wav")]).remove(0);
    let mut last = 0.0;
    for segment in segments(&transcript) {
        let words = segment.get("words").and_then(Value::items).unwrap();
        let joined: String =
            words.iter().map(|it| it.get("word").and_then(Value::as_text).unwrap()).collect();
        assert_eq!(joined.trim(), text(&segment));
        for word in words {
            let (start, end) = (time(&word, "start"), time(&word, "end"));
            assert!(last <= start && start <= end, "{}", word.to_json());
            last = end;
        }
    }
    assert!(last > 0.0 && last <= time(&transcript, "audio_duration"));
}

#[test]
fn subtitles_and_partial_texts_say_what_the_transcript_says() {
    let outcome = page().run(&manifest("{}", r#"{"format":"txt"}"#), Some(&[file("command.wav")]));
    let finals = outcome.events.iter().filter_map(|event| match event {
        RunEvent::Partial { value, .. } => {
            let value = value.unpack().unwrap().remove(0);
            (value.get("final") == Some(&Value::Bool(true))).then(|| text(&value))
        }
        _ => None,
    });
    let lines: Vec<String> = finals.collect();
    let file = outcome.outputs().remove(0);
    assert_eq!(text(&file), lines.join("\n"));
    assert_eq!(lines, [text(&said("command.wav"))]);
}

#[test]
fn noise_says_nothing() {
    let mut seed = 1u64;
    let mut sample = || {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        ((seed >> 40) as f32 / (1 << 23) as f32 - 1.0) * 0.05
    };
    let samples = Buffer::from_f32((0..12 * 16_000).map(|_| sample()).collect());
    let noise = Value::Audio(protocol::Audio { sample_rate: 16_000, channels: 1, samples });
    assert_eq!(text(&transcribe(&mut page(), "{}", &[noise])[0]), "");
}
