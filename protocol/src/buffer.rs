//! Bulk data that is referred to, not copied: PCM, tensors, encoded files, blobs.
use std::any::Any;
use std::borrow::Cow;
use std::fmt;
use std::rc::Rc;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error};

use crate::frame::slots;

/// Bytes that can be read at any offset. A recording of 2 GB is read piecewise through this, never whole.
pub trait ByteSource: Any {
    /// Size in bytes.
    fn size(&self) -> u64;
    /// Copies bytes from `offset` on into `out` and says how many; 0 only at or past the end.
    ///
    /// # Errors
    /// If the bytes behind this source can no longer be read (a file changed on disk, say).
    fn read_at(&self, offset: u64, out: &mut [u8]) -> Result<usize, ReadError>;
    /// All bytes, if they lie in this memory already.
    fn as_slice(&self) -> Option<&[u8]> {
        None
    }
    /// For the place that made this source to find its own type again.
    fn as_any(&self) -> &dyn Any;
}

/// Bytes could not be read; the text says why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReadError(pub String);

impl fmt::Display for ReadError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for ReadError {}

/// A shared handle to a [`ByteSource`]; cloning copies no bytes.
#[derive(Clone)]
pub struct Buffer(Rc<dyn ByteSource>);

impl Buffer {
    /// A handle to any source of bytes, e.g. a JavaScript buffer that stays outside this memory.
    pub fn new(source: impl ByteSource) -> Self {
        Buffer(Rc::new(source))
    }
    /// Owns `bytes`.
    pub fn from_bytes(bytes: Vec<u8>) -> Self {
        Self::new(bytes)
    }
    /// Owns `samples`, as little-endian bytes of f32.
    pub fn from_f32(samples: Vec<f32>) -> Self {
        Self::new(samples)
    }
    /// Owns `numbers`, as little-endian bytes of f64.
    pub fn from_f64(numbers: Vec<f64>) -> Self {
        Self::new(numbers)
    }
    /// Size in bytes.
    pub fn size(&self) -> u64 {
        self.0.size()
    }
    /// Whether nobody else holds this buffer, so that it may be given away instead of copied.
    pub fn is_unique(&self) -> bool {
        Rc::strong_count(&self.0) == 1
    }
    /// The source itself.
    pub fn source(&self) -> &dyn ByteSource {
        &*self.0
    }
    /// All bytes: borrowed if they lie in this memory, else read.
    ///
    /// # Errors
    /// As [`ByteSource::read_at`]; also if the source ends before its size.
    pub fn bytes(&self) -> Result<Cow<'_, [u8]>, ReadError> {
        match self.0.as_slice() {
            Some(bytes) => Ok(Cow::Borrowed(bytes)),
            None => read_whole(&*self.0).map(Cow::Owned),
        }
    }
    /// The bytes as little-endian f32; a tail of fewer than 4 bytes is dropped.
    ///
    /// # Errors
    /// As [`Buffer::bytes`].
    pub fn f32s(&self) -> Result<Cow<'_, [f32]>, ReadError> {
        self.cast()
    }
    /// The bytes as little-endian f64; a tail of fewer than 8 bytes is dropped.
    ///
    /// # Errors
    /// As [`Buffer::bytes`].
    pub fn f64s(&self) -> Result<Cow<'_, [f64]>, ReadError> {
        self.cast()
    }

    fn cast<T: bytemuck::Pod>(&self) -> Result<Cow<'_, [T]>, ReadError> {
        let whole = |bytes: &[u8]| bytes.len() / size_of::<T>() * size_of::<T>();
        Ok(match self.bytes()? {
            Cow::Borrowed(bytes) => match bytemuck::try_cast_slice(&bytes[..whole(bytes)]) {
                Ok(cast) => Cow::Borrowed(cast),
                Err(_) => Cow::Owned(bytemuck::allocation::pod_collect_to_vec(&bytes[..whole(bytes)])),
            },
            Cow::Owned(bytes) => {
                Cow::Owned(bytemuck::allocation::pod_collect_to_vec(&bytes[..whole(&bytes)]))
            }
        })
    }
}

fn read_whole(source: &dyn ByteSource) -> Result<Vec<u8>, ReadError> {
    let size = usize::try_from(source.size()).map_err(|_| ReadError("larger than memory".into()))?;
    let mut bytes = vec![0; size];
    let mut filled = 0;
    while filled < size {
        match source.read_at(filled as u64, &mut bytes[filled..])? {
            0 => return Err(ReadError(format!("ends after {filled} of {size} bytes"))),
            n => filled += n,
        }
    }
    Ok(bytes)
}

macro_rules! memory_source {
    ($($element:ty),*) => {$(
        impl ByteSource for Vec<$element> {
            fn size(&self) -> u64 {
                size_of_val(&self[..]) as u64
            }
            fn read_at(&self, offset: u64, out: &mut [u8]) -> Result<usize, ReadError> {
                let bytes: &[u8] = bytemuck::cast_slice(self);
                let start = usize::try_from(offset).unwrap_or(usize::MAX).min(bytes.len());
                let count = out.len().min(bytes.len() - start);
                out[..count].copy_from_slice(&bytes[start..start + count]);
                Ok(count)
            }
            fn as_slice(&self) -> Option<&[u8]> {
                Some(bytemuck::cast_slice(self))
            }
            fn as_any(&self) -> &dyn Any {
                self
            }
        }
    )*};
}
memory_source!(u8, f32, f64);

impl fmt::Debug for Buffer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Buffer({} bytes)", self.size())
    }
}

/// By content; buffers that cannot be read equal nothing but themselves.
impl PartialEq for Buffer {
    fn eq(&self, other: &Self) -> bool {
        Rc::ptr_eq(&self.0, &other.0)
            || matches!((self.bytes(), other.bytes()), (Ok(mine), Ok(theirs)) if mine == theirs)
    }
}

/// On the wire a buffer is the number of its slot beside the header.
impl Serialize for Buffer {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        slots::put(self).serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Buffer {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let slot = u32::deserialize(deserializer)?;
        slots::take(slot).ok_or_else(|| D::Error::custom("no such slot"))
    }
}
