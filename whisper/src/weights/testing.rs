//! Model files in memory, for tests: any checkpoint, written in any format and kind.
mod encode;

use serde_json::{Value, json};

pub use self::encode::encode;
use super::ggml::{MAGIC, VERSION, VERSION_FACTOR};
use super::hugging_face::hugging_face_name;
pub use super::kind::Kind;
use super::layout::tensors;
use super::{Checkpoint, ModelFile, Rejected, Source};
use crate::tokens::{Alphabet, Vocabulary};

/// Bytes in memory as a source.
impl Source for Vec<u8> {
    fn size(&self) -> u64 {
        self.len() as u64
    }

    fn read_at(&self, offset: u64, out: &mut [u8]) -> Result<usize, String> {
        let start = usize::try_from(offset).map_or(self.len(), |it| it.min(self.len()));
        let count = out.len().min(self.len() - start);
        out[..count].copy_from_slice(&self[start..start + count]);
        Ok(count)
    }
}

/// A file in memory.
pub fn file(name: &str, bytes: Vec<u8>) -> ModelFile {
    ModelFile { name: name.to_owned(), source: Box::new(bytes) }
}

/// Names and bytes as the files of a model.
pub fn files(all: Vec<(String, Vec<u8>)>) -> Vec<ModelFile> {
    all.into_iter().map(|(name, bytes)| file(&name, bytes)).collect()
}

/// A ggml file with matrices as `kind` and everything that whisper.cpp keeps as f32 as f32; convolutions as f16 where
/// `kind` is smaller. The mel filters are the checkpoint's; zeros if it has none.
///
/// # Errors
/// The checkpoint cannot be read.
pub fn ggml(model: &Checkpoint, kind: Kind) -> Result<Vec<u8>, Rejected> {
    let dims = &model.dims;
    let number = Kind::ALL.iter().find(|it| it.0 == kind).map_or(0, |it| it.1);
    let version = if kind.is_quantised() { VERSION * VERSION_FACTOR } else { 0 };
    let mut out = MAGIC.to_vec();
    let audio = [dims.n_vocab, dims.n_audio_ctx, dims.n_audio_state, dims.n_audio_head, dims.n_audio_layer];
    let text = [dims.n_text_ctx, dims.n_text_state, dims.n_text_head, dims.n_text_layer, dims.n_mels];
    audio.iter().chain(&text).for_each(|it| put(&mut out, *it));
    put(&mut out, (version + number) as usize);
    [dims.n_mels, 201].iter().for_each(|it| put(&mut out, *it));
    let filters = model.mel_filters.clone().unwrap_or_else(|| vec![0.0; dims.n_mels * 201]);
    encode(Kind::F32, &filters, &mut out);
    put(&mut out, model.vocabulary.texts.len());
    for text in &model.vocabulary.texts {
        put(&mut out, text.len());
        out.extend_from_slice(text);
    }
    for (name, mut shape) in tensors(dims) {
        let values = all_of(model, &name)?;
        let kind = match shape.len() {
            2 if !name.ends_with("positional_embedding") => kind,
            3 if kind.is_quantised() => Kind::F16,
            3 => kind,
            _ => Kind::F32,
        };
        if name.starts_with("encoder.conv") && shape.len() == 1 {
            shape.push(1);
        }
        put(&mut out, shape.len());
        put(&mut out, name.len());
        put(&mut out, Kind::ALL.iter().find(|it| it.0 == kind).map_or(0, |it| it.1 as usize));
        shape.iter().rev().for_each(|it| put(&mut out, *it));
        out.extend_from_slice(name.as_bytes());
        encode(kind, &values, &mut out);
    }
    Ok(out)
}

