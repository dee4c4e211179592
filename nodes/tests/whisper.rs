//! `Whisper` as a node: parts, formats, recordings, runs side by side; with a model that understands nothing.
#![cfg(feature = "media")]
#![allow(clippy::unwrap_used, reason = "a test that meets nothing where something must be has failed")]
#[path = "support/speech.rs"]
mod speech;
mod support;

use std::any::Any;
use std::cell::Cell;
use std::rc::Rc;

use protocol::{Audio, Buffer, ByteSource, Code, ReadError, Value};
use speech::{Bench, Counted, files};
use support::Sound;

/// Likeliest text, language given: the shortest way.
const PLAIN: &str = r#"{"temperature":0,"language":"en","vad":false}"#;

/// Tones that come and go, not the same at any two times.
fn sample(at: usize, rate: u32) -> f32 {
    let t = at as f64 / f64::from(rate);
    let tone = |hz: f64| (std::f64::consts::TAU * hz * t).sin();
    (0.3 * tone(200.0 + 40.0 * t) * tone(3.0) + 0.1 * tone(1700.0) * tone(0.7)) as f32
}

fn sound(seconds: f64, rate: u32, channels: u16) -> Sound {
    let frames = (seconds * f64::from(rate)).round() as usize;
    let samples = (0..frames).flat_map(|at| std::iter::repeat_n(sample(at, rate), channels.into()));
    Sound { rate, channels, samples: samples.collect() }
}

fn model(seed: u64) -> Value {
    files(seed).to_value(&format!("random {seed}"))
}

/// A bench whose run 1 has transcribed these recordings, each in parts.
fn transcribed(params: &str, recordings: Vec<Vec<Value>>) -> Bench {
    let mut bench = Bench::new();
    bench.open(1, params, model(7));
    recordings.into_iter().for_each(|parts| bench.give(1, parts));
    bench.finish();
    assert_eq!(bench.of(1).failure, None);
    bench
}

fn transcript(params: &str, recording: Vec<Value>) -> Value {
    transcribed(params, vec![recording]).said.remove(&1).unwrap().transcripts.remove(0)
}

fn seconds(transcript: &Value) -> f64 {
    transcript.get("audio_duration").and_then(Value::as_f64).unwrap()
}

fn segments(transcript: &Value) -> Vec<Value> {
    transcript.get("segments").and_then(Value::items).unwrap()
}

#[test]
fn how_a_recording_is_cut_into_parts_makes_no_difference() {
    let recording = sound(40.0, 22_050, 1);
    let whole = transcript(PLAIN, recording.parts(usize::MAX / 2));
    assert!(segments(&whole).len() > 1, "{}", whole.to_json());
    assert!((seconds(&whole) - 40.0).abs() < 0.001);
    assert_eq!(transcript(PLAIN, recording.parts(1000)), whole);
    let mut parts = recording.parts(700_001);
    parts.push(Value::Null);
    assert_eq!(transcript(PLAIN, parts), whole, "the end of a stream may hold nothing");
}

#[test]
fn channels_are_mixed_and_every_rate_is_heard() {
    for rate in [8000, 16_000, 44_100, 48_000] {
        let mono = transcript(PLAIN, sound(3.0, rate, 1).parts(10_000));
        let stereo = transcript(PLAIN, sound(3.0, rate, 2).parts(10_000));
        assert_eq!(mono, stereo, "{rate} Hz");
        assert!((seconds(&mono) - 3.0).abs() < 0.001, "{rate} Hz");
        assert!(!segments(&mono).is_empty(), "{rate} Hz");
    }
}

#[test]
fn each_recording_has_its_own_transcript_and_progress_counts_on() {
    let lengths = [2.0, 35.0, 1.0];
    let parts: Vec<Vec<Value>> = lengths.iter().map(|it| sound(*it, 16_000, 1).parts(8000)).collect();
    let alone: Vec<Value> = parts.iter().map(|it| transcript(PLAIN, it.clone())).collect();
    let bench = transcribed(PLAIN, parts);
    let said = bench.of(1);
    assert_eq!(said.transcripts, alone);
    assert!(said.progress.is_sorted_by(|a, b| a.0 <= b.0), "{:?}", said.progress);
    for ends in [2.0, 37.0, 38.0] {
        assert!(said.progress.contains(&(ends, Some(ends))), "{ends} in {:?}", said.progress);
    }
    // Of a recording that comes in parts nobody here knows the length before its end.
    assert_eq!(said.progress[0], (0.0, None));
    let whole = transcribed(PLAIN, vec![sound(35.0, 16_000, 1).parts(1 << 30)]);
    assert_eq!(whole.of(1).progress[0], (0.0, Some(35.0)));
}

