//! Text as Python writes it: white space, and JSON with its numbers.
use std::fmt::Write as _;

use protocol::Value;

/// Python counts four separators of teleprinters as white space.
pub(crate) fn is_space(letter: char) -> bool {
    letter.is_whitespace() || ('\x1c'..='\x1f').contains(&letter)
}

/// `text` without white space at its ends.
pub(crate) fn strip(text: &str) -> &str {
    text.trim_matches(is_space)
}

/// Numbers of a transcript that Python holds as floats: it writes them with a point, whole or not.
const FLOATS: &[&str] = &[
    "start",
    "end",
    "temperature",
    "avg_logprob",
    "compression_ratio",
    "no_speech_prob",
    "probability",
    "audio_duration",
];

/// Appends `value` as `json.dump` does: in ASCII, with a space after each comma and colon.
pub(crate) fn json(value: &Value, text: &mut String) {
    match value {
        Value::Text(it) => quoted(it, text),
        Value::Float(x) => float(*x, text),
        Value::List(_) | Value::Numbers(_) => {
            let items = value.items().unwrap_or_default();
            text.push('[');
            for (at, item) in items.iter().enumerate() {
                text.push_str(if at > 0 { ", " } else { "" });
                json(item, text);
            }
            text.push(']');
        }
        Value::Map(entries) => {
            text.push('{');
            for (at, (key, value)) in entries.iter().enumerate() {
                text.push_str(if at > 0 { ", " } else { "" });
                quoted(key, text);
                text.push_str(": ");
                match value.as_f64().filter(|_| FLOATS.contains(&key.as_str())) {
                    Some(x) => float(x, text),
                    None => json(value, text),
                }
            }
            text.push('}');
        }
        Value::Null
        | Value::Bool(_)
        | Value::Int(_)
        | Value::UInt(_)
        | Value::Audio(_)
        | Value::Tensor(_)
        | Value::Bytes(_) => text.push_str(&value.to_json()),
    }
}

fn quoted(it: &str, text: &mut String) {
    text.push('"');
    for letter in it.chars() {
        match letter {
            '"' => text.push_str("\\\""),
            '\\' => text.push_str("\\\\"),
            '\n' => text.push_str("\\n"),
            '\r' => text.push_str("\\r"),
            '\t' => text.push_str("\\t"),
            '\x08' => text.push_str("\\b"),
            '\x0c' => text.push_str("\\f"),
            ' '..='\x7e' => text.push(letter),
            // Writing to a String cannot fail.
            other => {
                other.encode_utf16(&mut [0; 2]).iter().for_each(|unit| _ = write!(text, "\\u{unit:04x}"))
            }
        }
    }
    text.push('"');
}

/// The fewest digits that give the number back; powers of ten from 16 digits or four zeros on.
fn float(x: f64, text: &mut String) {
    let scientific = format!("{x:e}");
    let (digits, power) = scientific.split_once('e').unwrap_or((&scientific, "0"));
    let power: i32 = power.parse().unwrap_or(0);
    // Writing to a String cannot fail.
    _ = match power {
        -4..=15 if x.fract() == 0.0 => write!(text, "{x}.0"),
        -4..=15 => write!(text, "{x}"),
        _ => write!(text, "{digits}e{}{:02}", if power < 0 { '-' } else { '+' }, power.abs()),
    };
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(given: &str, expected: &str) {
        let mut text = String::new();
        json(&Value::from_json(given).unwrap(), &mut text);
        assert_eq!(text, expected);
    }

    #[test]
    fn json_is_written_as_python_does() {
        check(r#"{"a":[1,2.5],"b":{},"c":null}"#, r#"{"a": [1, 2.5], "b": {}, "c": null}"#);
        check(r#"{"id":1,"start":1,"end":-0.0}"#, r#"{"id": 1, "start": 1.0, "end": 0.0}"#);
        check(r#""é\u0001\u007f\ud83d\ude00\"\\/""#, r#""\u00e9\u0001\u007f\ud83d\ude00\"\\/""#);
        check(
            "[1e-5,0.0001,123456789012345680.5,1e100,1.5e-7]",
            "[1e-05, 0.0001, 1.2345678901234568e+17, 1e+100, 1.5e-07]",
        );
        check(r#"{"start":123456789012345680}"#, r#"{"start": 1.2345678901234568e+17}"#);
    }

    #[test]
    fn teleprinter_separators_are_white_space() {
        assert_eq!(strip("\u{1c} \u{a0}x\u{2003}\n"), "x");
    }
}
