//! Logits → the tokens of one window, by the rules of openai/whisper's `decoding.py`.
#![allow(async_fn_in_trait, reason = "driven by `Pace`, in one thread")]
mod beam;
mod logits;
mod random;
mod rules;
mod sampling;
#[cfg(test)]
pub(crate) mod testing;

use crate::Pace;
use crate::tokens::Vocabulary;

pub(crate) use logits::softmax_at;
use rules::Rules;

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

/// What the text is to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Task {
    /// In the language that is spoken.
    #[default]
    Transcribe,
    /// In English.
    Translate,
}

/// How the next token is chosen.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Search {
    /// The likeliest each time.
    Greedy,
    /// The likeliest sequences of `size` kept side by side, until `size * patience` have ended.
    Beam { size: usize, patience: f32 },
    /// Drawn at `temperature` > 0, `best_of` times independently. The same `seed` gives the same tokens.
    Sample { temperature: f32, best_of: usize, seed: u64 },
}

/// How one window is to be decoded.
#[derive(Debug, Clone)]
pub struct Request<'a> {
    /// The language's token, none for models of English only.
    pub language: Option<u32>,
    pub task: Task,
    /// Whether the text has timestamps in it.
    pub timestamps: bool,
    /// Tokens of what was said before; its last `max_tokens / 2 - 1` are used.
    pub previous: &'a [u32],
    /// Tokens that are never sampled: [`Vocabulary::suppressed`].
    pub suppressed: &'a [u32],
    /// Tokens that are not sampled first: [`Vocabulary::suppressed_at_begin`].
    pub suppressed_at_begin: &'a [u32],
    /// The latest first timestamp, in timestamps: 50 is 1 s.
    pub max_initial_timestamp: Option<u32>,
    pub search: Search,
    /// Google NMT's alpha for ranking candidates, 0 to 1; by log-probability per token without.
    pub length_penalty: Option<f32>,
}

/// What was decoded.
#[derive(Debug, Clone, PartialEq)]
pub struct Decoded {
    /// Without prompt and end of text, timestamps included.
    pub tokens: Vec<u32>,
    /// Log-probability per token, end of text included.
    pub avg_logprob: f32,
    /// Probability that the window has no speech in it.
    pub no_speech_prob: f32,
}

/// A sequence that is sampled, and its log-probability.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Sampled {
    pub(crate) tokens: Vec<u32>,
    pub(crate) logprob: f64,
}

/// What a search works with.
pub(crate) struct Sampler<'a, M> {
    pub(crate) pace: &'a Pace,
    pub(crate) model: &'a mut M,
    pub(crate) rules: &'a Rules,
    /// Tokens that a sequence can have.
    pub(crate) limit: usize,
    /// Hears the best sequence so far.
    pub(crate) partial: &'a mut dyn FnMut(&[u32]),
}

/// Decodes one window: `model` has heard it and has no tokens yet. `partial` hears the best sequence after each token.
pub async fn decode<M: TokenModel>(
    pace: &Pace,
    model: &mut M,
    request: &Request<'_>,
    partial: &mut dyn FnMut(&[u32]),
) -> Decoded {
    let (prompt, sot_at) = prompt(model.vocabulary(), model.max_tokens(), request);
    let last = prompt.len() - 1;
    let positions = if sot_at == last { vec![last] } else { vec![sot_at, last] };
    let mut at_sot = model.feed_prompt(&prompt, &positions).await;
    let n_vocab = at_sot.len() / positions.len();
    let first = at_sot[(positions.len() - 1) * n_vocab..].to_vec();
    at_sot.truncate(n_vocab);
    let no_speech_prob = softmax_at(&at_sot, model.vocabulary().no_speech);

    let rules = Rules::new(model.vocabulary(), request);
    // The reference stops once a sequence is longer than the context, so its last token may lie past it.
    let limit = (model.max_tokens() / 2).min((model.max_tokens() + 1).saturating_sub(prompt.len()));
    let sampler = Sampler { pace, model, rules: &rules, limit, partial };
    let candidates = match request.search {
        Search::Greedy => sampling::sample(sampler, first, 0.0, 1, 0).await,
        Search::Beam { size, patience } => beam::search(sampler, first, size, patience).await,
        Search::Sample { temperature, best_of, seed } => {
            sampling::sample(sampler, first, temperature, best_of, seed).await
        }
    };
    let best = best_of(candidates, request.length_penalty);
    let avg_logprob = (best.logprob / (best.tokens.len() + 1) as f64) as f32;
    Decoded { tokens: best.tokens, avg_logprob, no_speech_prob }
}

/// The language of the window that `model` has heard: code and probability among all languages. None for models of
/// English only. `model` has no tokens yet.
pub async fn detect_language<M: TokenModel>(model: &mut M) -> Option<(String, f32)> {
    let sot = model.vocabulary().sot;
    let logits = model.feed_prompt(&[sot], &[0]).await;
    let languages = &model.vocabulary().languages;
    let heard: Vec<f32> = languages.iter().filter_map(|(_, id)| logits.get(*id as usize).copied()).collect();
    let best = logits::likeliest(&heard)?;
    Some((languages[best as usize].0.clone(), softmax_at(&heard, best)))
}

/// The tokens before the first that is sampled, and where the start of the transcript is among them.
fn prompt(vocabulary: &Vocabulary, max_tokens: usize, request: &Request<'_>) -> (Vec<u32>, usize) {
    let mut tokens = Vec::new();
    if !request.previous.is_empty() {
        let kept = (max_tokens / 2).saturating_sub(1).min(request.previous.len());
        tokens.push(vocabulary.start_of_prev);
        tokens.extend_from_slice(&request.previous[request.previous.len() - kept..]);
    }
    let sot_at = tokens.len();
    tokens.extend(start(vocabulary, request.language, request.task));
    if !request.timestamps {
        tokens.push(vocabulary.no_timestamps);
    }
    (tokens, sot_at)
}

/// How a transcript starts: with its language and task, except for models that know only one of each.
pub(crate) fn start(vocabulary: &Vocabulary, language: Option<u32>, task: Task) -> Vec<u32> {
    let Some(language) = language.filter(|_| vocabulary.multilingual) else { return vec![vocabulary.sot] };
    let task = match task {
        Task::Transcribe => vocabulary.transcribe,
        Task::Translate => vocabulary.translate,
    };
    vec![vocabulary.sot, language, task]
}

/// The first of the candidates that rank highest.
fn best_of(candidates: Vec<Sampled>, length_penalty: Option<f32>) -> Sampled {
    let score = |it: &Sampled| {
        let length = it.tokens.len().max(1) as f64;
        it.logprob / length_penalty.map_or(length, |alpha| ((5.0 + length) / 6.0).powf(f64::from(alpha)))
    };
    let higher = |a: Sampled, b: Sampled| if score(&b) > score(&a) { b } else { a };
    candidates.into_iter().reduce(higher).unwrap_or_default()
}

#[cfg(test)]
mod tests;
