//! Frames: a postcard header and the buffers it refers to.
use std::fmt;

use serde::{Deserialize, Serialize, de::DeserializeOwned};

use crate::{Buffer, FromHost, FromRuntime, FromWorker, ToHost, ToRuntime, ToWorker, Value, list};

/// A header may have this many bytes: bulk data lies beside it, so more is a mistake or an attack.
pub const MAX_HEADER: usize = 64 << 20;

/// Bytes before the postcard part: `RM`, the fingerprint, the channel.
const PREFIX: usize = 2 + 8 + 1;

/// Hash (FNV-1a, 64 bit) of the sources that define the messages and their codec. It changes whenever any of
/// them does, so a stale cached build can never misread a new one; both refuse each other instead.
pub const FINGERPRINT: u64 = fnv1a(
    0xcbf2_9ce4_8422_2325,
    &[
        include_bytes!("value.rs"),
        include_bytes!("frame.rs"),
        include_bytes!("list.rs"),
        include_bytes!("host.rs"),
        include_bytes!("page.rs"),
        include_bytes!("worker.rs"),
        include_bytes!("fault.rs"),
        include_bytes!("catalog.rs"),
        include_bytes!("model.rs"),
    ],
);

/// Goes on with the hash `start` over `sources`: for whoever speaks these messages and more, and has a fingerprint too.
pub const fn fnv1a(start: u64, sources: &[&[u8]]) -> u64 {
    let mut hash = start;
    let mut source = 0;
    while source < sources.len() {
        let mut i = 0;
        while i < sources[source].len() {
            hash = (hash ^ sources[source][i] as u64).wrapping_mul(0x0100_0000_01b3);
            i += 1;
        }
        source += 1;
    }
    hash
}

/// Which conversation a frame belongs to; its number is the last byte before the postcard part.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs, reason = "named after the message enums")]
pub enum Channel {
    ToRuntime = 1,
    FromRuntime = 2,
    ToHost = 3,
    FromHost = 4,
    ToWorker = 5,
    FromWorker = 6,
    Values = 7,
}

/// A message enum; each has a channel of its own, so none is ever read as another.
pub trait Message: Serialize + DeserializeOwned {
    /// The channel it travels on.
    const CHANNEL: Channel;
}
macro_rules! messages {
    ($($name:ident),*) => {$(impl Message for $name { const CHANNEL: Channel = Channel::$name; })*};
}
messages!(ToRuntime, FromRuntime, ToHost, FromHost, ToWorker, FromWorker);

/// A message as it travels.
#[derive(Debug, Clone)]
pub struct Frame {
    /// `RM`, fingerprint, channel, postcard.
    pub header: Vec<u8>,
    /// Bulk data, referred to by position.
    pub buffers: Vec<Buffer>,
}

/// Why bytes are no message. Never a panic, whatever the bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
#[allow(missing_docs, reason = "fields are what the text shows")]
pub enum DecodeError {
    /// Not a frame at all.
    NotAFrame,
    /// A frame of another build.
    Fingerprint { found: u64, expected: u64 },
    /// A frame of another conversation.
    Channel { found: u8, expected: u8 },
    /// A header beyond [`MAX_HEADER`].
    TooLong { len: usize, max: usize },
    /// Ends early, an unknown variant, too deep, a slot that is not there.
    Malformed(String),
    /// More bytes than the message has: another build, or an attack.
    Trailing { left: usize },
}

impl fmt::Display for DecodeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            DecodeError::NotAFrame => f.write_str("not a frame"),
            DecodeError::Fingerprint { found, expected } => {
                write!(
                    f,
                    "message of another build ({found:016x}, this is {expected:016x}): is an old build cached?"
                )
            }
            DecodeError::Channel { found, expected } => {
                write!(f, "message of channel {found} on channel {expected}")
            }
            DecodeError::TooLong { len, max } => write!(f, "header of {len} bytes, at most {max}"),
            DecodeError::Malformed(why) => write!(f, "malformed message: {why}"),
            DecodeError::Trailing { left } => write!(f, "{left} bytes left over after the message"),
        }
    }
}

impl std::error::Error for DecodeError {}

/// `message` as header and buffers.
///
/// # Errors
/// [`DecodeError::Malformed`] if a value in it is nested deeper than [`crate::MAX_DEPTH`].
pub fn encode<M: Message>(message: &M) -> Result<Frame, DecodeError> {
    encode_on(M::CHANNEL, message)
}

/// The message that `frame` is.
///
/// # Errors
/// Any [`DecodeError`]; every proper prefix of a message is one.
pub fn decode<M: Message>(frame: &Frame) -> Result<M, DecodeError> {
    decode_on(M::CHANNEL, frame)
}

fn encode_on<T: Serialize>(channel: Channel, message: &T) -> Result<Frame, DecodeError> {
    let mut header = Vec::with_capacity(64);
    header.extend_from_slice(b"RM");
    header.extend_from_slice(&FINGERPRINT.to_le_bytes());
    header.push(channel as u8);
    let scope = slots::Scope::writing();
    let header =
        postcard::to_extend(message, header).map_err(|error| DecodeError::Malformed(error.to_string()))?;
    Ok(Frame { header, buffers: scope.finish() })
}

