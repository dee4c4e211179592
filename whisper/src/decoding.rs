//! Logits → the tokens of one window, by the rules of openai/whisper's `decoding.py`.
#![allow(async_fn_in_trait, reason = "driven by `Pace`, in one thread")]
use crate::tokens::Vocabulary;

/// The model as decoding sees it: it has heard a window and gives logits for what was said so far. Its rows are
/// sequences side by side (beams, samples) with KV caches of their own; it begins with one empty row.
pub trait TokenModel {
    /// The tokens it knows.
    fn vocabulary(&self) -> &Vocabulary;
    /// Positions a sequence can have (448).
    fn max_tokens(&self) -> usize;
    /// Appends tokens to every row (`tokens[row]`, all of one length ≥ 1) and gives the logits after each row's last
    /// token, `[rows, n_vocab]`.
    async fn feed(&mut self, tokens: &[Vec<u32>]) -> Vec<f32>;
    /// Appends `tokens` to the only row and gives the logits after those of them at `positions` (counted from the
    /// first of `tokens`), `[positions, n_vocab]`.
    async fn feed_prompt(&mut self, tokens: &[u32], positions: &[usize]) -> Vec<f32>;
    /// Row `i` from now on continues what row `rows[i]` was; a row may be taken more than once, or left out.
    fn select(&mut self, rows: &[usize]);
}
