//! Transcripts as values: `{ segments: [{ start, end, text, words?: [{ start, end, word }] }] }`, times in seconds.
use protocol::Value;

use crate::node::NodeError;

/// One segment.
#[derive(Debug, PartialEq)]
pub(crate) struct Segment {
    pub(crate) start: f64,
    pub(crate) end: f64,
    pub(crate) text: String,
    pub(crate) words: Option<Vec<Word>>,
}

/// One word, with the white space before it.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Word {
    pub(crate) start: f64,
    pub(crate) end: f64,
    pub(crate) text: String,
}

/// The segments of a transcript.
pub(crate) fn segments(transcript: &Value) -> Result<Vec<Segment>, NodeError> {
    let found = || match transcript {
        Value::Map(_) => "a map without `segments`",
        other => other.type_name(),
    };
    let segments = transcript.get("segments").and_then(Value::items);
    let segments = segments.ok_or_else(|| format!("expected a transcript, found {}", found()))?;
    segments.iter().enumerate().map(|(at, segment)| read(segment, &format!("segment {at}"))).collect()
}

fn read(segment: &Value, name: &str) -> Result<Segment, NodeError> {
    let words = match segment.get("words").and_then(Value::items) {
        Some(words) => Some(words.iter().map(|word| read_word(word, name)).collect::<Result<_, _>>()?),
        None => None,
    };
    let (start, end) = times(segment, name)?;
    Ok(Segment { start, end, text: text(segment, "text", name)?, words })
}

fn read_word(word: &Value, name: &str) -> Result<Word, NodeError> {
    let name = format!("a word of {name}");
    let (start, end) = times(word, &name)?;
    Ok(Word { start, end, text: text(word, "word", &name)? })
}

fn times(value: &Value, name: &str) -> Result<(f64, f64), NodeError> {
    let time = |key| match value.get(key).and_then(Value::as_f64) {
        Some(time) if time >= 0.0 => Ok(time),
        Some(time) => Err(format!("`{key}` of {name} is {time}; expected seconds, 0 or more")),
        None => Err(format!("{name} has no `{key}`")),
    };
    Ok((time("start")?, time("end")?))
}

fn text(value: &Value, key: &str, name: &str) -> Result<String, NodeError> {
    let text = value.get(key).and_then(Value::as_text);
    text.map(str::to_owned).ok_or_else(|| format!("{name} has no `{key}`").into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check_error(json: &str, expected: &str) {
        let transcript = Value::from_json(json).unwrap();
        assert_eq!(segments(&transcript).unwrap_err().message, expected);
    }

    #[test]
    fn segments_and_words_are_read() {
        let json =
            r#"{"segments":[{"start":0,"end":1.5,"text":" a","words":[{"start":0,"end":1,"word":" a"}]}]}"#;
        let word = Word { start: 0.0, end: 1.0, text: " a".into() };
        let segment = Segment { start: 0.0, end: 1.5, text: " a".into(), words: Some(vec![word]) };
        assert_eq!(segments(&Value::from_json(json).unwrap()).unwrap(), [segment]);
    }

    #[test]
    fn what_is_missing_is_named() {
        check_error("5", "expected a transcript, found number");
        check_error(r#"{"text":"x"}"#, "expected a transcript, found a map without `segments`");
        check_error(r#"{"segments":[{"end":1,"text":""}]}"#, "segment 0 has no `start`");
        check_error(r#"{"segments":[{"start":0,"end":1}]}"#, "segment 0 has no `text`");
        check_error(
            r#"{"segments":[{"start":-1,"end":1,"text":""}]}"#,
            "`start` of segment 0 is -1; expected seconds, 0 or more",
        );
        check_error(
            r#"{"segments":[{"start":0,"end":1,"text":"","words":[{"start":0,"end":1}]}]}"#,
            "a word of segment 0 has no `word`",
        );
    }
}
