//! Tokens that are never sampled, or not at the beginning.
use super::Vocabulary;

/// Signs of annotations (`[music]`, `(laughs)`), apart by blanks.
const SIGNS: &str = "\" # ( ) * + / : ; < = > @ [ \\ ] ^ _ ` { | } ~ 「 」 『 』 << >> <<< >>> -- --- -( -[ (' (\" (( )) \
                     ((( ))) [[ ]] {{ }} ♪♪ ♪♪♪";

/// Signs whose first token goes even where they have several: nothing but such signs begins with it.
const NOTES: &str = "♩ ♪ ♫ ♬ ♭ ♮ ♯";

impl Vocabulary {
    /// The tokens that openai/whisper suppresses unless told otherwise, so that only speech is written: signs of
    /// annotations (with and without a blank before), where they are one token; musical notes; `-` and `'` at the
    /// beginning of a word. Ascending. A blank alone is never among them, though small vocabularies begin signs with it.
    pub fn non_speech_tokens(&self) -> Vec<u32> {
        let mut found: Vec<u32> =
            [" -", " '"].iter().filter_map(|word| self.encode(word).first().copied()).collect();
        let mut look = |sign: &str, whole: bool| {
            for word in [sign.to_owned(), format!(" {sign}")] {
                let tokens = self.encode(&word);
                found.extend(tokens.first().filter(|_| !whole || tokens.len() == 1));
            }
        };
        SIGNS.split(' ').for_each(|sign| look(sign, true));
        NOTES.split(' ').for_each(|sign| look(sign, false));
        found.retain(|id| self.text(*id) != b" ");
        found.sort_unstable();
        found.dedup();
        found
    }

    /// The tokens to suppress everywhere: the list of the model's files, or [`Vocabulary::non_speech_tokens`] where
    /// they have none; with it, as openai/whisper does whatever the list, the special tokens that are only for prompts.
    /// Ascending.
    pub fn suppressed(&self) -> Vec<u32> {
        let mut all = self.suppress.clone().unwrap_or_else(|| self.non_speech_tokens());
        all.extend([self.transcribe, self.translate, self.sot]);
        all.extend([self.start_of_prev, self.start_of_lm, self.no_speech]);
        all.retain(|id| *id < self.len);
        all.sort_unstable();
        all.dedup();
        all
    }

    /// The tokens to suppress as the first of a window, so that it is not left blank: the list of the model's files,
    /// or those of a blank and the end of text.
    pub fn suppressed_at_begin(&self) -> Vec<u32> {
        let own = || self.encode(" ").into_iter().chain([self.eot]).collect();
        self.begin_suppress.clone().unwrap_or_else(own)
    }
}
