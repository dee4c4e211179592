//! `tokenizer.json` → vocabulary.
use std::collections::HashMap;
use std::fmt;

use serde::Deserialize;
use serde::de::{Deserializer, MapAccess, Visitor};

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
    merges: Vec<Merge>,
}

/// Two words that join; older files have them in one, with a blank between.
#[derive(Deserialize)]
#[serde(untagged)]
enum Merge {
    Pair(String, String),
    Joined(String),
}

impl Merge {
    fn parts(&self) -> (&str, &str) {
        match self {
            Merge::Pair(left, right) => (left, right),
            Merge::Joined(both) => both.split_once(' ').unwrap_or((both, "")),
        }
    }
}

/// An object of words and ids, in its order.
struct Words(Vec<(String, u32)>);

impl<'de> Deserialize<'de> for Words {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct All;
        impl<'de> Visitor<'de> for All {
            type Value = Words;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "words and their ids")
            }
            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Words, A::Error> {
                let mut all = Vec::new();
                while let Some(entry) = map.next_entry()? {
                    all.push(entry);
                }
                Ok(Words(all))
            }
        }
        deserializer.deserialize_map(All)
    }
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
    Ok(Vocabulary {
        texts: texts(&tokenizer.model, eot, &file.name)?,
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
        merges: merges(&tokenizer.model, eot),
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
        let words = self.tokenizer.model.vocab.0.iter().map(|it| (it.0.as_str(), it.1));
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

/// The bytes of the tokens before the end of text.
fn texts(model: &Model, eot: u32, file: &str) -> Result<Vec<Vec<u8>>, Rejected> {
    let listed = model.vocab.0.len();
    // One is left out of openai's own, which is empty.
    if eot as usize > listed + 1 {
        return Err(invalid(
            file,
            format!("{listed} words; expected {eot}, one for each id before the specials"),
        ));
    }
    let alphabet = Alphabet::new();
    let mut texts = vec![Vec::new(); eot as usize];
    for (word, id) in &model.vocab.0 {
        if let Some(text) = texts.get_mut(*id as usize) {
            *text = alphabet.bytes(word);
        }
    }
    Ok(texts)
}

/// The merges, unless their order is that of the ids they make.
fn merges(model: &Model, eot: u32) -> Merges {
    let words = model.vocab.0.iter().filter(|it| it.1 < eot);
    let ids: HashMap<&str, u32> = words.map(|it| (it.0.as_str(), it.1)).collect();
    let mut both = String::new();
    let mut made = |merge: &Merge| {
        let (left, right) = merge.parts();
        both.clear();
        both.extend([left, right]);
        ids.get(both.as_str()).copied()
    };
    let mut last = None;
    let ascending = model.merges.iter().all(|merge| {
        let before = last.replace(made(merge));
        last.flatten() > before.flatten()
    });
    let joined = model.vocab.0.iter().filter(|it| it.1 < eot && it.0.chars().nth(1).is_some()).count();
    if ascending && joined == model.merges.len() {
        return Merges::default();
    }
    let parts = model.merges.iter().map(Merge::parts);
    Merges::new(parts.filter_map(|(left, right)| Some((*ids.get(left)?, *ids.get(right)?))))
}
