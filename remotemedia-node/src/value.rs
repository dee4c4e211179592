//! What travels through nodes, as a node's author has it.
use node_abi::{Bulk, Dtype};

use crate::Error;

/// One item: a JSON-like tree, or audio, a tensor, bytes.
///
/// A number that comes in has one form: without a fraction and |x| ≤ 2^53 it is [`Value::Int`]; larger integers are exact
/// within i64 and u64; NaN and infinities do not exist, and become null on their way out.
#[derive(Debug, Clone, Default, PartialEq)]
pub enum Value {
    /// JSON's null, Python's `None`.
    #[default]
    Null,
    /// A truth value.
    Bool(bool),
    /// An integer.
    Int(i64),
    /// An integer above `i64::MAX`.
    UInt(u64),
    /// A number.
    Float(f64),
    /// Text.
    Text(String),
    /// A list.
    List(Vec<Value>),
    /// A map, in the order its author wrote it; keys are unique.
    Map(Vec<(String, Value)>),
    /// Sound.
    Audio(Audio),
    /// An n-dimensional array.
    Tensor(Tensor),
    /// Opaque bytes.
    Bytes(Bytes),
}

/// Sound in PCM.
#[derive(Debug, Clone, PartialEq)]
pub struct Audio {
    /// Frames per second, in hertz; at least 1.
    pub sample_rate: u32,
    /// Interleaved channels; at least 1.
    pub channels: u16,
    /// Nominally in [-1, 1], interleaved, in whole frames.
    pub samples: Vec<f32>,
}

/// An n-dimensional array in C order, little-endian.
#[derive(Debug, Clone, PartialEq)]
pub struct Tensor {
    /// Type of one element.
    pub dtype: Dtype,
    /// Length of each dimension, outermost first; empty for a scalar.
    pub shape: Vec<u64>,
    /// product(shape) × size(dtype) bytes.
    pub data: Vec<u8>,
}

/// Opaque bytes: an encoded file, a blob.
#[derive(Debug, Clone, PartialEq)]
pub struct Bytes {
    /// Media type, if known, e.g. `audio/wav`.
    pub mime: Option<String>,
    /// Name of the file, if it was one.
    pub name: Option<String>,
    /// The bytes.
    pub data: Vec<u8>,
}

/// Lists of so many numbers travel packed.
const PACKED: usize = 32;

impl Value {
    /// The text this is.
    ///
    /// # Errors
    /// It is something else.
    pub fn text(&self) -> Result<&str, Error> {
        if let Value::Text(text) = self { Ok(text) } else { Err(self.is_not("text")) }
    }
    /// The number this is, rounded to f64.
    ///
    /// # Errors
    /// It is something else.
    pub fn number(&self) -> Result<f64, Error> {
        match *self {
            Value::Int(it) => Ok(it as f64),
            Value::UInt(it) => Ok(it as f64),
            Value::Float(it) => Ok(it),
            _ => Err(self.is_not("number")),
        }
    }
    /// The truth value this is.
    ///
    /// # Errors
    /// It is something else.
    pub fn bool(&self) -> Result<bool, Error> {
        if let Value::Bool(it) = self { Ok(*it) } else { Err(self.is_not("bool")) }
    }
    /// The sound this is.
    ///
    /// # Errors
    /// It is something else.
    pub fn audio(self) -> Result<Audio, Error> {
        if let Value::Audio(audio) = self { Ok(audio) } else { Err(self.is_not("audio")) }
    }
    /// The list this is.
    ///
    /// # Errors
    /// It is something else.
    pub fn items(&self) -> Result<&[Value], Error> {
        if let Value::List(items) = self { Ok(items) } else { Err(self.is_not("list")) }
    }
    /// The entry of a map.
    pub fn get(&self, key: &str) -> Option<&Value> {
        let Value::Map(entries) = self else { return None };
        entries.iter().find(|(name, _)| name == key).map(|(_, value)| value)
    }
    /// A map of `entries`.
    pub fn map<K: Into<String>, V: Into<Value>>(entries: impl IntoIterator<Item = (K, V)>) -> Self {
        Value::Map(entries.into_iter().map(|(key, value)| (key.into(), value.into())).collect())
    }
    /// What this is, in one word for messages.
    pub fn type_name(&self) -> &'static str {
        match self {
            Value::Null => "null",
            Value::Bool(_) => "bool",
            Value::Int(_) | Value::UInt(_) | Value::Float(_) => "number",
            Value::Text(_) => "text",
            Value::List(_) => "list",
            Value::Map(_) => "map",
            Value::Audio(_) => "audio",
            Value::Tensor(_) => "tensor",
            Value::Bytes(_) => "bytes",
        }
    }
    /// About how many bytes this takes.
    pub(crate) fn weight(&self) -> u64 {
        let bulk = match self {
            Value::Null | Value::Bool(_) | Value::Int(_) | Value::UInt(_) | Value::Float(_) => 0,
            Value::Text(text) => text.len() as u64,
            Value::List(items) => items.iter().map(Value::weight).sum(),
            Value::Map(entries) => entries.iter().map(|(key, it)| key.len() as u64 + it.weight()).sum(),
            Value::Audio(audio) => 4 * audio.samples.len() as u64,
            Value::Tensor(tensor) => tensor.data.len() as u64,
            Value::Bytes(bytes) => bytes.data.len() as u64,
        };
        16 + bulk
    }
    fn is_not(&self, expected: &str) -> Error {
        Error::invalid_input(format!("is {}, expected {expected}", self.type_name()))
    }
    /// As f64, if that is exact.
    fn exact(&self) -> Option<f64> {
        const MOST: i64 = 1 << 53;
        match *self {
            Value::Int(it) if (-MOST..=MOST).contains(&it) => Some(it as f64),
            Value::Float(it) => Some(it),
            _ => None,
        }
    }
}

