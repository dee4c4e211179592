//! Windows of a stream → segments, as openai/whisper's `transcribe()` does it.
#![allow(async_fn_in_trait, reason = "driven by `Pace`, in one thread")]
use crate::Pace;
use crate::decoding::TokenModel;
use crate::tokens::Vocabulary;
use crate::weights::Dims;

/// The model as transcription sees it.
pub trait SpeechModel {
    /// What the encoder made of a window.
    type Heard;
    /// A decoder that has heard it.
    type Decoder<'a>: TokenModel
    where
        Self: 'a;
    /// What its work is paid with: whoever drives a transcription refuels this one, and pays with it too.
    fn pace(&self) -> &Pace;
    /// Sizes.
    fn dims(&self) -> &Dims;
    /// The tokens it knows.
    fn vocabulary(&self) -> &Vocabulary;
    /// Hears one window of 30 s: log-mel, `[n_mels, 3000]`, row-major.
    async fn encode(&self, mel: &[f32]) -> Self::Heard;
    /// A decoder without any tokens yet.
    fn decoder<'a>(&'a self, heard: &'a Self::Heard) -> Self::Decoder<'a>;
    /// For word timestamps: feeds `tokens` in one go and gives, for each pair of the model's alignment heads, the raw
    /// cross-attention scores before the softmax, `[heads, tokens, n_audio_ctx]`, and the logits after each token,
    /// `[tokens, n_vocab]`.
    async fn align(&self, heard: &Self::Heard, tokens: &[u32]) -> (Vec<f32>, Vec<f32>);
}
