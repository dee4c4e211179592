//! Whisper speech recognition: samples in, segments out.
//!
//! **Invariant:** pure. No browser, no clock, no thread. All long work is an `async fn` that hands control back by
//! [`Pace`], so whoever drives it decides how long a turn is and stops by dropping it.
//!
//! - [`weights`]: model files (ggml, Hugging Face) → [`weights::Checkpoint`]: sizes, vocabulary, tensors.
//! - [`audio`]: 16 kHz mono samples → log-mel.
//! - [`model`]: the graph: log-mel → encoder output → logits, with KV caches. [`kernels`] does the arithmetic.
//! - [`decoding`]: logits → tokens of one window: timestamp rules, greedy, beam, best-of.
//! - [`transcribe`]: windows of a stream → segments: fallback, seek, prompts, words, progress.
pub mod audio;
pub mod decoding;
pub mod kernels;
pub mod model;
mod pace;
pub mod tokens;
pub mod transcribe;
pub mod weights;

pub use pace::Pace;

/// Samples a second that the models hear.
pub const SAMPLE_RATE: u32 = 16_000;
