//! What travels along the edges of a pipeline.
use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _, ser::Error as _};

use crate::Buffer;
use crate::frame::depth;

/// Lists and maps may be nested this deep; a scalar has depth 0.
pub const MAX_DEPTH: u32 = 100;

/// One item: a JSON-like tree, or audio, a tensor, bytes (bulk data lies in [`Buffer`]s).
///
/// A number has one form only: without a fraction and |x| ≤ 2^53 it is [`Value::Int`]; integers beyond that
/// stay exact within i64 and u64; NaN and infinities do not exist (they become [`Value::Null`]).
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(remote = "Self")]
pub enum Value {
    /// JSON's null, Python's `None`.
    #[default]
    Null,
    /// A truth value.
    Bool(bool),
    /// An integer.
    Int(i64),
    /// An integer above `i64::MAX` only.
    UInt(u64),
    /// A finite number which is not an [`Value::Int`].
    Float(f64),
    /// Text.
    Text(String),
    /// A list.
    List(Vec<Value>),
    /// A long list of nothing but numbers exact in f64, as little-endian f64. Equal to the [`Value::List`] of them.
    Numbers(Buffer),
    /// A map, in the order its author wrote it; keys are unique.
    Map(Vec<(String, Value)>),
    /// Sound.
    Audio(Audio),
    /// An n-dimensional array.
    Tensor(Tensor),
    /// Opaque bytes: an encoded file, a blob.
    Bytes(Bytes),
}

/// Sound in PCM.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Audio {
    /// Frames per second, in hertz; at least 1.
    pub sample_rate: u32,
    /// Interleaved channels; at least 1.
    pub channels: u16,
    /// f32 little-endian, nominally in [-1, 1], interleaved.
    pub samples: Buffer,
}

/// An n-dimensional array in C order, little-endian.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Tensor {
    /// Type of one element.
    pub dtype: Dtype,
    /// Length of each dimension, outermost first; empty for a scalar.
    pub shape: Vec<u64>,
    /// product(shape) × size(dtype) bytes.
    pub data: Buffer,
}

/// Opaque bytes, perhaps outside memory (a file the user picked).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Bytes {
    /// Media type, if known, e.g. `audio/wav`.
    pub mime: Option<String>,
    /// Name of the file, if it was one.
    pub name: Option<String>,
    /// The bytes.
    pub data: Buffer,
}

/// Type of one element of a [`Tensor`], named as numpy does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[allow(missing_docs, reason = "each name says all there is")]
pub enum Dtype {
    Bool,
    Int8,
    Int16,
    Int32,
    Int64,
    Uint8,
    Uint16,
    Uint32,
    Uint64,
    Float32,
    Float64,
}

impl Dtype {
    /// Every one, in wire order.
    pub const ALL: [Dtype; 11] = [
        Dtype::Bool,
        Dtype::Int8,
        Dtype::Int16,
        Dtype::Int32,
        Dtype::Int64,
        Dtype::Uint8,
        Dtype::Uint16,
        Dtype::Uint32,
        Dtype::Uint64,
        Dtype::Float32,
        Dtype::Float64,
    ];
    /// numpy's name, e.g. `float32`.
    pub fn name(self) -> &'static str {
        match self {
            Dtype::Bool => "bool",
            Dtype::Int8 => "int8",
            Dtype::Int16 => "int16",
            Dtype::Int32 => "int32",
            Dtype::Int64 => "int64",
            Dtype::Uint8 => "uint8",
            Dtype::Uint16 => "uint16",
            Dtype::Uint32 => "uint32",
            Dtype::Uint64 => "uint64",
            Dtype::Float32 => "float32",
            Dtype::Float64 => "float64",
        }
    }
    /// The one numpy calls `name`.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|dtype| dtype.name() == name)
    }
    /// Bytes of one element.
    pub fn size(self) -> u64 {
        match self {
            Dtype::Bool | Dtype::Int8 | Dtype::Uint8 => 1,
            Dtype::Int16 | Dtype::Uint16 => 2,
            Dtype::Int32 | Dtype::Uint32 | Dtype::Float32 => 4,
            Dtype::Int64 | Dtype::Uint64 | Dtype::Float64 => 8,
        }
    }
}

/// 2^53: up to here f64 holds every integer.
const EXACT: f64 = 9_007_199_254_740_992.0;

