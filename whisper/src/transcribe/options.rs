//! What may be asked of a transcription.
use crate::decoding::Task;
use crate::tokens::Vocabulary;

/// How finely the transcript is placed in time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Timestamps {
    /// A segment per window.
    None,
    /// As the model says.
    #[default]
    Segment,
    /// Words, too, by cross-attention.
    Word,
}

/// Options of a transcription, with the reference's names and defaults.
#[derive(Debug, Clone, PartialEq)]
pub struct Options {
    /// Code (`de`) or English name; detected without.
    pub language: Option<String>,
    pub task: Task,
    pub timestamps: Timestamps,
    /// Tried in this order until a window is decoded well enough, each 0 to 1.
    pub temperatures: Vec<f32>,
    /// Sequences side by side at temperature 0; 1 is greedy.
    pub beam_size: usize,
    /// Samples at temperatures above 0.
    pub best_of: usize,
    /// Beam search ends after `beam_size * patience` sequences.
    pub patience: Option<f32>,
    /// Alpha for ranking, 0 to 1; by log-probability per token without.
    pub length_penalty: Option<f32>,
    /// What is taken as said before the beginning.
    pub initial_prompt: Option<String>,
    /// Whether a window knows what was said before it.
    pub condition_on_previous_text: bool,
    /// A text that can be compressed more is a loop.
    pub compression_ratio_threshold: Option<f32>,
    /// A text that is less likely per token is wrong.
    pub logprob_threshold: Option<f32>,
    /// A window that is so likely silent, and whose text is not likely, is silent.
    pub no_speech_threshold: Option<f32>,
    /// With words: strange segments beside silence of so many seconds are taken for hallucinations.
    pub hallucination_silence_threshold: Option<f32>,
    /// The first timestamp comes within so many seconds.
    pub max_initial_timestamp: Option<f32>,
    /// Skips long silence unheard, and cuts windows at pauses where there are no timestamps to cut by. Without, all is as
    /// in the reference.
    pub vad: bool,
    /// Of the samples at temperatures above 0.
    pub seed: u64,
}

impl Default for Options {
    fn default() -> Self {
        Options {
            language: None,
            task: Task::Transcribe,
            timestamps: Timestamps::Segment,
            temperatures: vec![0.0, 0.2, 0.4, 0.6, 0.8, 1.0],
            beam_size: 1,
            best_of: 5,
            patience: None,
            length_penalty: None,
            initial_prompt: None,
            condition_on_previous_text: true,
            compression_ratio_threshold: Some(2.4),
            logprob_threshold: Some(-1.0),
            no_speech_threshold: Some(0.6),
            hallucination_silence_threshold: None,
            max_initial_timestamp: Some(1.0),
            vad: true,
            seed: 0,
        }
    }
}

/// Sequences side by side, at most: each has a cache of its own.
const MOST_SEQUENCES: usize = 64;

impl Options {
    /// # Errors
    /// Each value that is out of range, with the range.
    pub(crate) fn check(&self) -> Result<(), String> {
        let mut wrong = Vec::new();
        if self.temperatures.is_empty() {
            wrong.push("no temperature is given; expected one or more, 0 to 1".to_owned());
        }
        let mut range = |name: &str, value: f32, from: f32, to: f32| {
            if !(from..=to).contains(&value) {
                wrong.push(format!("{name} is {value}; expected {from} to {to}"));
            }
        };
        self.temperatures.iter().for_each(|it| range("a temperature", *it, 0.0, 1.0));
        range("beam_size", self.beam_size as f32, 1.0, MOST_SEQUENCES as f32);
        range("best_of", self.best_of as f32, 1.0, MOST_SEQUENCES as f32);
        let optional = [
            ("patience", self.patience, 0.1, 10.0),
            ("length_penalty", self.length_penalty, 0.0, 1.0),
            ("no_speech_threshold", self.no_speech_threshold, 0.0, 1.0),
            ("hallucination_silence_threshold", self.hallucination_silence_threshold, 0.0, 3600.0),
            ("max_initial_timestamp", self.max_initial_timestamp, 0.0, 30.0),
        ];
        optional.iter().for_each(|(name, value, from, to)| {
            value.iter().for_each(|value| range(name, *value, *from, *to));
        });
        if wrong.is_empty() { Ok(()) } else { Err(wrong.join("; ")) }
    }

    /// The token of the language that is asked for: none if it is to be detected, or the model knows English only.
    ///
    /// # Errors
    /// The model does not know the language.
    pub(crate) fn language_token(&self, vocabulary: &Vocabulary) -> Result<Option<u32>, String> {
        let Some(language) = &self.language else { return Ok(None) };
        if vocabulary.languages.is_empty() {
            let is_english = ["en", "english"].contains(&language.to_lowercase().as_str());
            return if is_english {
                Ok(None)
            } else {
                Err(format!("the language is {language}; the model knows en only"))
            };
        }
        let known = || vocabulary.languages.iter().map(|it| it.0.as_str()).collect::<Vec<_>>().join(", ");
        let token = vocabulary.language_token(language);
        token.map(Some).ok_or_else(|| format!("the language is {language}; the model knows {}", known()))
    }
}
