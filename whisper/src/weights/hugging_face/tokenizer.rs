//! `tokenizer.json` → vocabulary.
mod words;

use std::collections::HashMap;

use serde::Deserialize;

use self::words::{Pairs, Words};
use super::{invalid, read};
use crate::tokens::{Alphabet, ENGLISH_ONLY, Merges, TIMESTAMPS, Vocabulary};
use crate::weights::{Dims, ModelFile, Rejected};

#[derive(Deserialize)]
struct Tokenizer {
    added_tokens: Vec<Added>,
    model: Model,
}

#[derive(Deserialize)]
struct Added {
    id: u32,
    content: String,
}

#[derive(Deserialize)]
struct Model {
    vocab: Words,
    merges: Pairs,
}

pub(super) fn vocabulary(
    file: &ModelFile,
    dims: &Dims,
    multilingual: Option<bool>,
) -> Result<Vocabulary, Rejected> {
    let tokenizer: Tokenizer = read(file)?;
    let len = u32::try_from(dims.n_vocab).unwrap_or(u32::MAX);
    let special = Special { tokenizer: &tokenizer, file, len };
    let eot = special.id(&["<|endoftext|>"])?;
    let (sot, translate) = (special.id(&["<|startoftranscript|>"])?, special.id(&["<|translate|>"])?);
    let no_timestamps = special.id(&["<|notimestamps|>"])?;
    // Older files do not list the timestamps, which follow.
    let timestamp_begin = special.id(&["<|0.00|>"]).unwrap_or(no_timestamps + 1);
    if u64::from(timestamp_begin) + u64::from(TIMESTAMPS) > u64::from(len) {
        let what = format!("timestamps begin at {timestamp_begin}; {len} ids leave no room for {TIMESTAMPS}");
        return Err(invalid(&file.name, what));
    }
    let multilingual = multilingual.unwrap_or(len != ENGLISH_ONLY);
    let words = by_id(&tokenizer.model, eot).map_err(|what| invalid(&file.name, what))?;
    let alphabet = Alphabet::new();
    Ok(Vocabulary {
        texts: words.iter().map(|word| alphabet.bytes(word)).collect(),
        eot,
        sot,
        translate,
        transcribe: special.id(&["<|transcribe|>"])?,
        start_of_lm: special.id(&["<|startoflm|>"])?,
        start_of_prev: special.id(&["<|startofprev|>"])?,
        no_speech: special.id(&["<|nospeech|>", "<|nocaptions|>"])?,
        no_timestamps,
        timestamp_begin,
        multilingual,
        languages: if multilingual { special.languages(sot, translate) } else { Vec::new() },
        len,
        merges: merges(&tokenizer.model.merges, &words),
        ..Vocabulary::default()
    })
}

/// The special tokens of a file.
struct Special<'a> {
    tokenizer: &'a Tokenizer,
    file: &'a ModelFile,
    len: u32,
}

impl Special<'_> {
    /// The id of a token that has one of these names.
    fn id(&self, names: &[&str]) -> Result<u32, Rejected> {
        let added = self.tokenizer.added_tokens.iter().map(|it| (it.content.as_str(), it.id));
        let words = self.tokenizer.model.vocab.iter();
        let found = added.chain(words).find(|it| names.contains(&it.0));
        let missing = || Rejected::Missing { what: format!("token {} in {}", names[0], self.file.name) };
        let (name, id) = found.ok_or_else(missing)?;
        if id < self.len {
            return Ok(id);
        }
        Err(invalid(&self.file.name, format!("token {name} has id {id} of {}", self.len)))
    }

    /// Codes and ids of the tokens between start and translate.
    fn languages(&self, sot: u32, translate: u32) -> Vec<(String, u32)> {
        let between = self.tokenizer.added_tokens.iter().filter(|it| it.id > sot && it.id < translate);
        let code = |it: &Added| Some(it.content.strip_prefix("<|")?.strip_suffix("|>")?.to_owned());
        let mut all: Vec<_> = between.filter_map(|it| Some((code(it)?, it.id))).collect();
        all.sort_by_key(|it| it.1);
        all
    }
}

/// The words before the end of text.
fn by_id(model: &Model, eot: u32) -> Result<Vec<&str>, String> {
    let listed = model.vocab.len();
    // One is left out of openai's own, which is empty.
    if eot as usize > listed + 1 {
        return Err(format!("{listed} words; expected {eot}, one for each id before the specials"));
    }
    let mut words = vec![""; eot as usize];
    for (word, id) in model.vocab.iter() {
        if let Some(place) = words.get_mut(id as usize) {
            *place = word;
        }
    }
    Ok(words)
}

/// The merges, unless they make the words of more than a byte in the order of their ids.
fn merges(pairs: &Pairs, words: &[&str]) -> Merges {
    let longer = words.iter().copied().filter(|word| word.chars().nth(1).is_some());
    if pairs.joined().eq(longer) {
        return Merges::default();
    }
    let ids: HashMap<&str, u32> = words.iter().copied().zip(0..).collect();
    let known = |word: &str| ids.get(word).copied();
    Merges::new(pairs.iter().filter_map(|(left, right)| Some((known(left)?, known(right)?))))
}
