//! The table of values as Rust reads it; no module of the crate, but of the tests that go by the table.
#![allow(dead_code, reason = "shared by tests, each of which uses some of it")]
use std::fmt::Write as _;

use protocol::{Audio, Buffer, Bytes, Dtype, Tensor, Value};

/// A row of the table.
pub(crate) struct Row {
    pub(crate) name: String,
    pub(crate) input: Value,
    pub(crate) output: Value,
    pub(crate) python_output: Value,
    pub(crate) python: String,
}

/// Rows that every host can be given: those of JavaScript alone have the word `$js`.
pub(crate) fn rows() -> Vec<Row> {
    let table = Value::from_json(include_str!("../compat/values.json")).unwrap();
    let shared =
        table.items().unwrap().into_iter().filter(|row| row.get("input").unwrap().get("$js").is_none());
    shared
        .map(|row| {
            let text = |key| row.get(key).and_then(Value::as_text).unwrap().to_owned();
            let input = row.get("input").unwrap();
            let output = row.get("output").unwrap_or(input);
            let python_output = row.get("python_output").unwrap_or(output);
            Row {
                name: text("name"),
                input: make(input),
                output: make(output),
                python_output: make(python_output),
                python: text("python"),
            }
        })
        .collect()
}

/// The value that a notation stands for; see `compat/README.md`.
fn make(notation: &Value) -> Value {
    if let Some(items) = notation.items() {
        return Value::List(items.iter().map(make).collect());
    }
    let Value::Map(entries) = notation else { return notation.clone() };
    let Some((word, it)) = entries.first() else { return notation.clone() };
    match word.as_str() {
        "$number" => Value::number(it.as_text().unwrap().parse().unwrap()),
        "$bigint" => bigint(it.as_text().unwrap()),
        "$nest" => (1..whole(it)).fold(Value::List(Vec::new()), |inner, _| Value::List(vec![inner])),
        "$range" => range(&it.items().unwrap()),
        "$repeat" => repeat(&it.items().unwrap(), notation.get("as").is_some()),
        "$tensor" => Value::Tensor(Tensor {
            dtype: Dtype::from_name(text(it, "dtype").unwrap().as_str()).unwrap(),
            shape: it.get("shape").unwrap().items().unwrap().iter().map(whole).collect(),
            data: bytes(it),
        }),
        "$audio" => Value::Audio(Audio {
            sample_rate: u32::try_from(whole(it.get("sampleRate").unwrap())).unwrap(),
            channels: u16::try_from(whole(it.get("channels").unwrap())).unwrap(),
            samples: bytes(it),
        }),
        "$bytes" | "$blob" => {
            Value::Bytes(Bytes { mime: text(it, "mime"), name: text(it, "name"), data: bytes(it) })
        }
        _ => Value::Map(entries.iter().map(|(key, value)| (key.clone(), make(value))).collect()),
    }
}

fn whole(it: &Value) -> u64 {
    it.as_f64().unwrap() as u64
}

fn text(it: &Value, key: &str) -> Option<String> {
    it.get(key).and_then(Value::as_text).map(str::to_owned)
}

fn bytes(it: &Value) -> Buffer {
    let hex = text(it, "hex").unwrap();
    let byte = |at| u8::from_str_radix(&hex[at..at + 2], 16).unwrap();
    Buffer::from_bytes((0..hex.len()).step_by(2).map(byte).collect())
}

fn bigint(text: &str) -> Value {
    text.parse().map_or_else(|_| Value::uint(text.parse().unwrap()), Value::Int)
}

/// Packed, as the page packs them.
fn range(it: &[Value]) -> Value {
    let [start, count, step] = [0, 1, 2].map(|at: usize| it[at].as_f64().unwrap());
    let numbers: Vec<f64> = (0..count as u64).map(|i| start + i as f64 * step).collect();
    if numbers.len() < 256 {
        Value::List(numbers.into_iter().map(Value::number).collect())
    } else {
        Value::Numbers(Buffer::from_f64(numbers))
    }
}

fn repeat(it: &[Value], is_text: bool) -> Value {
    let (value, count) = (make(&it[0]), whole(&it[1]) as usize);
    if is_text {
        Value::Text(value.as_text().unwrap().repeat(count))
    } else {
        Value::List(vec![value; count])
    }
}

/// Everything that can be seen of a value: content, order of keys, the forms of its numbers.
pub(crate) fn told(value: &Value) -> String {
    let mut text = String::new();
    tell(value, &mut text);
    text
}

fn tell(value: &Value, out: &mut String) {
    let mut bulk = |facts: String, buffer: &Buffer| {
        // Writing to a String cannot fail.
        _ = write!(out, "<{facts} {:?}>", buffer.bytes().unwrap());
    };
    match value {
        Value::Audio(it) => bulk(format!("audio {} {}", it.sample_rate, it.channels), &it.samples),
        Value::Tensor(it) => bulk(format!("tensor {} {:?}", it.dtype.name(), it.shape), &it.data),
        Value::Bytes(it) => bulk(format!("bytes {:?} {:?}", it.mime, it.name), &it.data),
        Value::Map(entries) => {
            for (key, value) in entries {
                _ = write!(out, "{key:?}: ");
                tell(value, out);
                out.push(',');
            }
            out.push('}');
        }
        Value::List(_) | Value::Numbers(_) => {
            for item in value.items().unwrap() {
                tell(&item, out);
                out.push(',');
            }
            out.push(']');
        }
        Value::Null | Value::Bool(_) | Value::Int(_) | Value::UInt(_) | Value::Float(_) | Value::Text(_) => {
            _ = write!(out, "{value:?}");
        }
    }
}
