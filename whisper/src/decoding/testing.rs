//! A model that says what a test wants it to, and the vocabulary it says it with.
use super::TokenModel;
use crate::tokens::{CODES, Vocabulary};

/// Text tokens beyond the 256 bytes.
const WORDS: &[&str] = &[
    " one", " two", " three", " four", " five", " six", " seven", " eight", " nine", " ten", " and", " the",
    " a", "ing", " \"", " (", " -", "é", " übe", " Mr",
];

/// A logit that no test token has by chance.
pub(crate) const UNLIKELY: f32 = -30.0;

/// All bytes, some words, all languages, all special tokens.
pub(crate) fn vocabulary() -> Vocabulary {
    vocabulary_of(99)
}

/// The same with so many languages; none are for a model of English only.
pub(crate) fn vocabulary_of(languages: usize) -> Vocabulary {
    let texts = (0..=255u8).map(|byte| vec![byte]).chain(WORDS.iter().map(|it| it.as_bytes().to_vec()));
    let texts: Vec<_> = texts.collect();
    assert!(languages <= CODES.len());
    let n_vocab = texts.len() + 8 + 1501 + languages;
    let mut vocabulary = Vocabulary::numbered(texts, n_vocab as u32).unwrap();
    vocabulary.multilingual = languages > 0;
    vocabulary
}

/// Tokens by what they say: `<0.00> one two<1.00>`, the longest text first.
pub(crate) fn tokens(vocabulary: &Vocabulary, mut text: &str) -> Vec<u32> {
    let mut tokens = Vec::new();
    while !text.is_empty() {
        if let Some((seconds, rest)) = text.strip_prefix('<').and_then(|it| it.split_once('>')) {
            let steps = (seconds.parse::<f64>().unwrap() * 50.0).round() as u32;
            tokens.push(vocabulary.timestamp_begin + steps);
            text = rest;
        } else {
            let fits = |id: &u32| text.as_bytes().starts_with(&vocabulary.texts[*id as usize]);
            let longest =
                (0..vocabulary.eot).filter(fits).max_by_key(|id| vocabulary.texts[*id as usize].len());
            tokens.push(longest.unwrap());
            text = &text[vocabulary.texts[longest.unwrap() as usize].len()..];
        }
    }
    tokens
}

/// A prompt and what came after it.
pub(crate) fn parted<'a>(vocabulary: &Vocabulary, tokens: &'a [u32]) -> (&'a [u32], &'a [u32]) {
    let prompts = vocabulary.sot..vocabulary.timestamp_begin;
    let after = tokens.iter().rposition(|it| prompts.contains(it)).map_or(0, |at| at + 1);
    tokens.split_at(after)
}

/// Logits where only these tokens are likely; of the others the first are likelier, so that none are alike.
pub(crate) fn logits(vocabulary: &Vocabulary, likely: &[(u32, f32)]) -> Vec<f32> {
    let mut logits: Vec<f32> = (0..vocabulary.len).map(|it| UNLIKELY - it as f32 * 1e-4).collect();
    likely.iter().for_each(|(token, logit)| logits[*token as usize] = *logit);
    logits
}

/// The token after `said`, of a model that wants to say `wish` and then stop.
pub(crate) fn next_of(vocabulary: &Vocabulary, wish: &[u32], said: &[u32]) -> u32 {
    wish.get(said.len()).copied().unwrap_or(vocabulary.eot)
}

/// A decoder whose logits are a function of all tokens of a row.
pub(crate) struct Scripted<'a, F> {
    pub(crate) vocabulary: &'a Vocabulary,
    pub(crate) script: F,
    pub(crate) rows: Vec<Vec<u32>>,
}

impl<'a, F: Fn(&[u32]) -> Vec<f32>> Scripted<'a, F> {
    pub(crate) fn new(vocabulary: &'a Vocabulary, script: F) -> Self {
        Scripted { vocabulary, script, rows: vec![Vec::new()] }
    }
}

impl<F: Fn(&[u32]) -> Vec<f32>> TokenModel for Scripted<'_, F> {
    fn vocabulary(&self) -> &Vocabulary {
        self.vocabulary
    }

    fn max_tokens(&self) -> usize {
        448
    }

    async fn feed(&mut self, tokens: &[Vec<u32>]) -> Vec<f32> {
        assert_eq!(tokens.len(), self.rows.len());
        let mut all = Vec::new();
        for (row, tokens) in self.rows.iter_mut().zip(tokens) {
            assert_eq!(tokens.len(), 1, "what is known is not fed again");
            row.extend(tokens);
            assert!(row.len() <= 448, "there is no position for it");
            all.extend((self.script)(row));
        }
        all
    }

    async fn feed_prompt(&mut self, tokens: &[u32], positions: &[usize]) -> Vec<f32> {
        assert!(self.rows.len() == 1 && self.rows[0].is_empty(), "a prompt comes first");
        self.rows[0].extend(tokens);
        positions.iter().flat_map(|at| (self.script)(&tokens[..=*at])).collect()
    }

    fn select(&mut self, rows: &[usize]) {
        self.rows = rows.iter().map(|row| self.rows[*row].clone()).collect();
    }
}