/// The files of a Hugging Face folder, with tensors as `kind` (not quantised) in as many files as `shards`; names and
/// bytes. Suppress lists are written where the vocabulary has them.
///
/// # Errors
/// The checkpoint cannot be read.
pub fn hugging_face(
    model: &Checkpoint,
    kind: Kind,
    shards: usize,
) -> Result<Vec<(String, Vec<u8>)>, Rejected> {
    let (dims, known) = (&model.dims, &model.vocabulary);
    let config = json!({
        "vocab_size": dims.n_vocab, "num_mel_bins": dims.n_mels, "d_model": dims.n_audio_state,
        "encoder_layers": dims.n_audio_layer, "encoder_attention_heads": dims.n_audio_head,
        "decoder_layers": dims.n_text_layer, "decoder_attention_heads": dims.n_text_head,
        "max_source_positions": dims.n_audio_ctx, "max_target_positions": dims.n_text_ctx,
        "activation_function": "gelu", "tie_word_embeddings": true, "scale_embedding": false,
    });
    let generation = json!({
        "alignment_heads": model.alignment_heads, "is_multilingual": known.multilingual,
        "suppress_tokens": known.suppress, "begin_suppress_tokens": known.begin_suppress,
    });
    let preprocessor =
        json!({ "feature_size": dims.n_mels, "sampling_rate": 16000, "n_fft": 400, "hop_length": 160 });
    let mut all = vec![
        ("config.json".to_owned(), config.to_string().into_bytes()),
        ("generation_config.json".to_owned(), generation.to_string().into_bytes()),
        ("preprocessor_config.json".to_owned(), preprocessor.to_string().into_bytes()),
        ("tokenizer.json".to_owned(), tokenizer(known).to_string().into_bytes()),
    ];
    let names: Vec<_> = tensors(dims);
    let mut map = serde_json::Map::new();
    for (at, part) in names.chunks(names.len().div_ceil(shards)).enumerate() {
        let name = if shards == 1 {
            "model.safetensors".to_owned()
        } else {
            format!("model-{:05}-of-{shards:05}.safetensors", at + 1)
        };
        part.iter().for_each(|it| _ = map.insert(hugging_face_name(&it.0), json!(name)));
        all.push((name, safetensors(model, kind, part)?));
    }
    if shards > 1 {
        let index = json!({ "weight_map": map }).to_string();
        all.push(("model.safetensors.index.json".to_owned(), index.into_bytes()));
    }
    Ok(all)
}

fn safetensors(model: &Checkpoint, kind: Kind, part: &[(String, Vec<usize>)]) -> Result<Vec<u8>, Rejected> {
    let mut header = serde_json::Map::from_iter([("__metadata__".to_owned(), json!({ "format": "pt" }))]);
    let mut data = Vec::new();
    let dtype = Kind::ALL.iter().find(|it| it.0 == kind).map_or("", |it| it.2);
    for (name, shape) in part {
        let begin = data.len();
        encode(kind, &all_of(model, name)?, &mut data);
        let entry = json!({ "dtype": dtype, "shape": shape, "data_offsets": [begin, data.len()] });
        header.insert(hugging_face_name(name), entry);
    }
    let header = Value::from(header).to_string();
    Ok([&(header.len() as u64).to_le_bytes(), header.as_bytes(), &data].concat())
}

/// `tokenizer.json` with a merge for each text that is two others.
fn tokenizer(known: &Vocabulary) -> Value {
    let alphabet = Alphabet::new();
    let spelt = |id: u32| alphabet.spelt(known.text(id));
    let words: serde_json::Map<_, _> = (0..known.eot).map(|id| (spelt(id), json!(id))).collect();
    let parts = |id: u32| {
        let text = known.text(id);
        let split = |at: &usize| {
            known.id_of(&text[..*at]).is_some_and(|it| it < id)
                && known.id_of(&text[*at..]).is_some_and(|it| it < id)
        };
        let at = (1..text.len()).rev().find(split)?;
        Some(json!([alphabet.spelt(&text[..at]), alphabet.spelt(&text[at..])]))
    };
    let added: Vec<_> = (known.eot..known.len)
        .map(|id| json!({ "id": id, "content": known.decode_with_timestamps(&[id]), "special": true }))
        .collect();
    let merges: Vec<_> = (0..known.eot).filter_map(parts).collect();
    json!({ "added_tokens": added, "model": { "type": "BPE", "vocab": words, "merges": merges } })
}

fn put(out: &mut Vec<u8>, number: usize) {
    out.extend_from_slice(&u32::try_from(number).unwrap_or(u32::MAX).to_le_bytes());
}

fn all_of(model: &Checkpoint, name: &str) -> Result<Vec<f32>, Rejected> {
    let count = model.shape(name).map_or(0, |it| it.iter().product());
    let mut values = Vec::new();
    model.read(name, 0, count, &mut values)?;
    Ok(values)
}