#[test]
fn each_segment_is_told_as_final_once_and_in_order() {
    let bench = transcribed(PLAIN, vec![sound(65.0, 16_000, 1).parts(16_000)]);
    let said = bench.of(1);
    let of = |it: &Value, key: &str| it.get(key).cloned().unwrap();
    let is_final = |it: &&Value| of(it, "final") == Value::Bool(true);
    let finals: Vec<Value> = said.partials.iter().filter(is_final).cloned().collect();
    let shown = |it: &Value| ["id", "start", "end", "text"].map(|key| of(it, key).to_json());
    let expected: Vec<_> = segments(&said.transcripts[0]).iter().map(shown).collect();
    assert_eq!(finals.iter().map(shown).collect::<Vec<_>>(), expected);
    assert!(said.partials.len() > finals.len(), "text is told before it is final");
    let mut over = -1.0;
    for partial in &said.partials {
        let id = of(partial, "id").as_f64().unwrap();
        assert!(id > over, "segment {id} was final");
        over = if is_final(&partial) { id } else { over };
    }
}

#[test]
fn two_transcriptions_at_once_do_not_mix() {
    let (a, b) = (sound(33.0, 16_000, 1).parts(9000), sound(31.0, 44_100, 2).parts(50_000));
    let alone = [transcript(PLAIN, a.clone()), transcript(PLAIN, b.clone())];
    let mut bench = Bench::new();
    bench.open(1, PLAIN, model(7));
    bench.open(2, PLAIN, model(7));
    bench.give(1, a);
    bench.give(2, b);
    while bench.of(1).transcripts.is_empty() && bench.of(2).transcripts.is_empty() {
        bench.step();
    }
    let turns = [1, 2].map(|run| bench.of(run).turns);
    assert!(turns[0].abs_diff(turns[1]) <= 1, "they take turns: {turns:?}");
    bench.finish();
    assert_eq!([1, 2].map(|run| bench.of(run).transcripts[0].clone()), alone);
}

#[test]
fn a_run_that_is_closed_in_the_middle_works_no_more_and_spoils_nothing() {
    let recording = sound(20.0, 16_000, 1).parts(9000);
    let alone = transcript(PLAIN, recording.clone());
    let turns = transcribed(PLAIN, vec![recording.clone()]).of(1).turns;
    assert!(turns > 20, "{turns} turns");
    for at in [1, 3, turns / 2, turns - 2] {
        let mut bench = Bench::new();
        bench.open(1, PLAIN, model(7));
        bench.give(1, recording.clone());
        (0..at).for_each(|_| _ = bench.step());
        bench.close(1);
        assert!(!bench.step());
        assert_eq!((bench.of(1).turns, bench.of(1).transcripts.len()), (at, 0));
        bench.open(2, PLAIN, model(7));
        bench.give(2, recording.clone());
        bench.finish();
        assert_eq!(bench.of(2).transcripts, std::slice::from_ref(&alone), "closed after turn {at}");
    }
}

