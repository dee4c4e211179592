//! Frames: the version and postcard.
use std::fmt;

use serde::{Serialize, de::DeserializeOwned};

use crate::{FromGuest, MAX_FRAME, MAX_VALUES, ToGuest, VERSION};

/// A message of v1: [`ToGuest`] or [`FromGuest`].
pub trait Message: Serialize + DeserializeOwned {}
impl Message for ToGuest {}
impl Message for FromGuest {}

/// Why bytes are no message. Never a panic, whatever the bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
#[allow(missing_docs, reason = "fields are what the text shows")]
pub enum AbiError {
    /// Nothing at all.
    Empty,
    /// A frame of another version.
    Version { found: u8 },
    /// Beyond [`MAX_FRAME`].
    TooLong { len: usize },
    /// Ends early, an unknown variant, nested too deep.
    Malformed(String),
    /// More bytes than the message has.
    Trailing { left: usize },
}

impl fmt::Display for AbiError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            AbiError::Empty => f.write_str("an empty frame"),
            AbiError::Version { found } => {
                write!(f, "a frame of node ABI version {found}, expected {VERSION}")
            }
            AbiError::TooLong { len } => write!(f, "a frame of {len} bytes, at most {MAX_FRAME}"),
            AbiError::Malformed(why) => write!(f, "malformed message: {why}"),
            AbiError::Trailing { left } => write!(f, "{left} bytes left over after the message"),
        }
    }
}

impl std::error::Error for AbiError {}

/// `message` as a frame.
///
/// # Errors
/// [`AbiError::Malformed`] if a value in it is nested deeper than [`crate::MAX_DEPTH`], [`AbiError::TooLong`].
pub fn encode<M: Message>(message: &M) -> Result<Vec<u8>, AbiError> {
    let frame = postcard::to_extend(message, vec![VERSION])
        .map_err(|error| AbiError::Malformed(error.to_string()))?;
    if frame.len() > MAX_FRAME { Err(AbiError::TooLong { len: frame.len() }) } else { Ok(frame) }
}

/// The message that `frame` is.
///
/// # Errors
/// Any [`AbiError`]; every proper prefix of a frame is one.
pub fn decode<M: Message>(frame: &[u8]) -> Result<M, AbiError> {
    decode_within(frame, MAX_VALUES)
}

/// As [`decode`], with a limit on the values in it.
pub(crate) fn decode_within<M: Message>(frame: &[u8], values: usize) -> Result<M, AbiError> {
    if frame.len() > MAX_FRAME {
        return Err(AbiError::TooLong { len: frame.len() });
    }
    let Some((&found, bytes)) = frame.split_first() else { return Err(AbiError::Empty) };
    if found != VERSION {
        return Err(AbiError::Version { found });
    }
    let _scope = depth::Scope::of(values);
    let (message, rest) =
        postcard::take_from_bytes(bytes).map_err(|error| AbiError::Malformed(error.to_string()))?;
    if rest.is_empty() { Ok(message) } else { Err(AbiError::Trailing { left: rest.len() }) }
}

/// How deep the value being written or read is nested, and how many more values may be read.
pub(crate) mod depth {
    use crate::MAX_DEPTH;
    use std::cell::Cell;

    thread_local!(static LEVEL: Cell<u32> = const { Cell::new(0) });
    thread_local!(static LEFT: Cell<usize> = const { Cell::new(usize::MAX) });

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

    /// Whether one more value may be read.
    pub(crate) fn pay() -> bool {
        let left = LEFT.get();
        LEFT.set(left.saturating_sub(1));
        left > 0
    }

    /// While a message is read.
    pub(crate) struct Scope(());

    impl Scope {
        pub(crate) fn of(values: usize) -> Self {
            LEFT.set(values);
            Scope(())
        }
    }

    impl Drop for Scope {
        fn drop(&mut self) {
            LEFT.set(usize::MAX);
        }
    }
}
