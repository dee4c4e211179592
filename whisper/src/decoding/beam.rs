//! Beam search: the likeliest sequences side by side.
use super::logits::{likeliest_few, log_sum_exp};
use super::{Sampled, Sampler, TokenModel};

/// A sequence with one token more.
struct Candidate {
    /// The row it continues.
    row: usize,
    token: u32,
    logprob: f64,
}

/// The sequences that ended first, `size * patience` of them; those that have not ended fill up where they are less than
/// `size`. `first`: logits after the prompt.
pub(crate) async fn search<M: TokenModel>(
    sampler: Sampler<'_, M>,
    first: Vec<f32>,
    size: usize,
    patience: f32,
) -> Vec<Sampled> {
    let Sampler { pace, model, rules, limit, partial } = sampler;
    let wanted = ((size as f32 * patience).round_ties_even() as usize).max(1);
    let n_vocab = first.len();
    let mut logits = first;
    let mut rows = vec![Sampled::default()];
    let mut ended = Vec::new();
    for step in 1..=limit {
        let mut candidates = Vec::new();
        for (at, row) in rows.iter().enumerate() {
            let logits = &mut logits[at * n_vocab..(at + 1) * n_vocab];
            rules.apply(logits, &row.tokens);
            candidates.extend(continued(at, row, logits, size + 1));
            pace.spend(n_vocab * 4).await;
        }
        let sources = keep_best(&mut rows, &mut ended, candidates, rules.eot, size, wanted);
        if let Some(best) = rows.first().or(ended.first()) {
            partial(&best.tokens);
        }
        if ended.len() >= wanted || rows.is_empty() || step == limit {
            break;
        }
        model.select(&sources);
        let last = |row: &Sampled| row.tokens.last().copied().into_iter().collect();
        logits = model.feed(&rows.iter().map(last).collect::<Vec<_>>()).await;
    }
    let missing = size.saturating_sub(ended.len());
    ended.extend(rows.into_iter().take(missing));
    ended
}

/// The `count` likeliest ways to go on with a row.
fn continued(row: usize, sampled: &Sampled, logits: &[f32], count: usize) -> Vec<Candidate> {
    let sum = log_sum_exp(logits);
    let logprob = |token: u32| sampled.logprob + f64::from(logits[token as usize]) - sum;
    let candidate = |token: u32| Candidate { row, token, logprob: logprob(token) };
    likeliest_few(logits, count).into_iter().map(candidate).collect()
}

/// Replaces `rows` by the best `size` candidates that go on, and gives the rows these came from. What ended and is at
/// least as likely joins `ended`, up to `wanted`.
fn keep_best(
    rows: &mut Vec<Sampled>,
    ended: &mut Vec<Sampled>,
    mut candidates: Vec<Candidate>,
    eot: u32,
    size: usize,
    wanted: usize,
) -> Vec<usize> {
    candidates.sort_by(|a, b| b.logprob.total_cmp(&a.logprob));
    let (mut kept, mut sources) = (Vec::new(), Vec::new());
    for Candidate { row, token, logprob } in candidates {
        let mut tokens = rows[row].tokens.clone();
        if token == eot {
            if ended.len() < wanted {
                ended.push(Sampled { tokens, logprob });
            }
            continue;
        }
        tokens.push(token);
        kept.push(Sampled { tokens, logprob });
        sources.push(row);
        if kept.len() == size {
            break;
        }
    }
    *rows = kept;
    sources
}
