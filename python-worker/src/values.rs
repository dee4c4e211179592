//! Values as JSON text and buffers, the way `remotemedia/_wire.py` reads and writes them.
//!
//! A map with the key `$rm` stands for a value JSON has no word for; a key `$rm`, `$$rm`, … of the user's own gets
//! one more `$` on the way.
use std::fmt::{self, Write as _};

pub use node_abi::State;
use protocol::{Audio, Buffer, Bytes, Dtype, NodeKind, Part, Tensor, Value, WorkItem, WorkOutput};
use serde::de::{DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Visitor};

/// JSON text and what it refers to.
#[derive(Debug, Default)]
pub struct Text {
    /// JSON.
    pub text: String,
    /// Bulk data, by position.
    pub buffers: Vec<Buffer>,
}

/// What Python answered.
#[derive(Debug, PartialEq)]
pub enum Answer {
    /// A turn, and anything else that can be through, or not yet.
    Turn {
        /// Inputs done with.
        done: u32,
        /// What it came to.
        state: State,
        /// In order.
        outputs: Vec<WorkOutput>,
    },
    /// The kinds that a source defines.
    Kinds(Vec<NodeKind>),
    /// Something was raised.
    Fault {
        /// The exception and what it says.
        message: String,
        /// Where it came from.
        traceback: Option<String>,
        /// What was being done.
        stage: String,
    },
}

impl Text {
    /// One value.
    pub fn value(value: &Value) -> Self {
        let mut text = Text::default();
        text.write(value);
        text
    }

    /// `[values, parts]`, where parts is null if all items are whole.
    pub fn items(items: &[WorkItem]) -> Self {
        let mut text = Text::default();
        text.text.push('[');
        text.list(items.iter().map(|item| &item.value));
        if items.iter().all(|item| item.part == Part::WHOLE) {
            text.text.push_str(",null]");
        } else {
            let parts = items.iter().map(|item| format!("[{},{}]", item.part.index, item.part.last));
            text.raw(format_args!(",[{}]]", parts.collect::<Vec<_>>().join(",")));
        }
        text
    }

    fn write(&mut self, value: &Value) {
        match value {
            Value::Null => self.text.push_str("null"),
            Value::Bool(it) => self.text.push_str(if *it { "true" } else { "false" }),
            Value::Int(it) => self.raw(format_args!("{it}")),
            Value::UInt(it) => self.raw(format_args!("{it}")),
            Value::Float(it) => self.float(*it),
            Value::Text(it) => self.quote(it),
            Value::List(items) => self.list(items.iter()),
            Value::Numbers(data) => self.bulk(format_args!("{{\"$rm\":\"numbers\""), data),
            Value::Map(entries) => self.map(entries),
            Value::Audio(it) => {
                let (rate, channels) = (it.sample_rate, it.channels);
                self.bulk(
                    format_args!("{{\"$rm\":\"audio\",\"rate\":{rate},\"channels\":{channels}"),
                    &it.samples,
                );
            }
            Value::Tensor(it) => {
                let (dtype, shape) = (it.dtype.name(), &it.shape);
                self.bulk(
                    format_args!("{{\"$rm\":\"tensor\",\"dtype\":\"{dtype}\",\"shape\":{shape:?}"),
                    &it.data,
                );
            }
            Value::Bytes(it) => {
                self.text.push_str("{\"$rm\":\"bytes\",\"mime\":");
                self.optional(it.mime.as_deref());
                self.text.push_str(",\"name\":");
                self.optional(it.name.as_deref());
                self.bulk(format_args!(""), &it.data);
            }
        }
    }

    fn raw(&mut self, it: fmt::Arguments<'_>) {
        // Writing to a String cannot fail.
        _ = self.text.write_fmt(it);
    }

    fn float(&mut self, it: f64) {
        match serde_json::Number::from_f64(it) {
            Some(number) => self.raw(format_args!("{number}")),
            None => self.text.push_str("null"),
        }
    }

    fn quote(&mut self, it: &str) {
        let plain = |byte: u8| byte >= 0x20 && byte != b'"' && byte != b'\\';
        if it.bytes().all(plain) {
            self.raw(format_args!("\"{it}\""));
        } else {
            self.text.push_str(&serde_json::to_string(it).unwrap_or_default());
        }
    }

    fn optional(&mut self, it: Option<&str>) {
        match it {
            Some(it) => self.quote(it),
            None => self.text.push_str("null"),
        }
    }

    fn list<'a>(&mut self, items: impl Iterator<Item = &'a Value>) {
        self.text.push('[');
        for (i, item) in items.enumerate() {
            if i > 0 {
                self.text.push(',');
            }
            self.write(item);
        }
        self.text.push(']');
    }

    fn map(&mut self, entries: &[(String, Value)]) {
        self.text.push('{');
        for (i, (key, value)) in entries.iter().enumerate() {
            if i > 0 {
                self.text.push(',');
            }
            match is_ours(key) {
                true => self.raw(format_args!("\"${key}\"")),
                false => self.quote(key),
            }
            self.text.push(':');
            self.write(value);
        }
        self.text.push('}');
    }

    fn bulk(&mut self, head: fmt::Arguments<'_>, data: &Buffer) {
        self.raw(head);
        self.raw(format_args!(",\"buffer\":{}}}", self.buffers.len()));
        self.buffers.push(data.clone());
    }
}

