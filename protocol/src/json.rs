//! JSON text ↔ [`Value`], by the number rules of [`Value`].
use std::fmt::{self, Write as _};

use crate::Value;

mod reader;

/// Text is not JSON, or nested too deep; says where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JsonError(pub String);

impl fmt::Display for JsonError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for JsonError {}

impl Value {
    /// The value that `text` is.
    ///
    /// # Errors
    /// If it is not JSON, with line and column; or nested deeper than about [`crate::MAX_DEPTH`].
    pub fn from_json(text: &str) -> Result<Value, JsonError> {
        reader::read(text)
    }
    /// JSON text of this. Audio, tensors and bytes have no JSON form and become null; whoever meets them writes
    /// them beside.
    pub fn to_json(&self) -> String {
        let mut text = String::new();
        write_json(self, &mut text);
        text
    }
}

/// Appends `value` as JSON.
pub(crate) fn write_json(value: &Value, text: &mut String) {
    match value {
        Value::Null | Value::Audio(_) | Value::Tensor(_) | Value::Bytes(_) => text.push_str("null"),
        Value::Bool(it) => text.push_str(if *it { "true" } else { "false" }),
        // Writing to a String cannot fail.
        Value::Int(it) => _ = write!(text, "{it}"),
        Value::UInt(it) => _ = write!(text, "{it}"),
        Value::Float(it) => {
            text.push_str(&serde_json::Number::from_f64(*it).map_or("null".into(), |n| n.to_string()))
        }
        Value::Text(it) => write_text(it, text),
        Value::List(items) => write_list(items.iter(), text),
        Value::Numbers(_) => write_list(value.items().unwrap_or_default().iter(), text),
        Value::Map(entries) => {
            text.push('{');
            for (i, (key, value)) in entries.iter().enumerate() {
                if i > 0 {
                    text.push(',');
                }
                write_text(key, text);
                text.push(':');
                write_json(value, text);
            }
            text.push('}');
        }
    }
}

fn write_list<'a>(items: impl Iterator<Item = &'a Value>, text: &mut String) {
    text.push('[');
    for (i, item) in items.enumerate() {
        if i > 0 {
            text.push(',');
        }
        write_json(item, text);
    }
    text.push(']');
}

fn write_text(it: &str, text: &mut String) {
    text.push('"');
    let mut from = 0;
    for (at, byte) in it.bytes().enumerate() {
        let escaped = match byte {
            b'"' => "\\\"",
            b'\\' => "\\\\",
            b'\n' => "\\n",
            b'\r' => "\\r",
            b'\t' => "\\t",
            0x08 => "\\b",
            0x0c => "\\f",
            ..0x20 => "",
            _ => continue,
        };
        text.push_str(&it[from..at]);
        from = at + 1;
        text.push_str(escaped);
        if escaped.is_empty() {
            // Writing to a String cannot fail.
            _ = write!(text, "\\u{byte:04x}");
        }
    }
    text.push_str(&it[from..]);
    text.push('"');
}