#[test]
fn silent_short_and_empty_recordings_have_transcripts_too() {
    let quiet =
        |seconds: f64| Sound { samples: vec![0.0; (seconds * 16_000.0) as usize], ..sound(0.0, 16_000, 1) };
    for (recording, length) in [
        (quiet(0.0).value(), 0.0),
        (quiet(0.1).value(), 0.1),
        (quiet(70.0).value(), 70.0),
        (sound(0.1, 48_000, 2).value(), 0.1),
    ] {
        let bench = transcribed(r#"{"temperature":0}"#, vec![vec![recording]]);
        let said = bench.of(1);
        assert_eq!(seconds(&said.transcripts[0]), length);
        assert_eq!(said.progress.last(), Some(&(length, Some(length))));
        for segment in segments(&said.transcripts[0]) {
            let time = |key| segment.get(key).and_then(Value::as_f64).unwrap();
            assert!(time("start") <= time("end") && time("end") <= length, "{}", segment.to_json());
        }
    }
    assert!(segments(&transcript(r#"{"temperature":0}"#, vec![quiet(70.0).value()])).is_empty());
}

#[test]
fn the_language_is_found_and_told_once_for_each_recording() {
    let params = r#"{"temperature":0,"vad":false}"#;
    let bench =
        transcribed(params, vec![sound(35.0, 16_000, 1).parts(16_000), sound(1.0, 16_000, 1).parts(99_999)]);
    let said = bench.of(1);
    let code = said.transcripts[0].get("language").and_then(Value::as_text).unwrap();
    assert_eq!(said.logs.len(), 2, "{:?}", said.logs);
    assert!(said.logs[0].starts_with(&format!("the language is {code} (")), "{}", said.logs[0]);
}

/// Sound that exists only as far as it is read.
struct Endless {
    frames: u64,
}

impl ByteSource for Endless {
    fn size(&self) -> u64 {
        self.frames * 4
    }
    fn read_at(&self, offset: u64, out: &mut [u8]) -> Result<usize, ReadError> {
        let count = (self.size() - offset.min(self.size())).min(out.len() as u64) as usize;
        for (at, bytes) in out[..count].chunks_exact_mut(4).enumerate() {
            bytes.copy_from_slice(&sample(offset as usize / 4 + at, 16_000).to_le_bytes());
        }
        Ok(count)
    }
    fn as_any(&self) -> &dyn Any {
        self
    }
}

#[test]
fn a_long_recording_is_read_as_it_is_heard_and_never_held() {
    let read = Rc::new(Cell::new(0));
    let length = 300.0;
    let bytes = Box::new(Endless { frames: (length * 16_000.0) as u64 });
    let samples = Buffer::new(Counted { bytes, read: read.clone() });
    let mut bench = Bench::new();
    bench.open(1, PLAIN, model(7));
    bench.give(1, vec![Value::Audio(Audio { sample_rate: 16_000, channels: 1, samples })]);
    let mut most: f64 = 0.0;
    while bench.step() {
        let done = bench.of(1).progress.last().map_or(0.0, |it| it.0);
        most = most.max(read.get() as f64 / 64_000.0 - done);
    }
    // One window of half a minute, and what one turn takes.
    assert!(most > 0.0 && most < 34.0, "{most} s were held");
    assert_eq!(seconds(&bench.of(1).transcripts[0]), length);
}

#[test]
fn a_model_is_loaded_once_for_all_that_name_it_and_again_after_another() {
    let read = Rc::new(Cell::new(0));
    let counted = |seed: u64| {
        let mut files = files(seed);
        for file in &mut files.files {
            let bytes = Box::new(file.data.bytes().unwrap().into_owned());
            file.data = Buffer::new(Counted { bytes, read: read.clone() });
        }
        files.to_value(&format!("counted {seed}"))
    };
    let mut bench = Bench::new();
    let mut transcribe = |run: u32, model: Value| {
        let before = read.get();
        bench.open(run, PLAIN, model);
        bench.give(run, sound(0.5, 16_000, 1).parts(99_999));
        bench.finish();
        bench.close(run);
        read.get() - before
    };
    let (first, again) = (transcribe(1, counted(7)), transcribe(2, counted(7)));
    let (other, back) = (transcribe(3, counted(8)), transcribe(4, counted(7)));
    assert!(first > 100_000 && other > 100_000, "{first}, {other}");
    assert_eq!((again, back), (0, first));
}

#[track_caller]
fn check_error(params: &str, model: Value, parts: Vec<Value>, code: Code, expected: &str) {
    let mut bench = Bench::new();
    bench.open(1, params, model);
    bench.give(1, parts);
    bench.finish();
    let (found, message) = bench.of(1).failure.clone().unwrap();
    assert_eq!(found, code, "{message}");
    assert!(message.contains(expected), "{message}");
}

#[test]
fn what_cannot_be_done_is_refused_with_the_reason() {
    let second = || sound(1.0, 16_000, 1).parts(99_999);
    let broken = |name: &str, keep: usize| {
        let mut files = files(7);
        let file = files.files.iter_mut().find(|file| file.name == name).unwrap();
        let bytes = file.data.bytes().unwrap()[..keep].to_vec();
        file.data = Buffer::from_bytes(bytes);
        files.to_value("broken")
    };
    let rejected = Code::ModelRejected;
    check_error(
        PLAIN,
        broken("model.safetensors", 5000),
        second(),
        rejected,
        "model `broken`: model.safetensors is truncated",
    );
    check_error(PLAIN, broken("config.json", 0), second(), rejected, "model `broken`: config.json");
    let mut few = files(7);
    few.files.retain(|file| file.name != "tokenizer.json");
    check_error(PLAIN, few.to_value("few"), second(), rejected, "model `few`: tokenizer.json is missing");
    check_error(
        PLAIN,
        Value::Text("tiny".into()),
        second(),
        Code::NodeFailed,
        "`model` is text; expected the files of a model",
    );
    check_error(
        r#"{"language":"Klingon"}"#,
        model(7),
        second(),
        Code::NodeFailed,
        "the language is Klingon; the model knows en, ",
    );
    let mut parts = second();
    parts.extend(sound(1.0, 8000, 1).parts(99_999));
    check_error(
        PLAIN,
        model(7),
        parts,
        Code::NodeFailed,
        "a recording of 16000 Hz with 1 channel goes on as one of 8000 Hz",
    );
    check_error(
        PLAIN,
        model(7),
        vec![Value::Text("x".into())],
        Code::NodeFailed,
        "expected audio, found text",
    );
}
