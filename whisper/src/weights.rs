//! Model files: what they say about a model, and its tensors, read piece by piece.
//!
//! Formats: ggml `.bin` as whisper.cpp publishes them, and Hugging Face folders. A further format is one file here.
use std::fmt;

use crate::tokens::Vocabulary;

/// Where the bytes of a file are: random access, so that a model is never held twice.
pub trait Source {
    /// Bytes in all.
    fn size(&self) -> u64;
    /// Fills `out` from `offset` on; fewer bytes come at the end only.
    ///
    /// # Errors
    /// The bytes cannot be had, in words.
    fn read_at(&self, offset: u64, out: &mut [u8]) -> Result<usize, String>;
}

/// A file of a model, by its name (`model.safetensors`, `ggml-tiny.bin`).
pub struct ModelFile {
    /// Name without folders.
    pub name: String,
    /// Its bytes.
    pub source: Box<dyn Source>,
}

/// Why a model is not taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Rejected {
    /// The file ends before what it announces.
    Truncated { file: String, needed: u64, found: u64 },
    /// The file is of no known format; its first bytes.
    WrongMagic { file: String, found: [u8; 4] },
    /// A tensor is stored in a type that this build does not know.
    UnknownTensorType { tensor: String, found: String },
    /// A tensor has another shape than the sizes of the model ask for.
    ShapeMismatch { tensor: String, expected: Vec<usize>, found: Vec<usize> },
    /// A tensor or a file that every model has is missing.
    Missing { what: String },
    /// The model needs more memory than there may be, both in bytes.
    TooLarge { needed: u64, available: u64 },
    /// Whatever else a file says that cannot be.
    Invalid { file: String, what: String },
    /// The bytes cannot be read.
    Unreadable { file: String, why: String },
}

impl fmt::Display for Rejected {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Rejected::Truncated { file, needed, found } => {
                write!(f, "{file} is truncated: {needed} bytes are needed, {found} are there")
            }
            Rejected::WrongMagic { file, found } => {
                write!(f, "{file} is no model file: it begins with {found:02x?}")
            }
            Rejected::UnknownTensorType { tensor, found } => {
                write!(f, "tensor {tensor} is stored as {found}, which is not known")
            }
            Rejected::ShapeMismatch { tensor, expected, found } => {
                write!(f, "tensor {tensor} has shape {found:?}; expected {expected:?}")
            }
            Rejected::Missing { what } => write!(f, "{what} is missing"),
            Rejected::TooLarge { needed, available } => {
                write!(f, "the model needs {needed} bytes of memory; {available} are available")
            }
            Rejected::Invalid { file, what } => write!(f, "{file}: {what}"),
            Rejected::Unreadable { file, why } => write!(f, "{file} cannot be read: {why}"),
        }
    }
}

impl std::error::Error for Rejected {}

/// Sizes of a model, all from its files.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Dims {
    /// Mel bands, 80 or 128.
    pub n_mels: usize,
    /// Encoder positions: 1500 for 30 s.
    pub n_audio_ctx: usize,
    pub n_audio_state: usize,
    pub n_audio_head: usize,
    pub n_audio_layer: usize,
    pub n_vocab: usize,
    /// Decoder positions: 448.
    pub n_text_ctx: usize,
    pub n_text_state: usize,
    pub n_text_head: usize,
    pub n_text_layer: usize,
}

/// A model's files, opened: everything but the tensors is read.
pub struct Checkpoint {
    pub dims: Dims,
    pub vocabulary: Vocabulary,
    /// `[n_mels, 201]`, row-major; the front end makes Slaney's where a file brings none.
    pub mel_filters: Option<Vec<f32>>,
    /// `(layer, head)` pairs of the decoder whose cross-attention follows the audio, for word timestamps.
    pub alignment_heads: Vec<(usize, usize)>,
    pub(crate) tensors: Box<dyn Tensors>,
}

/// The tensors of a checkpoint, whatever the format, by the names of openai/whisper's state dict
/// (`encoder.blocks.0.attn.query.weight`).
pub(crate) trait Tensors {
    /// Shape as in PyTorch (row-major), none if there is no such tensor.
    fn shape(&self, name: &str) -> Option<Vec<usize>>;
    /// Appends elements `first .. first + count` (row-major order) to `out`, as f32. `first` and `count` are multiples
    /// of the tensor's last dimension.
    fn read(&self, name: &str, first: usize, count: usize, out: &mut Vec<f32>) -> Result<(), Rejected>;
}