fn whole(number: f64) -> Value {
    const MOST: f64 = 9_007_199_254_740_992.0;
    let int = number as i64;
    if int as f64 == number && number.abs() <= MOST { Value::Int(int) } else { Value::Float(number) }
}

impl From<node_abi::Value> for Value {
    fn from(value: node_abi::Value) -> Self {
        use node_abi::Value as Wire;
        match value {
            Wire::Null => Value::Null,
            Wire::Bool(it) => Value::Bool(it),
            Wire::Int(it) => Value::Int(it),
            Wire::UInt(it) => Value::UInt(it),
            Wire::Float(it) => Value::Float(it),
            Wire::Text(it) => Value::Text(it),
            Wire::List(items) => Value::List(items.into_iter().map(Value::from).collect()),
            Wire::Numbers(data) => Value::List(data.f64s().into_iter().map(whole).collect()),
            Wire::Map(entries) => {
                Value::Map(entries.into_iter().map(|(key, value)| (key, value.into())).collect())
            }
            Wire::Audio(it) => {
                let samples = it.samples.f32s();
                Value::Audio(Audio { sample_rate: it.sample_rate, channels: it.channels, samples })
            }
            Wire::Tensor(it) => Value::Tensor(Tensor { dtype: it.dtype, shape: it.shape, data: it.data.0 }),
            Wire::Bytes(it) => Value::Bytes(Bytes { mime: it.mime, name: it.name, data: it.data.0 }),
        }
    }
}

impl From<Value> for node_abi::Value {
    fn from(value: Value) -> Self {
        use node_abi::Value as Wire;
        match value {
            Value::Null => Wire::Null,
            Value::Bool(it) => Wire::Bool(it),
            Value::Int(it) => Wire::Int(it),
            Value::UInt(it) => Wire::UInt(it),
            Value::Float(it) => Wire::Float(it),
            Value::Text(it) => Wire::Text(it),
            Value::List(items) => list(items),
            Value::Map(entries) => {
                Wire::Map(entries.into_iter().map(|(key, value)| (key, value.into())).collect())
            }
            Value::Audio(it) => {
                let samples = Bulk::from_f32(&it.samples);
                Wire::Audio(node_abi::Audio { sample_rate: it.sample_rate, channels: it.channels, samples })
            }
            Value::Tensor(it) => {
                Wire::Tensor(node_abi::Tensor { dtype: it.dtype, shape: it.shape, data: Bulk(it.data) })
            }
            Value::Bytes(it) => {
                Wire::Bytes(node_abi::Bytes { mime: it.mime, name: it.name, data: Bulk(it.data) })
            }
        }
    }
}

fn list(items: Vec<Value>) -> node_abi::Value {
    if items.len() >= PACKED
        && let Some(numbers) = items.iter().map(Value::exact).collect::<Option<Vec<_>>>()
    {
        return node_abi::Value::Numbers(Bulk::from_f64(&numbers));
    }
    node_abi::Value::List(items.into_iter().map(node_abi::Value::from).collect())
}

macro_rules! from {
    ($($kind:ty => $it:ident: $value:expr),* $(,)?) => {$(
        impl From<$kind> for Value {
            fn from($it: $kind) -> Self {
                $value
            }
        }
    )*};
}
from! {
    bool => it: Value::Bool(it),
    i32 => it: Value::Int(it.into()),
    u32 => it: Value::Int(it.into()),
    i64 => it: Value::Int(it),
    u64 => it: i64::try_from(it).map_or(Value::UInt(it), Value::Int),
    f32 => it: Value::Float(it.into()),
    f64 => it: Value::Float(it),
    &str => it: Value::Text(it.into()),
    String => it: Value::Text(it),
    Vec<Value> => it: Value::List(it),
    Audio => it: Value::Audio(it),
    Tensor => it: Value::Tensor(it),
    Bytes => it: Value::Bytes(it),
}

impl<T: Into<Value>> From<Option<T>> for Value {
    fn from(it: Option<T>) -> Self {
        it.map_or(Value::Null, Into::into)
    }
}
