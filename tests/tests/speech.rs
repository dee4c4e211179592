//! Files to subtitles, natively: decoding, resampling, speech and subtitles in two workers.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]
use protocol::{Buffer, Bytes, Code, ModelFile, ModelFiles, RunEvent, Value};
use tests::{Outcome, Page};
use whisper::weights::testing::{Kind, hugging_face};
use whisper::weights::{Checkpoint, Dims};

/// A model that understands nothing, and always the same.
fn model() -> ModelFiles {
    let dims = Dims {
        n_mels: 80,
        n_audio_ctx: 1500,
        n_audio_state: 16,
        n_audio_head: 2,
        n_audio_layer: 1,
        n_vocab: 1800,
        n_text_ctx: 64,
        n_text_state: 16,
        n_text_head: 2,
        n_text_layer: 2,
    };
    let checkpoint = Checkpoint::random(dims, 7).unwrap();
    let files = hugging_face(&checkpoint, Kind::F32, 1).unwrap();
    let file = |(name, bytes)| ModelFile { name, data: Buffer::from_bytes(bytes) };
    ModelFiles { files: files.into_iter().map(file).collect(), note: None }
}

fn page() -> Page {
    let mut page = Page::default();
    page.models.insert("random".into(), model());
    page
}

/// A WAV file of two channels: tones that come and go.
fn wav(seconds: u32, rate: u32) -> Value {
    let frames = seconds * rate;
    let head = [*b"RIFF", (36 + frames * 4).to_le_bytes(), *b"WAVE", *b"fmt ", 16u32.to_le_bytes()];
    let mut bytes = head.as_flattened().to_vec();
    [1u16, 2].iter().for_each(|it| bytes.extend(it.to_le_bytes()));
    [rate, rate * 4].iter().for_each(|it| bytes.extend(it.to_le_bytes()));
    [4u16, 16].iter().for_each(|it| bytes.extend(it.to_le_bytes()));
    bytes.extend([*b"data", (frames * 4).to_le_bytes()].as_flattened());
    for at in 0..frames {
        let t = f64::from(at) / f64::from(rate);
        let tone = |hz: f64| (std::f64::consts::TAU * hz * t).sin();
        let (left, right) = (tone(200.0 + 40.0 * t) * tone(3.0), tone(1700.0) * tone(0.7));
        [left, right].iter().for_each(|it| bytes.extend(((it * 9000.0) as i16).to_le_bytes()));
    }
    Value::Bytes(Bytes { mime: None, name: Some("tones.wav".into()), data: Buffer::from_bytes(bytes) })
}

const WHISPER: &str = r#"{"id":"speech","node_type":"Whisper","params":{"model":"random","language":"en","temperature":0,"vad":false}}"#;

