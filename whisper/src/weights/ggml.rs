//! ggml `.bin` files as whisper.cpp publishes them: sizes, mel filters, vocabulary, then tensor after tensor.
use std::collections::HashMap;

use super::kind::Kind;
use super::layout::complete;
use super::reader::{Reader, fill};
use super::stored::{Place, Stored};
use super::{Checkpoint, Dims, ModelFile, Rejected};
use crate::tokens::Vocabulary;

/// "ggml" as a little-endian number.
pub(super) const MAGIC: [u8; 4] = *b"lmgg";

/// The version of the quantised kinds is stored as so many times it, plus the kind.
pub(super) const VERSION_FACTOR: u32 = 1000;

/// The version whose blocks [`Kind`] describes, since May 2023; 0 is written by who does not know of versions.
pub(super) const VERSION: u32 = 2;

/// Bins of the spectrum that a mel filter weighs.
const BINS: u32 = 201;

/// Bytes ahead of a tensor's data, about: names are short.
const HEAD: usize = 128;

pub(super) fn open(file: ModelFile) -> Result<Checkpoint, Rejected> {
    let mut magic = [0; 4];
    fill(&file, 0, &mut magic)?;
    if magic != MAGIC {
        return Err(Rejected::WrongMagic { file: file.name, found: magic });
    }
    let mut reader = Reader::new(&file);
    reader.skip(4)?;
    let (dims, kind) = sizes(&mut reader)?;
    let mel_filters = mel_filters(&mut reader, &dims)?;
    let texts = texts(&mut reader, &dims)?;
    let tensors = tensors(&mut reader)?;
    let outdated = kind / VERSION_FACTOR != VERSION && kind >= VERSION_FACTOR;
    if outdated && tensors.values().any(|it| it.kind.is_quantised()) {
        let found = kind / VERSION_FACTOR;
        return Err(reader.invalid(format!("version {found} of quantisation; expected {VERSION}")));
    }
    let vocabulary = vocabulary(texts, &dims).map_err(|what| reader.invalid(what))?;
    let tensors = complete(&dims, Stored { files: vec![file], tensors })?;
    Ok(Checkpoint {
        dims,
        vocabulary,
        mel_filters: Some(mel_filters),
        alignment_heads: dims.alignment_heads(),
        tensors,
    })
}

/// The sizes, and the kind of most tensors, which is said again of each.
fn sizes(reader: &mut Reader<'_>) -> Result<(Dims, u32), Rejected> {
    let mut next = |name| reader.number(name, i32::MAX as u32);
    let mut size = |name| next(name).map(|it| it as usize);
    let dims = Dims {
        n_vocab: size("n_vocab")?,
        n_audio_ctx: size("n_audio_ctx")?,
        n_audio_state: size("n_audio_state")?,
        n_audio_head: size("n_audio_head")?,
        n_audio_layer: size("n_audio_layer")?,
        n_text_ctx: size("n_text_ctx")?,
        n_text_state: size("n_text_state")?,
        n_text_head: size("n_text_head")?,
        n_text_layer: size("n_text_layer")?,
        n_mels: size("n_mels")?,
    };
    let kind = next("ftype")?;
    match dims.wrong() {
        Some(what) => Err(reader.invalid(what)),
        None => Ok((dims, kind)),
    }
}

fn mel_filters(reader: &mut Reader<'_>, dims: &Dims) -> Result<Vec<f32>, Rejected> {
    let (n_mels, n_bins) = (reader.number("n_mel", 1 << 10)?, reader.number("n_fft", 1 << 10)?);
    if n_mels as usize != dims.n_mels || n_bins != BINS {
        let expected = dims.n_mels;
        return Err(reader.invalid(format!("mel filters {n_mels} x {n_bins}; expected {expected} x {BINS}")));
    }
    reader.floats(u64::from(n_mels) * u64::from(n_bins))
}

fn texts(reader: &mut Reader<'_>, dims: &Dims) -> Result<Vec<Vec<u8>>, Rejected> {
    let count = reader.number("the count of tokens", u32::try_from(dims.n_vocab).unwrap_or(u32::MAX))?;
    let mut texts = Vec::new();
    for _ in 0..count {
        let length = reader.number("the length of a token", 1 << 10)?;
        texts.push(reader.bytes(u64::from(length))?);
    }
    Ok(texts)
}

/// The vocabulary. Files made from Hugging Face's list special tokens among the texts, the end of text first.
fn vocabulary(mut texts: Vec<Vec<u8>>, dims: &Dims) -> Result<Vocabulary, String> {
    if let Some(end) = texts.iter().position(|it| it == b"<|endoftext|>") {
        texts.truncate(end);
    }
    Vocabulary::numbered(texts, u32::try_from(dims.n_vocab).unwrap_or(u32::MAX))
}

fn tensors(reader: &mut Reader<'_>) -> Result<HashMap<String, Place>, Rejected> {
    let mut all = HashMap::new();
    reader.stride = HEAD;
    while !reader.is_at_end() {
        let (name, place) = tensor(reader)?;
        if all.contains_key(&name) {
            return Err(reader.invalid(format!("tensor {name} comes twice")));
        }
        all.insert(name, place);
    }
    Ok(all)
}

fn tensor(reader: &mut Reader<'_>) -> Result<(String, Place), Rejected> {
    let dimensions = reader.number("the count of a tensor's dimensions", 4)?;
    let length = reader.number("the length of a tensor's name", 256)?;
    let number = u32::from_le_bytes(reader.array()?);
    let mut shape = Vec::new();
    for _ in 0..dimensions {
        shape.push(reader.number("a tensor's dimension", i32::MAX as u32)? as usize);
    }
    let name = reader.bytes(u64::from(length))?;
    let name =
        String::from_utf8(name).map_err(|_| reader.invalid("a tensor's name is no text".to_owned()))?;
    let known = Kind::ALL.iter().find(|it| it.1 == number).map(|it| it.0);
    let unknown = || Rejected::UnknownTensorType { tensor: name.clone(), found: format!("type {number}") };
    let kind = known.ok_or_else(unknown)?;
    // The innermost dimension comes first; biases of convolutions are columns, `[width, 1]`.
    if shape.len() > 1 && shape.first() == Some(&1) {
        shape.remove(0);
    }
    shape.reverse();
    let offset = reader.at();
    let wrong = || reader.invalid(format!("tensor {name} of shape {shape:?} cannot be stored as {kind:?}"));
    let size = Place::size(kind, &shape).ok_or_else(wrong)?;
    reader.skip(size)?;
    Ok((name, Place { file: 0, offset, kind, shape }))
}
