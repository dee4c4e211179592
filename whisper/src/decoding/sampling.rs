//! Sequences that go their own ways: greedy, and best of several samples.
use super::logits::{likeliest, log_sum_exp};
use super::random::Random;
use super::{Sampled, Sampler, TokenModel};

/// One that has not ended.
struct Row {
    /// Its place among the candidates.
    place: usize,
    random: Random,
}

/// `count` sequences, each token the likeliest at temperature 0, else drawn. `first`: logits after the prompt.
pub(crate) async fn sample<M: TokenModel>(
    sampler: Sampler<'_, M>,
    first: Vec<f32>,
    temperature: f32,
    count: usize,
    seed: u64,
) -> Vec<Sampled> {
    let Sampler { pace, model, rules, limit, partial } = sampler;
    let count = count.max(1);
    let n_vocab = first.len();
    let mut logits = first.repeat(count);
    let mut rows: Vec<Row> =
        (0..count).map(|place| Row { place, random: Random::new(seed, place as u64) }).collect();
    let mut all = vec![Sampled::default(); count];
    if count > 1 {
        model.select(&vec![0; count]);
    }
    for step in 1..=limit {
        let mut going = Vec::new();
        for (at, row) in rows.iter_mut().enumerate() {
            let logits = &mut logits[at * n_vocab..(at + 1) * n_vocab];
            let sampled = &mut all[row.place];
            rules.apply(logits, &sampled.tokens);
            let chosen =
                if temperature > 0.0 { row.random.draw(logits, temperature) } else { likeliest(logits) };
            if let Some(token) = chosen {
                sampled.logprob += f64::from(logits[token as usize]) - log_sum_exp(logits);
            }
            if let Some(token) = chosen.filter(|it| *it != rules.eot) {
                sampled.tokens.push(token);
                going.push(at);
            }
            pace.spend(n_vocab * 4).await;
        }
        if let Some(best) = all.iter().max_by(|a, b| a.logprob.total_cmp(&b.logprob)) {
            partial(&best.tokens);
        }
        if going.is_empty() || step == limit {
            break;
        }
        if going.len() < rows.len() {
            model.select(&going);
            let mut at = 0..;
            rows.retain(|_| at.next().is_some_and(|at| going.contains(&at)));
        }
        let last = |row: &Row| all[row.place].tokens.last().copied().into_iter().collect();
        logits = model.feed(&rows.iter().map(last).collect::<Vec<_>>()).await;
    }
    all
}
