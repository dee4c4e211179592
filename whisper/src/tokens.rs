//! Tokens and text: a model's vocabulary, with every id from its files.

/// What the ids of a model stand for.
#[derive(Debug, Clone, PartialEq, Eq)]
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
    /// Codes (`en`) and ids of the languages, in the order of the ids; empty for models of English only.
    pub languages: Vec<(String, u32)>,
    /// Ids of all, special ones included.
    pub len: u32,
}
