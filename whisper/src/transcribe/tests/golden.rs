//! What openai/whisper makes of the babbler, decision by decision; `tests/reference/rules.py` wrote it down.
use serde::Deserialize;

use super::babbler::Babbler;
use super::*;

#[derive(Debug, Deserialize)]
struct Case {
    seed: u64,
    seconds: f64,
    timestamps: String,
    language: String,
    task: String,
    beam_size: Option<usize>,
    patience: Option<f32>,
    length_penalty: Option<f32>,
    initial_prompt: Option<String>,
    condition_on_previous_text: bool,
    no_speech_threshold: Option<f32>,
    logprob_threshold: Option<f32>,
    max_initial_timestamp: Option<f32>,
    hallucination_silence_threshold: Option<f32>,
    segments: Vec<Expected>,
}

#[derive(Debug, Deserialize)]
struct Expected {
    seek: usize,
    tokens: Vec<u32>,
    text: String,
    start: f64,
    end: f64,
    avg_logprob: f32,
    compression_ratio: f32,
    no_speech_prob: f32,
    words: Vec<(String, f64, f64, f64)>,
}

impl Case {
    fn options(&self) -> Options {
        Options {
            language: Some(self.language.clone()),
            task: if self.task == "translate" { Task::Translate } else { Task::Transcribe },
            timestamps: match self.timestamps.as_str() {
                "none" => Timestamps::None,
                "word" => Timestamps::Word,
                _ => Timestamps::Segment,
            },
            temperatures: vec![0.0],
            beam_size: self.beam_size.unwrap_or(1),
            patience: self.patience,
            length_penalty: self.length_penalty,
            initial_prompt: self.initial_prompt.clone(),
            condition_on_previous_text: self.condition_on_previous_text,
            no_speech_threshold: self.no_speech_threshold,
            logprob_threshold: self.logprob_threshold,
            max_initial_timestamp: self.max_initial_timestamp,
            hallucination_silence_threshold: self.hallucination_silence_threshold,
            vad: false,
            ..Options::default()
        }
    }
}

/// Times as the reference has them, kept in order and inside as this crate promises.
struct Order {
    before: f64,
    limit: f64,
}

impl Order {
    fn place(&mut self, start: f64, end: f64) -> (f64, f64) {
        let start = start.max(self.before).min(self.limit);
        self.before = end.min(self.limit).max(start);
        (start, self.before)
    }
}

fn near(found: f64, expected: f64, tolerance: f64) -> bool {
    (found - expected).abs() <= tolerance
}

#[track_caller]
fn same(case: &Case, found: &Segment, expected: &Expected, order: &mut Order) {
    let about = format!("{case:?}\nfound {found:?}\nexpected {expected:?}");
    assert_eq!(
        (found.seek, &found.tokens, &found.text),
        (expected.seek, &expected.tokens, &expected.text),
        "{about}"
    );
    let mut words = Order { ..*order };
    let (start, end) = order.place(expected.start, expected.end);
    assert!(near(found.start, start, 1e-4) && near(found.end, end, 1e-4), "{about}");
    assert!(near(found.avg_logprob.into(), expected.avg_logprob.into(), 1e-4), "{about}");
    assert!(near(found.no_speech_prob.into(), expected.no_speech_prob.into(), 1e-4), "{about}");
    // What cannot be compressed is stored a little sooner than zlib does it.
    let (ratio, zlib) = (found.compression_ratio, expected.compression_ratio);
    assert!(near((ratio / zlib).into(), 1.0, 0.03) || ratio.max(zlib) < 1.0, "{about}");
    let found: Vec<_> = found.words.iter().flatten().collect();
    assert_eq!(found.len(), expected.words.len(), "{about}");
    for (found, (word, start, end, probability)) in found.iter().zip(&expected.words) {
        let (start, end) = words.place(*start, *end);
        assert_eq!(&found.word, word, "{about}");
        assert!(near(found.start, start, 1e-4) && near(found.end, end, 1e-4), "{found:?} in {about}");
        assert!(near(found.probability, *probability, 1e-4), "{found:?} in {about}");
    }
    order.before = order.before.max(words.before);
}

#[test]
fn every_decision_is_the_references() {
    let text = include_str!("../../../tests/golden/data/rules.json");
    let cases: Vec<Case> = serde_json::from_str(text).unwrap();
    assert_eq!(cases.iter().map(|it| it.segments.len()).sum::<usize>(), 86);
    for case in &cases {
        let told = transcribed(&Babbler::model(case.seed, 99), case.seconds, 80_000, case.options());
        let mut order = Order { before: 0.0, limit: case.seconds };
        for (found, expected) in told.transcript.segments.iter().zip(&case.segments) {
            same(case, found, expected, &mut order);
        }
        assert_eq!(told.transcript.segments.len(), case.segments.len(), "{case:?}");
    }
}
