//! Postcard as the codec of gloo-worker.
//!
//! gloo-worker wraps each message in an enum of its own, which only its codec sees, and lets that codec report no
//! error. So there are two layers: the *envelope* is gloo-worker's enum, a few bytes of postcard; what we say is a
//! [`Parcel`] in it, a frame that travels beside the envelope and is read by us, where errors are values. An envelope that
//! cannot be read becomes one that nobody has asked for, and whoever listens hears why.
use std::cell::RefCell;

use protocol::{DecodeError, Frame, MAX_HEADER};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de::DeserializeOwned};

use super::message::{FINGERPRINT, malformed};

/// `RG`, whose bridge it is of, the fingerprint.
const PREFIX: usize = 2 + 4 + 8;

/// gloo-worker's number of "this is for a worker" and of "this is for a bridge", and a bridge that nobody has:
/// what an envelope becomes that cannot be read.
const NOBODYS: [u8; 6] = [1, 0xff, 0xff, 0xff, 0xff, 0x0f];

/// What we say, as gloo-worker carries it: a frame, or why it could not be read.
#[derive(Debug, Clone)]
pub struct Parcel(pub Result<Frame, DecodeError>);

/// A message as it is posted: the envelope, then the frame of its parcel, if it has one.
#[derive(Debug)]
pub struct Sealed {
    /// [`PREFIX`] bytes, then postcard.
    pub envelope: Vec<u8>,
    /// Of the parcel.
    pub frame: Option<Frame>,
}

thread_local! {
    /// Frames of the parcels being written or read. serde hands no context through `Serialize`, so it lies beside.
    static BESIDE: RefCell<Option<Frame>> = const { RefCell::new(None) };
}

/// `message` of gloo-worker's, of the bridge numbered `bridge`.
///
/// # Errors
/// [`DecodeError::Malformed`]; none of gloo-worker's own messages deserves it.
pub fn seal<T: Serialize>(bridge: u32, message: &T) -> Result<Sealed, DecodeError> {
    let mut envelope = b"RG".to_vec();
    envelope.extend_from_slice(&bridge.to_le_bytes());
    envelope.extend_from_slice(&FINGERPRINT.to_le_bytes());
    let written = postcard::to_extend(message, envelope).map_err(malformed);
    let frame = BESIDE.take();
    Ok(Sealed { envelope: written?, frame })
}

/// The message of gloo-worker's that `sealed` is.
///
/// # Errors
/// Any [`DecodeError`]; every proper prefix of a message is one.
pub fn open<T: DeserializeOwned>(sealed: Sealed) -> Result<T, DecodeError> {
    let bytes = contents(&sealed.envelope)?;
    BESIDE.set(sealed.frame);
    let read = postcard::take_from_bytes(bytes).map_err(malformed);
    let left = BESIDE.take();
    let (message, rest) = read?;
    match (rest.len(), left) {
        (0, None) => Ok(message),
        (0, Some(_)) => Err(DecodeError::Malformed("a frame that no message has asked for".into())),
        (left, _) => Err(DecodeError::Trailing { left }),
    }
}

/// A message of gloo-worker's for a bridge that nobody has, in place of one that cannot be read.
pub fn nobodys<T: DeserializeOwned>() -> Option<T> {
    BESIDE.take();
    postcard::from_bytes(&NOBODYS).ok()
}

/// Whose bridge an envelope is of, where its first bytes are right: that much is the same in every build.
pub fn bridge_of(envelope: &[u8]) -> Option<u32> {
    Some(u32::from_le_bytes(*envelope.strip_prefix(b"RG")?.first_chunk()?))
}

fn contents(envelope: &[u8]) -> Result<&[u8], DecodeError> {
    if envelope.len() > MAX_HEADER {
        return Err(DecodeError::TooLong { len: envelope.len(), max: MAX_HEADER });
    }
    let (prefix, bytes) = envelope.split_at_checked(PREFIX).ok_or(DecodeError::NotAFrame)?;
    let stamp = prefix.strip_prefix(b"RG").and_then(|it| it.last_chunk()).ok_or(DecodeError::NotAFrame)?;
    let found = u64::from_le_bytes(*stamp);
    if found == FINGERPRINT {
        Ok(bytes)
    } else {
        Err(DecodeError::Fingerprint { found, expected: FINGERPRINT })
    }
}

/// The frame is laid beside; in the envelope it takes no byte.
impl Serialize for Parcel {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        BESIDE.set(self.0.as_ref().ok().cloned());
        serializer.serialize_unit()
    }
}

impl<'de> Deserialize<'de> for Parcel {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        <()>::deserialize(deserializer)?;
        Ok(Parcel(BESIDE.take().ok_or(DecodeError::NotAFrame)))
    }
}
