//! Tokens → words, for word timestamps: as openai/whisper's `split_to_word_tokens`.
use super::Vocabulary;

/// Languages written without spaces between words.
const UNSPACED: [&str; 6] = ["zh", "ja", "th", "lo", "my", "yue"];

const PUNCTUATION: &str = "!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~";

impl Vocabulary {
    /// Splits `tokens` into words and the tokens of each. Where `language` (a code) is written without spaces, a word
    /// is the least number of tokens that are whole characters; elsewhere a word begins with a space, and special
    /// tokens and punctuation stand alone.
    pub fn split_to_words(&self, tokens: &[u32], language: Option<&str>) -> Vec<(String, Vec<u32>)> {
        let parts = self.split_to_characters(tokens);
        if language.is_some_and(|it| UNSPACED.contains(&it)) {
            return parts;
        }
        let mut words: Vec<(String, Vec<u32>)> = Vec::new();
        for (text, ids) in parts {
            let special = ids.first().is_some_and(|id| *id >= self.eot);
            let alone = special || text.starts_with(' ') || PUNCTUATION.contains(text.trim_matches(is_blank));
            match words.last_mut() {
                Some(word) if !alone => {
                    word.0.push_str(&text);
                    word.1.extend(ids);
                }
                _ => words.push((text, ids)),
            }
        }
        words
    }

    /// The shortest runs of tokens whose bytes are whole characters, or are no UTF-8 in the whole text either.
    fn split_to_characters(&self, tokens: &[u32]) -> Vec<(String, Vec<u32>)> {
        let whole: Vec<char> = self.decode_with_timestamps(tokens).chars().collect();
        let (mut runs, mut run, mut seen) = (Vec::new(), Vec::new(), 0);
        for id in tokens {
            run.push(*id);
            let text = self.decode_with_timestamps(&run);
            let broken = text.chars().position(|it| it == char::REPLACEMENT_CHARACTER);
            let as_in_whole = |at: usize| whole.get(seen + at) == Some(&char::REPLACEMENT_CHARACTER);
            if broken.is_none_or(as_in_whole) {
                seen += text.chars().count();
                runs.push((text, std::mem::take(&mut run)));
            }
        }
        // Of text that is cut off within a character, so that no token is lost.
        if !run.is_empty() {
            runs.push((self.decode_with_timestamps(&run), run));
        }
        runs
    }
}

/// What Python's `strip` takes away.
fn is_blank(character: char) -> bool {
    character.is_whitespace() || matches!(character, '\x1c'..='\x1f')
}