impl Value {
    /// A number in its one form; NaN and infinities are null.
    pub fn number(x: f64) -> Self {
        if !x.is_finite() {
            Value::Null
        } else if is_whole(x) && x.abs() <= EXACT {
            Value::Int(x as i64)
        } else {
            Value::Float(x)
        }
    }
    /// A number computed in f64 by a Rust node of manifest v1: whole results below 2^63 are integers there.
    pub fn computed(x: f64) -> Self {
        if is_whole(x) && x.abs() < 9_223_372_036_854_775_808.0 {
            Value::Int(x as i64)
        } else {
            Self::number(x)
        }
    }
    /// An unsigned integer in its one form.
    pub fn uint(x: u64) -> Self {
        i64::try_from(x).map_or(Value::UInt(x), Value::Int)
    }
    /// The number this is, rounded to f64; `None` for anything that is no number (a bool is none).
    pub fn as_f64(&self) -> Option<f64> {
        match *self {
            Value::Int(x) => Some(x as f64),
            Value::UInt(x) => Some(x as f64),
            Value::Float(x) => Some(x),
            _ => None,
        }
    }
    /// The text this is.
    pub fn as_text(&self) -> Option<&str> {
        if let Value::Text(text) = self { Some(text) } else { None }
    }
    /// The entry of a map.
    pub fn get(&self, key: &str) -> Option<&Value> {
        let Value::Map(entries) = self else { return None };
        entries.iter().find(|(name, _)| name == key).map(|(_, value)| value)
    }
    /// A map of `entries`.
    pub fn map<K: Into<String>>(entries: impl IntoIterator<Item = (K, Value)>) -> Self {
        Value::Map(entries.into_iter().map(|(key, value)| (key.into(), value)).collect())
    }
    /// What this is, in one word for messages: `null`, `bool`, `number`, `text`, `list`, `map`, `audio`, `tensor`, `bytes`.
    pub fn type_name(&self) -> &'static str {
        match self {
            Value::Null => "null",
            Value::Bool(_) => "bool",
            Value::Int(_) | Value::UInt(_) | Value::Float(_) => "number",
            Value::Text(_) => "text",
            Value::List(_) | Value::Numbers(_) => "list",
            Value::Map(_) => "map",
            Value::Audio(_) => "audio",
            Value::Tensor(_) => "tensor",
            Value::Bytes(_) => "bytes",
        }
    }
    /// About how many bytes this takes; what queues and limits count in.
    #[inline]
    pub fn weight(&self) -> u64 {
        match self {
            Value::Null | Value::Bool(_) | Value::Int(_) | Value::UInt(_) | Value::Float(_) => 16,
            Value::Text(_)
            | Value::List(_)
            | Value::Numbers(_)
            | Value::Map(_)
            | Value::Audio(_)
            | Value::Tensor(_)
            | Value::Bytes(_) => 16 + self.bulk(),
        }
    }
    fn bulk(&self) -> u64 {
        match self {
            Value::Null | Value::Bool(_) | Value::Int(_) | Value::UInt(_) | Value::Float(_) => 0,
            Value::Text(text) => text.len() as u64,
            Value::List(items) => items.iter().map(Value::weight).sum(),
            Value::Map(entries) => entries.iter().map(|(key, value)| key.len() as u64 + value.weight()).sum(),
            Value::Numbers(data) => data.size(),
            Value::Audio(audio) => audio.samples.size(),
            Value::Tensor(tensor) => tensor.data.size(),
            // A blob on disk weighs nothing here until somebody reads it.
            Value::Bytes(bytes) => bytes.data.source().as_slice().map_or(0, |slice| slice.len() as u64),
        }
    }
    /// The items of a list, packed or not.
    pub fn items(&self) -> Option<Vec<Value>> {
        if let Value::List(items) = self {
            Some(items.clone())
        } else if let Value::Numbers(data) = self {
            Some(data.f64s().ok()?.iter().map(|x| Value::number(*x)).collect())
        } else {
            None
        }
    }
}

/// For numbers within i64; beyond, all are whole anyway. `fract` is a call where SSE4 is not taken for granted.
fn is_whole(x: f64) -> bool {
    (x as i64) as f64 == x
}

impl PartialEq for Value {
    fn eq(&self, other: &Self) -> bool {
        match (self, other) {
            (Value::Null, Value::Null) => true,
            (Value::Bool(a), Value::Bool(b)) => a == b,
            (Value::Int(a), Value::Int(b)) => a == b,
            (Value::UInt(a), Value::UInt(b)) => a == b,
            (Value::Float(a), Value::Float(b)) => a == b,
            (Value::Text(a), Value::Text(b)) => a == b,
            (Value::List(a), Value::List(b)) => a == b,
            (Value::Numbers(a), Value::Numbers(b)) => a == b,
            (Value::List(_), Value::Numbers(_)) | (Value::Numbers(_), Value::List(_)) => {
                self.items() == other.items()
            }
            (Value::Map(a), Value::Map(b)) => {
                a.len() == b.len() && a.iter().all(|(key, value)| other.get(key) == Some(value))
            }
            (Value::Audio(a), Value::Audio(b)) => a == b,
            (Value::Tensor(a), Value::Tensor(b)) => a == b,
            (Value::Bytes(a), Value::Bytes(b)) => a == b,
            _ => false,
        }
    }
}

/// Depth-capped: postcard recurses, and 200 kB of hostile bytes would overflow the stack.
impl Serialize for Value {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Some(_level) = depth::enter() else { return Err(S::Error::custom("value nested too deep")) };
        Value::serialize(self, serializer)
    }
}

impl<'de> Deserialize<'de> for Value {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let Some(_level) = depth::enter() else { return Err(D::Error::custom("value nested too deep")) };
        Ok(match Value::deserialize(deserializer)? {
            // The page writes every number it can as a float: integers get their one form here.
            Value::Float(x) => Value::number(x),
            other => other,
        })
    }
}
