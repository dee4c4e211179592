//! What a transcription tells, as a node says it.
use protocol::{LogLevel, Unit, Value};
use whisper::transcribe::{Event, Segment, Transcript, Word};

use crate::node::Outbox;

/// `events` without partial texts that others of them replace.
pub(crate) fn condensed(events: Vec<Event>) -> impl Iterator<Item = Event> {
    let mut events = events.into_iter().peekable();
    std::iter::from_fn(move || {
        loop {
            let event = events.next()?;
            let replaced = match (&event, events.peek()) {
                (Event::Partial { id, .. }, Some(Event::Partial { id: next, .. })) => id == next,
                (Event::Partial { id, .. }, Some(Event::Segment(next))) => *id == next.id,
                _ => false,
            };
            if !replaced {
                return Some(event);
            }
        }
    })
}

/// Says `event`. `before` are the seconds of the recordings before this one.
pub(crate) fn tell(event: Event, before: f64, total: Option<f64>, out: &mut Outbox) {
    match event {
        Event::Language { code, probability } => {
            out.log(LogLevel::Info, format!("the language is {code} ({:.0} %)", probability * 100.0));
        }
        Event::Progress { done } => out.progress(before + done, total, Unit::Seconds),
        Event::Partial { id, start, end, text } => out.partial(partial(id, start, end, text, false)),
        Event::Segment(Segment { id, start, end, text, .. }) => {
            out.partial(partial(id, start, end, text, true));
        }
        Event::Warning(words) => out.log(LogLevel::Warn, words),
    }
}

fn partial(id: u32, start: f64, end: f64, text: String, last: bool) -> Value {
    Value::map([
        ("id", Value::Int(id.into())),
        ("start", time(start)),
        ("end", time(end)),
        ("text", Value::Text(text)),
        ("final", Value::Bool(last)),
    ])
}

pub(crate) fn transcript(all: Transcript) -> Value {
    Value::map([
        ("text", Value::Text(all.text)),
        ("language", all.language.map_or(Value::Null, Value::Text)),
        ("segments", Value::List(all.segments.into_iter().map(segment).collect())),
        ("audio_duration", Value::number(all.audio_duration)),
    ])
}

fn segment(it: Segment) -> Value {
    let mut entries = vec![
        ("id", Value::Int(it.id.into())),
        ("start", time(it.start)),
        ("end", time(it.end)),
        ("text", Value::Text(it.text)),
        ("avg_logprob", short(it.avg_logprob)),
        ("no_speech_prob", short(it.no_speech_prob)),
        ("compression_ratio", short(it.compression_ratio)),
        ("temperature", short(it.temperature)),
    ];
    entries.extend(it.words.map(|words| ("words", Value::List(words.into_iter().map(word).collect()))));
    Value::map(entries)
}

fn word(it: Word) -> Value {
    Value::map([
        ("word", Value::Text(it.word)),
        ("start", time(it.start)),
        ("end", time(it.end)),
        ("probability", Value::number(it.probability)),
    ])
}

/// Seconds without the dust of sums: 58.1, not 58.10000000000001.
fn time(seconds: f64) -> Value {
    Value::number((seconds * 1000.0).round() / 1000.0)
}

/// A number with the digits it has as f32: 0.2, not 0.20000000298.
fn short(x: f32) -> Value {
    Value::number(x.to_string().parse().unwrap_or(f64::from(x)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn partial_of(id: u32, text: &str) -> Event {
        Event::Partial { id, start: 0.0, end: 1.0, text: text.into() }
    }

    fn segment_of(id: u32) -> Segment {
        Segment {
            id,
            seek: 0,
            start: 0.3 + 0.2,
            end: 2.0000000000000004,
            text: " a".into(),
            tokens: vec![7],
            temperature: 0.2,
            avg_logprob: -0.1,
            compression_ratio: 1.0,
            no_speech_prob: 0.0,
            words: None,
        }
    }

    #[test]
    fn only_the_newest_of_partial_texts_that_follow_each_other_is_told() {
        let events = vec![
            partial_of(0, "a"),
            partial_of(0, "ab"),
            partial_of(1, "c"),
            partial_of(0, ""),
            Event::Progress { done: 1.0 },
            partial_of(0, "d"),
            Event::Segment(segment_of(0)),
            partial_of(1, ""),
        ];
        let kept: Vec<Event> = condensed(events.clone()).collect();
        assert_eq!(kept, [1, 2, 3, 4, 6, 7].map(|at| events[at].clone()));
    }

    #[test]
    fn a_transcript_is_a_value_with_the_names_of_the_reference() {
        let word = Word { word: " a".into(), start: 0.5, end: 1.1 + 0.9, probability: 0.5 };
        let segment = Segment { words: Some(vec![word]), ..segment_of(0) };
        let all = Transcript {
            text: " a".into(),
            language: Some("en".into()),
            segments: vec![segment],
            audio_duration: 2.5,
        };
        assert_eq!(
            transcript(all).to_json(),
            r#"{"text":" a","language":"en","segments":[{"id":0,"start":0.5,"end":2,"text":" a","avg_logprob":-0.1,"no_speech_prob":0,"compression_ratio":1,"temperature":0.2,"words":[{"word":" a","start":0.5,"end":2,"probability":0.5}]}],"audio_duration":2.5}"#
        );
        assert_eq!(
            transcript(Transcript::default()).to_json(),
            r#"{"text":"","language":null,"segments":[],"audio_duration":0}"#
        );
    }
}