fn decode_on<T: DeserializeOwned>(channel: Channel, frame: &Frame) -> Result<T, DecodeError> {
    let header = &frame.header;
    if header.len() > MAX_HEADER {
        return Err(DecodeError::TooLong { len: header.len(), max: MAX_HEADER });
    }
    if header.len() < PREFIX || &header[..2] != b"RM" {
        return Err(DecodeError::NotAFrame);
    }
    let mut stamp = [0; 8];
    stamp.copy_from_slice(&header[2..10]);
    let found = u64::from_le_bytes(stamp);
    if found != FINGERPRINT {
        return Err(DecodeError::Fingerprint { found, expected: FINGERPRINT });
    }
    if header[10] != channel as u8 {
        return Err(DecodeError::Channel { found: header[10], expected: channel as u8 });
    }
    let _scope = slots::Scope::reading(&frame.buffers);
    let (message, rest) = postcard::take_from_bytes(&header[PREFIX..])
        .map_err(|error| DecodeError::Malformed(error.to_string()))?;
    if rest.is_empty() { Ok(message) } else { Err(DecodeError::Trailing { left: rest.len() }) }
}

/// Values packed as one buffer of their own, so that whoever only passes them on need not decode them:
/// the page's half is written and read by JavaScript directly.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Packed {
    /// How many values.
    pub count: u32,
    /// postcard of `Vec<Value>`; slots inside count from 0 in `slots`.
    pub data: Buffer,
    /// Bulk data of the values.
    pub slots: Vec<Buffer>,
}

impl Packed {
    /// Packs `values`.
    ///
    /// # Errors
    /// [`DecodeError::Malformed`] if one is nested deeper than [`crate::MAX_DEPTH`].
    pub fn pack(values: &[Value]) -> Result<Self, DecodeError> {
        let scope = slots::Scope::writing();
        let data = list::write(values).map_err(|error| DecodeError::Malformed(error.to_string()))?;
        Ok(Packed { count: values.len() as u32, data: Buffer::from_bytes(data), slots: scope.finish() })
    }
    /// The values.
    ///
    /// # Errors
    /// Any [`DecodeError`] the bytes deserve.
    pub fn unpack(&self) -> Result<Vec<Value>, DecodeError> {
        let bytes = self.data.bytes().map_err(|error| DecodeError::Malformed(error.to_string()))?;
        let _scope = slots::Scope::reading(&self.slots);
        let (values, rest) = list::read(&bytes).map_err(|error| DecodeError::Malformed(error.to_string()))?;
        match rest.len() {
            0 if values.len() == self.count as usize => Ok(values),
            0 => Err(DecodeError::Malformed(format!(
                "{} values where {} were announced",
                values.len(),
                self.count
            ))),
            left => Err(DecodeError::Trailing { left }),
        }
    }
}

/// The buffers of the frame being written or read. serde hands no context through `Serialize`, so it lies
/// beside: one thread, one frame at a time, each in its own scope.
pub(crate) mod slots {
    use super::Buffer;
    use std::cell::RefCell;

    thread_local!(static OPEN: RefCell<Vec<Vec<Buffer>>> = const { RefCell::new(Vec::new()) });

    pub(crate) struct Scope(());

    impl Scope {
        pub(crate) fn writing() -> Self {
            Self::reading(&[])
        }
        pub(crate) fn reading(buffers: &[Buffer]) -> Self {
            OPEN.with_borrow_mut(|open| open.push(buffers.to_vec()));
            Scope(())
        }
        pub(crate) fn finish(self) -> Vec<Buffer> {
            OPEN.with_borrow_mut(|open| open.last_mut().map(std::mem::take).unwrap_or_default())
        }
    }

    impl Drop for Scope {
        fn drop(&mut self) {
            OPEN.with_borrow_mut(Vec::pop);
        }
    }

    pub(crate) fn put(buffer: &Buffer) -> u32 {
        OPEN.with_borrow_mut(|open| {
            let Some(buffers) = open.last_mut() else { return u32::MAX };
            buffers.push(buffer.clone());
            buffers.len() as u32 - 1
        })
    }

    pub(crate) fn take(slot: u32) -> Option<Buffer> {
        OPEN.with_borrow(|open| open.last()?.get(slot as usize).cloned())
    }
}

/// How deep the value being written or read is nested.
pub(crate) mod depth {
    use crate::MAX_DEPTH;
    use std::cell::Cell;

    thread_local!(static LEVEL: Cell<u32> = const { Cell::new(0) });

    pub(crate) struct Level(());

    impl Drop for Level {
        fn drop(&mut self) {
            LEVEL.set(LEVEL.get() - 1);
        }
    }

    pub(crate) fn enter() -> Option<Level> {
        if LEVEL.get() > MAX_DEPTH {
            return None;
        }
        LEVEL.set(LEVEL.get() + 1);
        Some(Level(()))
    }
}
