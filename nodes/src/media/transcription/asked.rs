//! Parameters of a manifest as options of a transcription.
use protocol::Value;
use whisper::transcribe::{Options, Task, Timestamps};

use crate::params::{flag, integer, numbers, text};

/// What was asked for; ranges and names were checked before.
pub(crate) fn options(params: &Value) -> Options {
    let default = Options::default();
    let number = |name| params.get(name).and_then(Value::as_f64).map(|it| it as f32);
    let count = |name, otherwise| integer(params, name).map_or(otherwise, |it| it as usize);
    let temperatures = numbers(params, "temperature").unwrap_or_default();
    let temperatures: Vec<f32> = temperatures.into_iter().map(|it| it as f32).collect();
    Options {
        language: language(params),
        task: task(params),
        timestamps: timestamps(params),
        temperatures: if temperatures.is_empty() { default.temperatures } else { temperatures },
        beam_size: count("beam_size", default.beam_size),
        best_of: count("best_of", default.best_of),
        patience: number("patience"),
        length_penalty: number("length_penalty"),
        initial_prompt: text(params, "initial_prompt").map(str::to_owned),
        condition_on_previous_text: flag(params, "condition_on_previous_text")
            .unwrap_or(default.condition_on_previous_text),
        compression_ratio_threshold: number("compression_ratio_threshold")
            .or(default.compression_ratio_threshold),
        logprob_threshold: number("logprob_threshold").or(default.logprob_threshold),
        no_speech_threshold: number("no_speech_threshold").or(default.no_speech_threshold),
        hallucination_silence_threshold: number("hallucination_silence_threshold")
            .or(default.hallucination_silence_threshold),
        max_initial_timestamp: number("max_initial_timestamp").or(default.max_initial_timestamp),
        vad: flag(params, "vad").unwrap_or(default.vad),
        seed: integer(params, "seed").unwrap_or(default.seed),
    }
}

fn language(params: &Value) -> Option<String> {
    text(params, "language").filter(|it| !it.eq_ignore_ascii_case("auto")).map(str::to_owned)
}

/// The original's words beside ours.
fn task(params: &Value) -> Task {
    let translates = flag(params, "translate").unwrap_or(text(params, "task") == Some("translate"));
    if translates { Task::Translate } else { Task::Transcribe }
}

fn timestamps(params: &Value) -> Timestamps {
    match (flag(params, "word_timestamps"), text(params, "timestamps")) {
        (Some(true), _) | (_, Some("word")) => Timestamps::Word,
        (_, Some("none")) => Timestamps::None,
        _ => Timestamps::Segment,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(params: &str, expected: Options) {
        assert_eq!(options(&Value::from_json(params).unwrap()), expected);
    }

    #[test]
    fn what_is_not_asked_for_is_as_in_the_reference() {
        check("{}", Options::default());
        check(r#"{"language":"auto","task":"transcribe","timestamps":"segment"}"#, Options::default());
        check(r#"{"temperature":[],"translate":false,"word_timestamps":false}"#, Options::default());
    }

    #[test]
    fn what_is_asked_for_is_passed_on() {
        check(r#"{"language":"German"}"#, Options { language: Some("German".into()), ..Options::default() });
        check(r#"{"temperature":0.5}"#, Options { temperatures: vec![0.5], ..Options::default() });
        check(r#"{"temperature":[0,1]}"#, Options { temperatures: vec![0.0, 1.0], ..Options::default() });
        check(
            r#"{"beam_size":5,"best_of":3,"patience":2,"length_penalty":0.5,"seed":7}"#,
            Options {
                beam_size: 5,
                best_of: 3,
                patience: Some(2.0),
                length_penalty: Some(0.5),
                seed: 7,
                ..Options::default()
            },
        );
        check(
            r#"{"initial_prompt":"Hi","condition_on_previous_text":false,"vad":false}"#,
            Options {
                initial_prompt: Some("Hi".into()),
                condition_on_previous_text: false,
                vad: false,
                ..Options::default()
            },
        );
        check(
            r#"{"compression_ratio_threshold":3,"logprob_threshold":-2,"no_speech_threshold":0.5,"max_initial_timestamp":2,"hallucination_silence_threshold":3}"#,
            Options {
                compression_ratio_threshold: Some(3.0),
                logprob_threshold: Some(-2.0),
                no_speech_threshold: Some(0.5),
                max_initial_timestamp: Some(2.0),
                hallucination_silence_threshold: Some(3.0),
                ..Options::default()
            },
        );
    }

    #[test]
    fn the_originals_words_mean_the_same() {
        check(r#"{"translate":true}"#, Options { task: Task::Translate, ..Options::default() });
        check(r#"{"task":"translate"}"#, Options { task: Task::Translate, ..Options::default() });
        let word = Options { timestamps: Timestamps::Word, ..Options::default() };
        check(r#"{"timestamps":"word"}"#, word.clone());
        check(r#"{"timestamps":"segment","word_timestamps":true}"#, word);
        check(r#"{"timestamps":"none"}"#, Options { timestamps: Timestamps::None, ..Options::default() });
    }
}
