//! What travels through nodes.
use serde::{Deserialize, Deserializer, Serialize, Serializer, de, de::Error as _, ser::Error as _};

use crate::codec::depth;

/// One item: a JSON-like tree, or audio, a tensor, bytes.
///
/// A number that comes from the host has one form: without a fraction and |x| ≤ 2^53 it is [`Value::Int`]; integers
/// beyond that stay exact within i64 and u64; NaN and infinities do not exist. The host takes numbers in any form and
/// makes NaN and infinities null.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(remote = "Self")]
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
    /// A list of nothing but numbers, as little-endian f64: the same to a node as the [`Value::List`] of them.
    Numbers(Bulk),
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
    /// f32 little-endian, nominally in [-1, 1], interleaved, in whole frames.
    pub samples: Bulk,
}

/// An n-dimensional array in C order, little-endian.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Tensor {
    /// Type of one element.
    pub dtype: Dtype,
    /// Length of each dimension, outermost first; empty for a scalar.
    pub shape: Vec<u64>,
    /// product(shape) × size(dtype) bytes.
    pub data: Bulk,
}

/// Opaque bytes.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Bytes {
    /// Media type, if known, e.g. `audio/wav`.
    pub mime: Option<String>,
    /// Name of the file, if it was one.
    pub name: Option<String>,
    /// The bytes.
    pub data: Bulk,
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

/// Bulk data: on the wire its length and its bytes, copied at once.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Bulk(pub Vec<u8>);

impl Bulk {
    /// `samples`, as little-endian bytes of f32.
    pub fn from_f32(samples: &[f32]) -> Self {
        Bulk(samples.iter().flat_map(|it| it.to_le_bytes()).collect())
    }
    /// `numbers`, as little-endian bytes of f64.
    pub fn from_f64(numbers: &[f64]) -> Self {
        Bulk(numbers.iter().flat_map(|it| it.to_le_bytes()).collect())
    }
    /// The bytes as little-endian f32; a tail of fewer than 4 bytes is dropped.
    pub fn f32s(&self) -> Vec<f32> {
        self.0.as_chunks().0.iter().map(|it| f32::from_le_bytes(*it)).collect()
    }
    /// The bytes as little-endian f64; a tail of fewer than 8 bytes is dropped.
    pub fn f64s(&self) -> Vec<f64> {
        self.0.as_chunks().0.iter().map(|it| f64::from_le_bytes(*it)).collect()
    }
}

impl std::fmt::Debug for Bulk {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Bulk({} bytes)", self.0.len())
    }
}

impl Serialize for Bulk {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_bytes(&self.0)
    }
}

impl<'de> Deserialize<'de> for Bulk {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Whole;
        impl de::Visitor<'_> for Whole {
            type Value = Bulk;
            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("bytes")
            }
            fn visit_bytes<E: de::Error>(self, bytes: &[u8]) -> Result<Bulk, E> {
                Ok(Bulk(bytes.to_vec()))
            }
        }
        deserializer.deserialize_bytes(Whole)
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
        if !depth::pay() {
            return Err(D::Error::custom("too many values"));
        }
        Value::deserialize(deserializer)
    }
}
