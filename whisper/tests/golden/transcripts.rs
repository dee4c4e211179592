//! Recordings → segments and words, with the options of each case, at temperature 0.
//!
//! What differs by intent, and is made up for here:
//!
//! - The engine leaves out segments without text or length, which the reference leaves empty.
//! - The reference scales the sound by the loudest moment of the whole recording, a stream by the loudest so far. The golden
//!   files are of a reference that hears the stream (`tests/reference/hearing.py`); a case's `whole` says what knowing the
//!   whole recording would change: nothing in the long recording; a word or two where it begins 42 dB quieter than it ends.
//! - The engine keeps times inside the recording, whatever the model says.
//! - Long silence is heard, as in the reference: `vad` is off.
use std::rc::Rc;

use serde::Deserialize;
use whisper::audio::LogMel;
use whisper::model::Model;
use whisper::transcribe::{Options, Segment, SpeechModel, Step, Task, Timestamps, Transcriber, Transcript};

use crate::files::{cases, demo_checkpoint, load};
use crate::signals::{Part, make};

/// In seconds: one timestamp.
const TIME_BOUND: f64 = 0.02 + 1e-9;
const LOGPROB_BOUND: f64 = 1e-3;
const PROBABILITY_BOUND: f64 = 2e-3;
/// Share of the ratio: what cannot be compressed one compressor keeps as it is, the other not quite. That is text of a few
/// words; a ratio above 1 is met to 0.01.
const RATIO_BOUND: f64 = 0.08;

#[derive(Deserialize)]
struct Case {
    name: String,
    signal: Vec<Part>,
    options: Asked,
    language: String,
    segments: Vec<Expected>,
}

/// Options by the reference's names.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Asked {
    #[serde(default = "english")]
    language: Option<String>,
    task: Option<String>,
    beam_size: Option<usize>,
    patience: Option<f32>,
    length_penalty: Option<f32>,
    #[serde(default)]
    word_timestamps: bool,
    #[serde(default)]
    without_timestamps: bool,
    condition_on_previous_text: Option<bool>,
    initial_prompt: Option<String>,
    no_speech_threshold: Option<f32>,
    logprob_threshold: Option<f32>,
    compression_ratio_threshold: Option<f32>,
}

fn english() -> Option<String> {
    Some("en".to_owned())
}

#[derive(Deserialize)]
struct Expected {
    text: String,
    tokens: Vec<u32>,
    temperature: f32,
    start: f64,
    end: f64,
    avg_logprob: f64,
    compression_ratio: f64,
    no_speech_prob: f64,
    words: Option<Vec<ExpectedWord>>,
}

#[derive(Deserialize)]
struct ExpectedWord {
    word: String,
    start: f64,
    end: f64,
    probability: f64,
}

#[derive(Deserialize)]
struct Fallback {
    name: String,
    signal: Vec<Part>,
    options: Asked,
    /// Whether the text found at temperature 0 is not good enough.
    again: bool,
}

impl Asked {
    fn options(self) -> Options {
        let all = Options::default();
        let timestamps = match (self.without_timestamps, self.word_timestamps) {
            (true, _) => Timestamps::None,
            (false, true) => Timestamps::Word,
            (false, false) => Timestamps::Segment,
        };
        Options {
            language: self.language,
            task: if self.task.as_deref() == Some("translate") { Task::Translate } else { Task::Transcribe },
            timestamps,
            beam_size: self.beam_size.unwrap_or(1),
            patience: self.patience,
            length_penalty: self.length_penalty,
            condition_on_previous_text: self.condition_on_previous_text.unwrap_or(true),
            initial_prompt: self.initial_prompt,
            no_speech_threshold: self.no_speech_threshold.or(all.no_speech_threshold),
            logprob_threshold: self.logprob_threshold.or(all.logprob_threshold),
            compression_ratio_threshold: self.compression_ratio_threshold.or(all.compression_ratio_threshold),
            vad: false,
            ..all
        }
    }
}

#[test]
fn short_recordings_are_written_as_the_reference_writes_them() {
    check(|name| !name.starts_with("long"));
}

#[test]
fn a_long_recording_is_written_as_the_reference_writes_it() {
    check(|name| name.starts_with("long"));
}

/// Where the reference, which hears the silence first, loses the beginning (the case `across the border`).
#[test]
fn a_sentence_across_the_border_comes_out_once() {
    let model = Rc::new(load(demo_checkpoint()));
    let silence = Part::Silence { silence: 28 * 16_000 };
    let command = Part::Recording { recording: "command.wav".to_owned(), from: 0, to: None, gain: 1.0 };
    let found = transcribe(&model, &make(&[silence, command]), Options::default());
    assert_eq!(found.text, " Set the timer for six hundred and forty three minutes.");
    let ends: Vec<f64> = found.segments.iter().map(|it| it.end).collect();
    assert!(ends.len() == 1 && (ends[0] - 32.06).abs() < 0.1, "it ends at 32.06 s, not {ends:?}");
}

