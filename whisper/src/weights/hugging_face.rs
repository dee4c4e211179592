//! Hugging Face folders: `config.json`, `model.safetensors` (or its shards), `tokenizer.json`, and, where there are any,
//! `generation_config.json` and `preprocessor_config.json`.
mod names;
mod tokenizer;

use std::collections::{BTreeSet, HashMap};

use serde::Deserialize;
use serde::de::DeserializeOwned;

pub(super) use self::names::hugging_face_name;
use self::names::openai_name;
use super::layout::complete;
use super::reader::whole;
use super::stored::Stored;
use super::{Checkpoint, Dims, ModelFile, Rejected, safetensors};

pub(super) const CONFIG: &str = "config.json";
const GENERATION: &str = "generation_config.json";
const PREPROCESSOR: &str = "preprocessor_config.json";
const WEIGHTS: &str = "model.safetensors";
const SHARDS: &str = "model.safetensors.index.json";
const TOKENIZER: &str = "tokenizer.json";

/// The largest JSON file: twenty times what Whisper's largest has.
const LARGEST: u64 = 1 << 26;

#[derive(Deserialize)]
struct Config {
    vocab_size: usize,
    num_mel_bins: usize,
    d_model: usize,
    encoder_layers: usize,
    encoder_attention_heads: usize,
    decoder_layers: usize,
    decoder_attention_heads: usize,
    max_source_positions: usize,
    max_target_positions: usize,
    activation_function: Option<String>,
    scale_embedding: Option<bool>,
    tie_word_embeddings: Option<bool>,
    suppress_tokens: Option<Vec<i64>>,
    begin_suppress_tokens: Option<Vec<i64>>,
}

/// How the model wants to be used.
#[derive(Deserialize, Default)]
struct Generation {
    alignment_heads: Option<Vec<(usize, usize)>>,
    is_multilingual: Option<bool>,
    suppress_tokens: Option<Vec<i64>>,
    begin_suppress_tokens: Option<Vec<i64>>,
}

/// How the model wants to hear.
#[derive(Deserialize, Default)]
struct Preprocessor {
    feature_size: Option<usize>,
    sampling_rate: Option<usize>,
    n_fft: Option<usize>,
    hop_length: Option<usize>,
}

#[derive(Deserialize)]
struct Shards {
    weight_map: HashMap<String, String>,
}

pub(super) fn open(files: Vec<ModelFile>) -> Result<Checkpoint, Rejected> {
    let config: Config = read(find(&files, CONFIG)?)?;
    let dims = dims(&config)?;
    let preprocessor: Preprocessor = read_optional(&files, PREPROCESSOR)?;
    check_hearing(&preprocessor, &dims)?;
    let generation: Generation = read_optional(&files, GENERATION)?;
    let mut vocabulary = tokenizer::vocabulary(find(&files, TOKENIZER)?, &dims, generation.is_multilingual)?;
    let listed = |own: Option<Vec<i64>>, other: Option<Vec<i64>>| ids(&own.or(other)?, dims.n_vocab);
    vocabulary.suppress = listed(generation.suppress_tokens, config.suppress_tokens);
    vocabulary.begin_suppress = listed(generation.begin_suppress_tokens, config.begin_suppress_tokens);
    let alignment_heads = generation.alignment_heads.unwrap_or_else(|| dims.alignment_heads());
    let outside = |it: &&(usize, usize)| it.0 >= dims.n_text_layer || it.1 >= dims.n_text_head;
    if let Some(head) = alignment_heads.iter().find(outside) {
        return Err(invalid(GENERATION, format!("alignment head {head:?} is none of the decoder's")));
    }
    let mut tensors = HashMap::new();
    for at in weights(&files)? {
        safetensors::add(&mut tensors, (at, &files[at]), openai_name)?;
    }
    let tensors = complete(&dims, Stored { files, tensors })?;
    Ok(Checkpoint { dims, vocabulary, mel_filters: None, alignment_heads, tensors })
}

fn dims(config: &Config) -> Result<Dims, Rejected> {
    let dims = Dims {
        n_mels: config.num_mel_bins,
        n_audio_ctx: config.max_source_positions,
        n_audio_state: config.d_model,
        n_audio_head: config.encoder_attention_heads,
        n_audio_layer: config.encoder_layers,
        n_vocab: config.vocab_size,
        n_text_ctx: config.max_target_positions,
        n_text_state: config.d_model,
        n_text_head: config.decoder_attention_heads,
        n_text_layer: config.decoder_layers,
    };
    let activation = config.activation_function.as_deref().unwrap_or("gelu");
    let what = match dims.wrong() {
        Some(what) => what,
        None if activation != "gelu" => format!("activation_function is {activation}; expected gelu"),
        None if config.scale_embedding == Some(true) => "scale_embedding is true; expected false".to_owned(),
        None if config.tie_word_embeddings == Some(false) => {
            "tie_word_embeddings is false; expected true".to_owned()
        }
        None => return Ok(dims),
    };
    Err(invalid(CONFIG, what))
}

/// Says no to a model that hears otherwise than [`crate::audio`].
fn check_hearing(preprocessor: &Preprocessor, dims: &Dims) -> Result<(), Rejected> {
    let heard = [
        ("feature_size", preprocessor.feature_size, dims.n_mels),
        ("sampling_rate", preprocessor.sampling_rate, crate::SAMPLE_RATE as usize),
        ("n_fft", preprocessor.n_fft, 400),
        ("hop_length", preprocessor.hop_length, 160),
    ];
    match heard
        .iter()
        .find_map(|(name, found, expected)| Some((name, found.filter(|it| it != expected)?, expected)))
    {
        Some((name, found, expected)) => {
            Err(invalid(PREPROCESSOR, format!("{name} is {found}; expected {expected}")))
        }
        None => Ok(()),
    }
}

/// A list of tokens to suppress; none if it says "as usual" (-1).
fn ids(listed: &[i64], n_vocab: usize) -> Option<Vec<u32>> {
    let fitting =
        listed.iter().filter_map(|it| u32::try_from(*it).ok()).filter(|it| (*it as usize) < n_vocab);
    (!listed.contains(&-1)).then(|| fitting.collect())
}

/// Indices of the files that the tensors lie in.
fn weights(files: &[ModelFile]) -> Result<BTreeSet<usize>, Rejected> {
    let at = |name: &str| files.iter().position(|it| it.name == name);
    if let Some(one) = at(WEIGHTS) {
        return Ok(BTreeSet::from([one]));
    }
    let missing = |what: &str| Rejected::Missing { what: what.to_owned() };
    let shards: Shards = read(find(files, SHARDS).map_err(|_| missing(WEIGHTS))?)?;
    shards.weight_map.values().map(|name| at(name).ok_or_else(|| missing(name))).collect()
}

fn find<'a>(files: &'a [ModelFile], name: &str) -> Result<&'a ModelFile, Rejected> {
    files.iter().find(|it| it.name == name).ok_or_else(|| Rejected::Missing { what: name.to_owned() })
}

fn read<T: DeserializeOwned>(file: &ModelFile) -> Result<T, Rejected> {
    let bytes = whole(file, LARGEST)?;
    serde_json::from_slice(&bytes).map_err(|error| invalid(&file.name, error.to_string()))
}

fn read_optional<T: DeserializeOwned + Default>(files: &[ModelFile], name: &str) -> Result<T, Rejected> {
    find(files, name).map_or_else(|_| Ok(T::default()), read)
}

fn invalid(file: &str, what: String) -> Rejected {
    Rejected::Invalid { file: file.to_owned(), what }
}