/// Nodes one after another, each as in a manifest.
fn chain(nodes: &[&str]) -> String {
    let ids = nodes.iter().map(|node| Value::from_json(node).unwrap().get("id").unwrap().to_json());
    let ids: Vec<String> = ids.collect();
    let edges: Vec<String> =
        ids.windows(2).map(|it| format!(r#"{{"from":{},"to":{}}}"#, it[0], it[1])).collect();
    format!(r#"{{"version":"v1","nodes":[{}],"connections":[{}]}}"#, nodes.join(","), edges.join(","))
}

fn to_subtitles() -> String {
    chain(&[
        r#"{"id":"decode","node_type":"AudioDecode"}"#,
        r#"{"id":"resample","node_type":"AudioResample","params":{"channels":1}}"#,
        WHISPER,
        r#"{"id":"subtitles","node_type":"Subtitles"}"#,
    ])
}

/// What was told of the progress of a node: done, total, fraction.
fn progress(outcome: &Outcome, id: &str) -> Vec<(f64, Option<f64>, Option<f64>)> {
    let told = outcome.events.iter().filter_map(|event| match event {
        RunEvent::Progress { node, done, total, fraction, .. } if node == id => {
            Some((*done, *total, *fraction))
        }
        _ => None,
    });
    told.collect()
}

#[track_caller]
fn check_fractions(outcome: &Outcome, id: &str) {
    let told = progress(outcome, id);
    let fractions: Vec<f64> = told.iter().filter_map(|it| it.2).collect();
    assert!(fractions.is_sorted(), "{id}: {fractions:?}");
    assert_eq!(fractions.last(), Some(&1.0), "{id}");
}

#[test]
fn a_file_becomes_the_subtitles_of_its_transcript() {
    let file = || vec![wav(40, 44_100)];
    let transcript = page()
        .run(&chain(&[r#"{"id":"decode","node_type":"AudioDecode"}"#, WHISPER]), Some(&file()))
        .outputs();
    let [transcript] = &transcript[..] else { panic!("{transcript:?}") };
    let segments = transcript.get("segments").and_then(Value::items).unwrap();
    assert!(segments.len() > 1 && transcript.get("audio_duration") == Some(&Value::Int(40)));
    let alone = chain(&[r#"{"id":"subtitles","node_type":"Subtitles"}"#]);
    let expected = page().run(&alone, Some(std::slice::from_ref(transcript))).outputs();
    let outcome = page().run(&to_subtitles(), Some(&file()));
    for id in ["decode", "resample", "speech", "subtitles"] {
        check_fractions(&outcome, id);
    }
    // Half of the recording's first minute is decided while the rest is not: the source knows how long it is.
    let told = progress(&outcome, "speech");
    assert!(told.iter().any(|it| it.0 < 40.0 && it.1 == Some(40.0) && it.2.is_some()), "{told:?}");
    assert_eq!(told.last(), Some(&(40.0, Some(40.0), Some(1.0))));
    let partials = outcome.events.iter().filter(|it| matches!(it, RunEvent::Partial { .. })).count();
    assert!(partials >= segments.len(), "{partials} partial texts");
    let outputs = outcome.outputs();
    assert_eq!(outputs, expected);
    let text = outputs[0].get("text").and_then(Value::as_text).unwrap();
    assert!(text.starts_with("1\n00:00:00,"), "{text}");
    assert_eq!(text.matches(" --> ").count(), segments.len());
}

#[test]
fn three_files_become_three_transcripts_in_their_order() {
    let files: Vec<Value> = [3, 32, 1].map(|seconds| wav(seconds, 16_000)).into();
    let outcome = page().run(&to_subtitles(), Some(&files));
    let total = progress(&outcome, "speech").last().copied();
    assert_eq!(total, Some((36.0, Some(36.0), Some(1.0))));
    check_fractions(&outcome, "speech");
    let alone: Vec<Value> = files
        .iter()
        .map(|file| page().run(&to_subtitles(), Some(std::slice::from_ref(file))).outputs().remove(0))
        .collect();
    assert_eq!(outcome.outputs(), alone);
}

#[test]
fn two_transcripts_of_one_file_are_made_side_by_side() {
    let other = WHISPER.replace("speech", "other");
    let manifest = format!(
        r#"{{"version":"v1","nodes":[{{"id":"decode","node_type":"AudioDecode"}},{WHISPER},{other}],
            "connections":[{{"from":"decode","to":"speech"}},{{"from":"decode","to":"other"}}]}}"#
    );
    let outputs = page().run(&manifest, Some(&[wav(35, 16_000)])).outputs();
    assert_eq!(outputs.len(), 2);
    assert_eq!(outputs[0], outputs[1]);
}

#[test]
fn a_manifest_of_the_original_runs_with_its_own_names() {
    let node = r#"{"id":"speech","node_type":"RustWhisperTranscriber","params":{"model_path":"random","n_threads":4,"language":"en","temperature":0}}"#;
    let samples = vec![Value::Float(0.25); 1600];
    let pair = Value::List(vec![Value::List(samples), Value::Int(16_000)]);
    let outcome = page().run(&chain(&[node]), Some(&[pair]));
    let logs = outcome.events.iter().filter_map(|event| match event {
        RunEvent::Log { message, .. } => Some(message.as_str()),
        _ => None,
    });
    let logs: Vec<_> = logs.collect();
    assert_eq!(
        logs,
        [
            "RustWhisperTranscriber: parameter `n_threads` has no effect here: threads are chosen by the runtime"
        ]
    );
    assert_eq!(outcome.outputs()[0].get("audio_duration"), Some(&Value::Float(0.1)));
}

#[test]
fn a_model_that_is_none_ends_the_run_with_the_reason() {
    let mut page = page();
    let file =
        ModelFile { name: "ggml-tiny.bin".into(), data: Buffer::from_bytes(b"<!doctype html>".to_vec()) };
    page.models.insert("random".into(), ModelFiles { files: vec![file], note: None });
    let fault = page.run(&chain(&[WHISPER]), Some(&[wav_as_audio()])).fault();
    assert_eq!((fault.code, fault.node.as_deref()), (Code::ModelRejected, Some("speech")));
    assert!(fault.message.contains("model `random`: ggml-tiny.bin is no model file"), "{}", fault.message);
}

fn wav_as_audio() -> Value {
    let samples = Buffer::from_f32(vec![0.1; 1600]);
    Value::Audio(protocol::Audio { sample_rate: 16_000, channels: 1, samples })
}