/// `$rm`, `$$rm`, …
fn is_ours(key: &str) -> bool {
    key.strip_suffix("rm").is_some_and(|dollars| !dollars.is_empty() && dollars.bytes().all(|it| it == b'$'))
}

/// The value that `text` stands for.
///
/// # Errors
/// If it is not what `_wire.py` writes.
pub(crate) fn read(text: &str, buffers: &[Buffer]) -> Result<Value, String> {
    let mut json = serde_json::Deserializer::from_str(text);
    let value = Reader(buffers).deserialize(&mut json).map_err(|error| error.to_string())?;
    json.end().map_err(|error| error.to_string())?;
    Ok(value)
}

impl Answer {
    /// The answer that `text` is.
    ///
    /// # Errors
    /// If it is none that `_host.py` gives.
    pub fn read(text: &str, buffers: &[Buffer]) -> Result<Answer, String> {
        let answer = read(text, buffers)?;
        if let Value::List(parts) = answer {
            return turn(parts).ok_or_else(|| "no answer of a turn".into());
        }
        match (answer.get("kinds"), answer.get("fault")) {
            (Some(kinds), _) => serde_json::from_str(&kinds.to_json())
                .map(Answer::Kinds)
                .map_err(|error| format!("no kinds: {error}")),
            (None, Some(fault)) => Ok(self::fault(fault)),
            (None, None) => Err("neither a turn nor kinds nor a fault".into()),
        }
    }
}

fn fault(fault: &Value) -> Answer {
    let text = |key| fault.get(key).and_then(Value::as_text).map(str::to_owned);
    Answer::Fault {
        message: text("message").unwrap_or_default(),
        traceback: text("traceback"),
        stage: text("stage").unwrap_or_default(),
    }
}

fn turn(parts: Vec<Value>) -> Option<Answer> {
    let [Value::Int(done), Value::Int(state), Value::List(outputs)] = <[Value; 3]>::try_from(parts).ok()?
    else {
        return None;
    };
    let state = match state {
        0 => State::Idle,
        1 => State::More,
        2 => State::Waiting,
        _ => return None,
    };
    let outputs = outputs.into_iter().map(output).collect::<Option<_>>()?;
    Some(Answer::Turn { done: u32::try_from(done).ok()?, state, outputs })
}

fn output(it: Value) -> Option<WorkOutput> {
    let Value::List(parts) = it else { return None };
    let mut parts = parts.into_iter();
    let Some(Value::Int(input)) = parts.next() else { return None };
    let value = parts.next()?;
    let part = match (parts.next(), parts.next()) {
        (None, None) => Part::WHOLE,
        (Some(Value::Int(index)), Some(Value::Bool(last))) => {
            Part { index: u32::try_from(index).ok()?, last }
        }
        _ => return None,
    };
    Some(WorkOutput { input: u32::try_from(input).ok()?, part, value })
}

/// Reads JSON straight into values: one pass, no tree between.
#[derive(Clone, Copy)]
struct Reader<'b>(&'b [Buffer]);

impl<'de> DeserializeSeed<'de> for Reader<'_> {
    type Value = Value;
    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Reader<'_> {
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
        while let Some(item) = seq.next_element_seed(self)? {
            items.push(item);
        }
        Ok(Value::List(items))
    }
    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Value, A::Error> {
        let mut entries = Vec::new();
        let mut marked = false;
        while let Some(mut key) = map.next_key::<String>()? {
            if is_ours(&key) {
                match key.as_str() {
                    "$rm" => marked = true,
                    _ => _ = key.remove(0),
                }
            }
            entries.push((key, map.next_value_seed(self)?));
        }
        let map = Value::Map(entries);
        if marked {
            special(&map, self.0).ok_or_else(|| A::Error::custom("no value that can be carried"))
        } else {
            Ok(map)
        }
    }
}

fn special(map: &Value, buffers: &[Buffer]) -> Option<Value> {
    let int = |key| if let Some(Value::Int(it)) = map.get(key) { Some(*it) } else { None };
    let text = |key| map.get(key).and_then(Value::as_text).map(str::to_owned);
    let data = buffers.get(usize::try_from(int("buffer")?).ok()?)?.clone();
    match map.get("$rm")?.as_text()? {
        "numbers" => Some(Value::Numbers(data)),
        "bytes" => Some(Value::Bytes(Bytes { mime: text("mime"), name: text("name"), data })),
        "audio" => {
            let (sample_rate, channels) =
                (u32::try_from(int("rate")?).ok()?, u16::try_from(int("channels")?).ok()?);
            Some(Value::Audio(Audio { sample_rate, channels, samples: data }))
        }
        "tensor" => {
            let dtype = Dtype::from_name(map.get("dtype")?.as_text()?)?;
            let lengths = map.get("shape")?.items()?;
            let length = |it: &Value| if let Value::Int(it) = it { u64::try_from(*it).ok() } else { None };
            let shape = lengths.iter().map(length).collect::<Option<Vec<u64>>>()?;
            let size = shape.iter().try_fold(dtype.size(), |size, length| size.checked_mul(*length))?;
            (size == data.size()).then_some(Value::Tensor(Tensor { dtype, shape, data }))
        }
        _ => None,
    }
}

#[cfg(test)]
#[path = "values_tests.rs"]
mod tests;
