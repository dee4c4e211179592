//! Page ↔ pipelines worker. Runs are spoken of in the page's own language with the runtime, [`ToRuntime`] and
//! [`FromRuntime`]; what is said beside that has its words here.
use protocol::{DecodeError, Fault, Frame, FromRuntime, MAX_HEADER, NodeKind, ToRuntime};
use serde::{Deserialize, Serialize, de::DeserializeOwned};

/// Hash (FNV-1a, 64 bit) of the sources that define what crosses the bridge, on top of the protocol's own: an app and a
/// bundle of different builds refuse each other instead of misreading each other.
pub const FINGERPRINT: u64 =
    protocol::fnv1a(protocol::FINGERPRINT, &[include_bytes!("message.rs"), include_bytes!("codec.rs")]);

/// How the runtime in the worker is to be started.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Settings {
    /// Workers for heavy Rust nodes; by default one less than there are cores, from 1 to 4.
    pub compute_workers: Option<u32>,
    /// Python workers that serve runs at the same time; 1 by default. A spare one comes on top.
    pub python_workers: Option<u32>,
    /// Where Python packages are loaded from: an absolute URL.
    pub python_index_url: Option<String>,
    /// Packages that every Python worker loads at its start.
    pub python_packages: Vec<String>,
}

/// What the page asks of the pipelines worker beside [`ToRuntime`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum Order {
    /// Start the runtime; once. Answered by [`Word::Opened`] at once, then by [`Word::Ready`] or
    /// [`Word::StartFailed`].
    Open {
        /// How.
        settings: Settings,
    },
    /// Learn the user's Python nodes. Answered by [`Word::Registered`] or [`Word::Refused`].
    Register {
        /// Comes back in the answer.
        request: u32,
        /// Python source.
        source: String,
        /// Packages it needs.
        packages: Vec<String>,
    },
    /// Answered by [`Word::Pong`].
    Ping,
}

/// What the pipelines worker tells the page beside [`FromRuntime`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum Word {
    /// The worker lives, and is of this build.
    Opened {
        /// Name of the Web Lock that it holds while it lives, where it could get one.
        lock: Option<String>,
    },
    /// The runtime is up. Once.
    Ready {
        /// Every kind of node there is.
        kinds: Vec<NodeKind>,
    },
    /// The runtime did not come up.
    StartFailed {
        /// Why.
        fault: Fault,
    },
    /// The kinds of nodes have changed.
    Kinds {
        /// Every kind of node there is.
        kinds: Vec<NodeKind>,
    },
    /// Answers [`Order::Register`].
    Registered {
        /// Of the question.
        request: u32,
        /// What the source defines.
        kinds: Vec<NodeKind>,
    },
    /// Answers [`Order::Register`] and [`ToRuntime::Validate`] where they failed.
    Refused {
        /// Of the question.
        request: u32,
        /// Why.
        fault: Fault,
    },
    /// Answers [`Order::Ping`].
    Pong,
}

/// Anything that goes to the pipelines worker.
#[derive(Debug, Clone, PartialEq)]
pub enum Ask {
    /// Of the bridge itself.
    Order(Order),
    /// Of the runtime: all of [`ToRuntime`] that is about runs and manifests.
    Runtime(ToRuntime),
}

/// Anything that comes from it.
#[derive(Debug, Clone, PartialEq)]
pub enum Answer {
    /// Of the bridge itself.
    Word(Word),
    /// Of the runtime: all of [`FromRuntime`] that is about runs and manifests.
    Runtime(FromRuntime),
}

impl Ask {
    /// As it travels.
    ///
    /// # Errors
    /// As [`protocol::encode`].
    pub fn frame(&self) -> Result<Frame, DecodeError> {
        match self {
            Ask::Order(order) => write(ORDER, order),
            Ask::Runtime(message) => protocol::encode(message),
        }
    }
    /// What `frame` is.
    ///
    /// # Errors
    /// Any [`DecodeError`]; every proper prefix of a message is one.
    pub fn read(frame: &Frame) -> Result<Self, DecodeError> {
        match own(frame) {
            Some(bytes) => read(ORDER, bytes).map(Ask::Order),
            None => protocol::decode(frame).map(Ask::Runtime),
        }
    }
}

impl Answer {
    /// As it travels.
    ///
    /// # Errors
    /// As [`protocol::encode`].
    pub fn frame(&self) -> Result<Frame, DecodeError> {
        match self {
            Answer::Word(word) => write(WORD, word),
            Answer::Runtime(message) => protocol::encode(message),
        }
    }
    /// What `frame` is.
    ///
    /// # Errors
    /// Any [`DecodeError`]; every proper prefix of a message is one.
    pub fn read(frame: &Frame) -> Result<Self, DecodeError> {
        match own(frame) {
            Some(bytes) => read(WORD, bytes).map(Answer::Word),
            None => protocol::decode(frame).map(Answer::Runtime),
        }
    }
}

/// The bridge's own frames begin with this; the protocol's with `RM`.
const OWN: &[u8] = b"RB";
const ORDER: u8 = 1;
const WORD: u8 = 2;

fn own(frame: &Frame) -> Option<&[u8]> {
    frame.header.strip_prefix(OWN)
}

fn write<T: Serialize>(channel: u8, message: &T) -> Result<Frame, DecodeError> {
    let mut header = OWN.to_vec();
    header.push(channel);
    Ok(Frame { header: postcard::to_extend(message, header).map_err(malformed)?, buffers: Vec::new() })
}

fn read<T: DeserializeOwned>(channel: u8, bytes: &[u8]) -> Result<T, DecodeError> {
    if bytes.len() > MAX_HEADER {
        return Err(DecodeError::TooLong { len: bytes.len(), max: MAX_HEADER });
    }
    let (found, bytes) = bytes.split_first().ok_or(DecodeError::NotAFrame)?;
    if *found != channel {
        return Err(DecodeError::Channel { found: *found, expected: channel });
    }
    let (message, rest) = postcard::take_from_bytes(bytes).map_err(malformed)?;
    if rest.is_empty() { Ok(message) } else { Err(DecodeError::Trailing { left: rest.len() }) }
}

pub(crate) fn malformed(error: postcard::Error) -> DecodeError {
    DecodeError::Malformed(error.to_string())
}
