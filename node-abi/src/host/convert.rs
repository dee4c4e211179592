//! Values of the engine ↔ values of v1: the same tree, but here bulk data lies inside.
use std::collections::HashSet;

use protocol::{Buffer, Code, Fault, Value as Inner};

use crate::{Audio, Bulk, Bytes, Dtype, Tensor, Value};

/// The bytes that handing `value` to a guest takes, those outside memory included.
pub(crate) fn size(value: &Inner) -> u64 {
    match value {
        Inner::Bytes(bytes) => 16 + bytes.data.size(),
        Inner::List(items) => items.iter().fold(16, |sum, it| sum.saturating_add(size(it))),
        Inner::Map(entries) => {
            entries.iter().fold(16, |sum, (key, it)| sum.saturating_add(size(it) + key.len() as u64))
        }
        Inner::Null
        | Inner::Bool(_)
        | Inner::Int(_)
        | Inner::UInt(_)
        | Inner::Float(_)
        | Inner::Text(_)
        | Inner::Numbers(_)
        | Inner::Audio(_)
        | Inner::Tensor(_) => value.weight(),
    }
}

/// `value` for a guest. Data outside memory is read, whole.
///
/// # Errors
/// [`Code::LimitExceeded`] if it takes more than `room` bytes, [`Code::InvalidInput`] if it cannot be read.
pub fn to_guest(value: &Inner, room: u64) -> Result<Value, Fault> {
    let size = size(value);
    if size > room {
        let message =
            format!("takes at most {room} bytes at once, and this {} has {size}", value.type_name());
        return Err(Fault::new(Code::LimitExceeded, message));
    }
    outward(value)
}

fn outward(value: &Inner) -> Result<Value, Fault> {
    Ok(match value {
        Inner::Null => Value::Null,
        Inner::Bool(it) => Value::Bool(*it),
        Inner::Int(it) => Value::Int(*it),
        Inner::UInt(it) => Value::UInt(*it),
        Inner::Float(it) => Value::Float(*it),
        Inner::Text(it) => Value::Text(it.clone()),
        Inner::List(items) => Value::List(items.iter().map(outward).collect::<Result<_, _>>()?),
        Inner::Numbers(data) => Value::Numbers(read(data)?),
        Inner::Map(entries) => {
            let entry = |(key, value): &(String, Inner)| Ok((key.clone(), outward(value)?));
            Value::Map(entries.iter().map(entry).collect::<Result<_, Fault>>()?)
        }
        Inner::Audio(it) => Value::Audio(Audio {
            sample_rate: it.sample_rate,
            channels: it.channels,
            samples: read(&it.samples)?,
        }),
        Inner::Tensor(it) => Value::Tensor(Tensor {
            dtype: Dtype::ALL[it.dtype as usize],
            shape: it.shape.clone(),
            data: read(&it.data)?,
        }),
        Inner::Bytes(it) => {
            Value::Bytes(Bytes { mime: it.mime.clone(), name: it.name.clone(), data: read(&it.data)? })
        }
    })
}

fn read(data: &Buffer) -> Result<Bulk, Fault> {
    let bytes = data.bytes().map_err(|error| Fault::new(Code::InvalidInput, error.to_string()))?;
    Ok(Bulk(bytes.into_owned()))
}

/// What a guest gave, with every number in its one form.
///
/// # Errors
/// What is wrong with it: sound without a rate, a tensor of another size than its shape, a key twice.
pub fn from_guest(value: Value) -> Result<Inner, String> {
    Ok(match value {
        Value::Null => Inner::Null,
        Value::Bool(it) => Inner::Bool(it),
        Value::Int(it) => Inner::Int(it),
        Value::UInt(it) => Inner::uint(it),
        Value::Float(it) => Inner::number(it),
        Value::Text(it) => Inner::Text(it),
        Value::List(items) => Inner::List(items.into_iter().map(from_guest).collect::<Result<_, _>>()?),
        Value::Numbers(data) => numbers(data)?,
        Value::Map(entries) => map(entries)?,
        Value::Audio(it) => audio(it)?,
        Value::Tensor(it) => tensor(it)?,
        Value::Bytes(it) => Inner::Bytes(protocol::Bytes {
            mime: it.mime,
            name: it.name,
            data: Buffer::from_bytes(it.data.0),
        }),
    })
}

fn numbers(data: Bulk) -> Result<Inner, String> {
    let size = data.0.len();
    if size.is_multiple_of(8) {
        Ok(Inner::Numbers(Buffer::from_bytes(data.0)))
    } else {
        Err(format!("a list of numbers has {size} bytes, no multiple of 8"))
    }
}

fn map(entries: Vec<(String, Value)>) -> Result<Inner, String> {
    let mut keys = HashSet::with_capacity(entries.len());
    if let Some((key, _)) = entries.iter().find(|(key, _)| !keys.insert(key.as_str())) {
        return Err(format!("a map has the key {key:?} twice"));
    }
    let entry = |(key, value)| Ok((key, from_guest(value)?));
    Ok(Inner::Map(entries.into_iter().map(entry).collect::<Result<_, String>>()?))
}

fn audio(it: Audio) -> Result<Inner, String> {
    let (frame, size) = (4 * usize::from(it.channels), it.samples.0.len());
    if it.sample_rate == 0 || frame == 0 || size % frame != 0 {
        let (rate, channels) = (it.sample_rate, it.channels);
        return Err(format!("audio of {rate} Hz and {channels} channels has {size} bytes of samples"));
    }
    let samples = Buffer::from_bytes(it.samples.0);
    Ok(Inner::Audio(protocol::Audio { sample_rate: it.sample_rate, channels: it.channels, samples }))
}

fn tensor(it: Tensor) -> Result<Inner, String> {
    let expected = it.shape.iter().try_fold(it.dtype.size(), |product, length| product.checked_mul(*length));
    let size = it.data.0.len();
    if expected != Some(size as u64) {
        let (dtype, dimensions) = (it.dtype, it.shape.len());
        return Err(format!(
            "a {dtype:?} tensor of {dimensions} dimensions has {size} bytes, not what they take"
        ));
    }
    let dtype = protocol::Dtype::ALL[it.dtype as usize];
    Ok(Inner::Tensor(protocol::Tensor { dtype, shape: it.shape, data: Buffer::from_bytes(it.data.0) }))
}
