//! Model files: what they say about a model, and its tensors, read piece by piece.
//!
//! Formats: ggml `.bin` as whisper.cpp publishes them, and Hugging Face folders. A further format is one file here.
mod ggml;
mod hugging_face;
mod kind;
mod layout;
pub mod random;
mod reader;
mod rejected;
mod safetensors;
mod stored;
pub mod testing;

use crate::tokens::Vocabulary;
pub use rejected::Rejected;

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

/// Opens a model: a ggml file, or the files of a Hugging Face folder (others in it are passed over). Reads all but the
/// tensors' data and checks that every tensor is there, whole and of the right shape.
///
/// # Errors
/// What the files lack, or say that cannot be.
pub fn open(files: Vec<ModelFile>) -> Result<Checkpoint, Rejected> {
    if files.iter().any(|file| file.name == hugging_face::CONFIG) {
        return hugging_face::open(files);
    }
    if files.iter().any(|file| file.name.ends_with(".safetensors") || file.name.ends_with(".json")) {
        return Err(Rejected::Missing { what: hugging_face::CONFIG.to_owned() });
    }
    let file = files.into_iter().next().ok_or(Rejected::Missing { what: "a model file".to_owned() })?;
    ggml::open(file)
}

/// Whether a model that needs that many bytes ([`Checkpoint::memory_needed`]) may be loaded where there are so many.
///
/// # Errors
/// [`Rejected::TooLarge`] with both.
pub fn check_memory(needed: u64, available: u64) -> Result<(), Rejected> {
    if needed <= available { Ok(()) } else { Err(Rejected::TooLarge { needed, available }) }
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

impl Checkpoint {
    /// A model with random weights ([`random::RandomWeights`]) and a made-up vocabulary, for benchmarks and tests at
    /// true size without a file.
    ///
    /// # Errors
    /// The sizes leave no room for a vocabulary.
    pub fn random(dims: Dims, seed: u64) -> Result<Self, Rejected> {
        random::checkpoint(dims, seed)
    }

    /// Shape of a tensor as in PyTorch (row-major), by its name in openai/whisper's state dict; none if there is no
    /// such tensor.
    pub fn shape(&self, tensor: &str) -> Option<Vec<usize>> {
        self.tensors.shape(tensor)
    }

    /// Appends elements `first .. first + count` of a tensor (row-major order) to `out`, as f32. Both are multiples of
    /// the tensor's last dimension. Files are read in pieces of a megabyte at most.
    ///
    /// # Errors
    /// There is no such tensor or no such range in it, or its file cannot be read.
    pub fn read(&self, tensor: &str, first: usize, count: usize, out: &mut Vec<f32>) -> Result<(), Rejected> {
        self.tensors.read(tensor, first, count, out)
    }

    /// Bytes of memory that the model takes while it works; see [`Dims::memory_needed`].
    pub fn memory_needed(&self) -> u64 {
        self.dims.memory_needed()
    }
}

/// The tensors of a checkpoint, whatever the format, by the names of openai/whisper's state dict
/// (`encoder.blocks.0.attn.query.weight`).
pub(crate) trait Tensors {
    /// See [`Checkpoint::shape`].
    fn shape(&self, name: &str) -> Option<Vec<usize>>;
    /// See [`Checkpoint::read`].
    fn read(&self, name: &str, first: usize, count: usize, out: &mut Vec<f32>) -> Result<(), Rejected>;
}

/// The shape of a tensor, if elements `first .. first + count` are whole rows of it.
fn rows(tensors: &dyn Tensors, name: &str, first: usize, count: usize) -> Result<Vec<usize>, Rejected> {
    let shape = tensors.shape(name).ok_or_else(|| Rejected::Missing { what: format!("tensor {name}") })?;
    let all = shape.iter().product::<usize>();
    let row = shape.last().copied().unwrap_or(1).max(1);
    let inside = first.checked_add(count).is_some_and(|end| end <= all);
    if inside && first.is_multiple_of(row) && count.is_multiple_of(row) {
        return Ok(shape);
    }
    let what = format!("elements {first} and {count} more are no rows of {name}, which has shape {shape:?}");
    Err(Rejected::Invalid { file: "the model".to_owned(), what })
}
