//! Tokens and text: a model's vocabulary, with every id from its files.
mod bpe;
mod bytes;
mod languages;
mod pieces;
mod suppress;
mod words;

pub(crate) use bpe::{Index, Merges};
pub(crate) use bytes::Alphabet;
pub use languages::{CODES, code_of, name_of};

/// Timestamps that a vocabulary ends with: 0.00 s to 30.00 s.
pub const TIMESTAMPS: u32 = 1501;

/// Special tokens that are no language: end, start, and the six between the languages and the timestamps.
const SPECIALS: u32 = 8;

/// `n_vocab` of the models of English only.
pub(crate) const ENGLISH_ONLY: u32 = 51_864;

/// What the ids of a model stand for.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Vocabulary {
    /// Bytes of each text token, by id; ids from `eot` on are special.
    pub texts: Vec<Vec<u8>>,
    pub eot: u32,
    pub sot: u32,
    pub translate: u32,
    pub transcribe: u32,
    pub start_of_lm: u32,
    pub start_of_prev: u32,
    pub no_speech: u32,
    pub no_timestamps: u32,
    /// Id of `<|0.00|>`; 1501 timestamps follow, 0.02 s apart.
    pub timestamp_begin: u32,
    /// Whether a prompt names language and task; models of English only are prompted with `sot` alone.
    pub multilingual: bool,
    /// Codes (`en`) and ids of the languages, in the order of the ids; empty for models of English only.
    pub languages: Vec<(String, u32)>,
    /// Ids of all, special ones included.
    pub len: u32,
    /// `suppress_tokens` of a `generation_config.json`; none where the files have no such list (ggml).
    /// [`Vocabulary::suppressed`] is what to use.
    pub suppress: Option<Vec<u32>>,
    /// `begin_suppress_tokens` likewise. [`Vocabulary::suppressed_at_begin`] is what to use.
    pub begin_suppress: Option<Vec<u32>>,
    /// How texts join where that is not by the order of ids.
    pub(crate) merges: Merges,
    /// Ids by text, made when first used.
    pub(crate) index: Index,
}

impl Vocabulary {
    /// A vocabulary whose special ids follow from the count of its text tokens, as openai numbers them: end, start,
    /// languages, translate, transcribe, start of LM, start of previous, no speech, no timestamps, 1501 timestamps.
    /// As many languages as `n_vocab` leaves room for.
    ///
    /// # Errors
    /// `n_vocab` leaves room for less than no language or for more than are known, in words.
    pub fn numbered(texts: Vec<Vec<u8>>, n_vocab: u32) -> Result<Self, String> {
        let count = u32::try_from(texts.len()).map_err(|_| "too many tokens".to_owned())?;
        let others = SPECIALS + TIMESTAMPS;
        let languages = n_vocab.checked_sub(count).and_then(|left| left.checked_sub(others));
        let languages = languages.filter(|it| *it as usize <= CODES.len()).ok_or_else(|| {
            let (least, most) = (u64::from(count) + u64::from(others), CODES.len());
            format!(
                "{n_vocab} ids for {count} texts; expected {least} and one more per language, {most} at most"
            )
        })?;
        let (sot, after) = (count + 1, count + 2 + languages);
        let multilingual = n_vocab != ENGLISH_ONLY;
        let known = CODES.iter().zip(sot + 1..after).map(|((code, _), id)| ((*code).to_owned(), id));
        Ok(Vocabulary {
            texts,
            eot: count,
            sot,
            translate: after,
            transcribe: after + 1,
            start_of_lm: after + 2,
            start_of_prev: after + 3,
            no_speech: after + 4,
            no_timestamps: after + 5,
            timestamp_begin: after + 6,
            multilingual,
            languages: if multilingual { known.collect() } else { Vec::new() },
            len: n_vocab,
            ..Vocabulary::default()
        })
    }

    /// The bytes of the text tokens among `tokens`; special ones have none. A character may be spread over tokens.
    pub fn bytes(&self, tokens: &[u32]) -> Vec<u8> {
        tokens.iter().filter(|id| **id < self.eot).flat_map(|id| self.text(*id)).copied().collect()
    }

    /// The text of `tokens` without special ones; bytes that are no UTF-8 become U+FFFD.
    pub fn decode(&self, tokens: &[u32]) -> String {
        String::from_utf8_lossy(&self.bytes(tokens)).into_owned()
    }

    /// The text of `tokens` with the names of special ones in it: `<|en|>`, `<|1.08|>`.
    pub fn decode_with_timestamps(&self, tokens: &[u32]) -> String {
        let mut all = Vec::new();
        for id in tokens {
            match self.special_name(*id) {
                Some(name) => all.extend_from_slice(name.as_bytes()),
                None => all.extend_from_slice(self.text(*id)),
            }
        }
        String::from_utf8_lossy(&all).into_owned()
    }

    /// The bytes of a text token; none for any other.
    pub fn text(&self, id: u32) -> &[u8] {
        self.texts.get(id as usize).map_or(&[], Vec::as_slice)
    }

    /// Seconds that a timestamp stands for.
    pub fn timestamp(&self, id: u32) -> Option<f64> {
        let steps = id.checked_sub(self.timestamp_begin).filter(|it| *it < TIMESTAMPS && id < self.len)?;
        Some(f64::from(steps) * 0.02)
    }

    /// The token of a language, by code (`de`) or English name (`German`), in any case.
    pub fn language_token(&self, language: &str) -> Option<u32> {
        let wanted = language.to_lowercase();
        let by_code = |code: &str| self.languages.iter().find(|it| it.0 == code).map(|it| it.1);
        by_code(&wanted).or_else(|| by_code(code_of(&wanted)?))
    }

    /// The code of the language whose token this is.
    pub fn language_of(&self, id: u32) -> Option<&str> {
        self.languages.iter().find(|it| it.1 == id).map(|it| it.0.as_str())
    }

    /// What a special token is called.
    fn special_name(&self, id: u32) -> Option<String> {
        if id < self.eot {
            return None;
        }
        if let Some(seconds) = self.timestamp(id) {
            return Some(format!("<|{seconds:.2}|>"));
        }
        let named = [
            (self.eot, "endoftext"),
            (self.sot, "startoftranscript"),
            (self.translate, "translate"),
            (self.transcribe, "transcribe"),
            (self.start_of_lm, "startoflm"),
            (self.start_of_prev, "startofprev"),
            (self.no_speech, "nospeech"),
            (self.no_timestamps, "notimestamps"),
        ];
        let name = named.iter().find(|it| it.0 == id).map(|it| it.1).or_else(|| self.language_of(id));
        Some(format!("<|{}|>", name.unwrap_or("unused")))
    }
}
