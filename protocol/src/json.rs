//! JSON text ↔ [`Value`], by the number rules of [`Value`].
use std::fmt::{self, Write as _};

use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};

use crate::Value;

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
        serde_json::from_str::<Json>(text).map(|json| json.0).map_err(|error| JsonError(error.to_string()))
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
    text.push_str(&serde_json::to_string(it).unwrap_or_default());
}

struct Json(Value);

impl<'de> Deserialize<'de> for Json {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(JsonVisitor).map(Json)
    }
}

struct JsonVisitor;

impl<'de> Visitor<'de> for JsonVisitor {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }
    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }
    fn visit_bool<E>(self, it: bool) -> Result<Value, E> {
        Ok(Value::Bool(it))
    }
    fn visit_i64<E>(self, it: i64) -> Result<Value, E> {
        Ok(Value::Int(it))
    }
    fn visit_u64<E>(self, it: u64) -> Result<Value, E> {
        Ok(Value::uint(it))
    }
    fn visit_f64<E>(self, it: f64) -> Result<Value, E> {
        Ok(Value::number(it))
    }
    fn visit_str<E>(self, it: &str) -> Result<Value, E> {
        Ok(Value::Text(it.into()))
    }
    fn visit_string<E>(self, it: String) -> Result<Value, E> {
        Ok(Value::Text(it))
    }
    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Value, A::Error> {
        let mut items = Vec::new();
        while let Some(Json(item)) = seq.next_element()? {
            items.push(item);
        }
        Ok(Value::List(items))
    }
    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Value, A::Error> {
        let mut entries = Vec::new();
        let mut seen = std::collections::HashMap::new();
        while let Some((key, Json(value))) = map.next_entry::<String, Json>()? {
            // A repeated key: the last one wins, at the place of the first, as in JavaScript and Python.
            match seen.get(&key) {
                Some(&at) => entries[at] = (key, value),
                None => {
                    seen.insert(key.clone(), entries.len());
                    entries.push((key, value));
                }
            }
        }
        Ok(Value::Map(entries))
    }
}