#[test]
fn poor_text_is_decoded_again_and_good_text_is_not() {
    let model = Rc::new(load(demo_checkpoint()));
    for Fallback { name, signal, options, again } in cases("fallback.json") {
        let found = transcribe(&model, &make(&signal), options.options());
        assert!(again || !found.segments.is_empty(), "{name}: no segments");
        for segment in found.segments {
            assert_eq!(segment.temperature > 0.0, again, "{name}: decoded at {}", segment.temperature);
        }
    }
}

pub(crate) fn transcribe(model: &Rc<Model>, samples: &[f32], options: Options) -> Transcript {
    let log_mel = LogMel::new(model.dims().n_mels, None);
    let mut transcriber = Transcriber::new(model.clone(), log_mel, options).unwrap();
    transcriber.push(samples);
    transcriber.end();
    while transcriber.step(i64::MAX) != Step::Done {}
    transcriber.transcript()
}

/// All differences of all cases that `wanted` names, in one message.
#[track_caller]
fn check(wanted: impl Fn(&str) -> bool) {
    let model = Rc::new(load(demo_checkpoint()));
    let all = cases::<Case>("transcripts.json").into_iter().filter(|it| wanted(&it.name));
    let wrong: Vec<String> = all.flat_map(|case| differences(&model, case)).collect();
    assert!(wrong.is_empty(), "{} differences:\n{}", wrong.len(), wrong.join("\n"));
}

fn differences(model: &Rc<Model>, case: Case) -> Vec<String> {
    let Case { name, signal, options, language, segments } = case;
    let options = Options { temperatures: vec![0.0], ..options.options() };
    let found = transcribe(model, &make(&signal), options);
    let ends = found.audio_duration;
    let expected: Vec<_> = segments.iter().filter(|it| !it.text.is_empty()).collect();
    let mut wrong = Wrong { place: name.clone(), ends, all: Vec::new() };
    if !found.segments.is_empty() {
        wrong.unless_equal("language", &found.language, &Some(language));
    }
    wrong.unless_equal("count of segments", &found.segments.len(), &expected.len());
    for (at, (found, expected)) in found.segments.iter().zip(expected).enumerate() {
        wrong.place = format!("{name}, segment {at}");
        wrong.compare(found, expected);
    }
    wrong.all
}

/// Collects what is not as expected.
struct Wrong {
    place: String,
    /// The recording's end, in seconds.
    ends: f64,
    all: Vec<String>,
}

impl Wrong {
    fn compare(&mut self, found: &Segment, expected: &Expected) {
        self.unless_equal("text", found.text.as_str(), expected.text.as_str());
        self.unless_equal("tokens", &found.tokens, &expected.tokens);
        self.unless_equal("temperature", &found.temperature, &expected.temperature);
        self.unless_then("start", found.start, expected.start);
        self.unless_then("end", found.end, expected.end);
        self.unless_close("avg_logprob", found.avg_logprob.into(), expected.avg_logprob, LOGPROB_BOUND);
        let silence = f64::from(found.no_speech_prob);
        self.unless_close("no_speech_prob", silence, expected.no_speech_prob, PROBABILITY_BOUND);
        let (ratio, bound) = (expected.compression_ratio, expected.compression_ratio * RATIO_BOUND);
        self.unless_close("compression_ratio", found.compression_ratio.into(), ratio, bound);
        let (found, expected) = (found.words.as_deref(), expected.words.as_deref());
        self.unless_equal("count of words", &found.map(<[_]>::len), &expected.map(<[_]>::len));
        for (found, expected) in found.into_iter().flatten().zip(expected.into_iter().flatten()) {
            self.unless_equal("word", &found.word, &expected.word);
            self.unless_then(&format!("start of{}", found.word), found.start, expected.start);
            self.unless_then(&format!("end of{}", found.word), found.end, expected.end);
            let what = format!("probability of{}", found.word);
            self.unless_close(&what, found.probability, expected.probability, PROBABILITY_BOUND);
        }
    }

    fn unless_equal<T: PartialEq + std::fmt::Debug + ?Sized>(&mut self, what: &str, found: &T, expected: &T) {
        if found != expected {
            self.all.push(format!("{}: {what} is {found:?}; expected {expected:?}", self.place));
        }
    }

    fn unless_then(&mut self, what: &str, found: f64, expected: f64) {
        self.unless_close(what, found, expected.min(self.ends), TIME_BOUND);
    }

    fn unless_close(&mut self, what: &str, found: f64, expected: f64, bound: f64) {
        if (found - expected).abs() > bound {
            self.all
                .push(format!("{}: {what} is {found:.5}; expected {expected:.5} ±{bound:.5}", self.place));
        }
    }
}
