//! Cross-attention → when each word was said, as openai/whisper's `timing.py` finds it.
use super::SpeechModel;
use crate::Pace;
use crate::decoding::softmax_at;

/// Width of the median filter, in encoder positions.
const FILTER: usize = 7;
/// Encoder positions a second.
const POSITIONS_PER_SECOND: f64 = 50.0;

/// A word, in seconds of its window.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Timing {
    pub(crate) word: String,
    pub(crate) tokens: Vec<u32>,
    pub(crate) start: f64,
    pub(crate) end: f64,
    pub(crate) probability: f64,
}

/// When the words of `text` were said. `start`: the tokens before them; `positions`: encoder positions with audio.
pub(crate) async fn align<M: SpeechModel>(
    model: &M,
    heard: &M::Heard,
    start: &[u32],
    text: &[u32],
    language: Option<&str>,
    positions: usize,
) -> Vec<Timing> {
    let (vocabulary, pace) = (model.vocabulary(), model.pace());
    if text.is_empty() || positions == 0 {
        return Vec::new();
    }
    let mut tokens = start.to_vec();
    tokens.push(vocabulary.no_timestamps);
    tokens.extend_from_slice(text);
    tokens.push(vocabulary.eot);
    let (scores, logits) = model.align(heard, &tokens).await;
    let n_audio_ctx = model.dims().n_audio_ctx;
    let probabilities =
        text_probabilities(pace, &logits, start.len(), text, vocabulary.eot, tokens.len()).await;
    let followed = followed(pace, &scores, tokens.len(), n_audio_ctx, positions.min(n_audio_ctx)).await;
    let Some(followed) = followed else { return Vec::new() };
    let rows = &followed[start.len() * positions..(tokens.len() - 1) * positions];
    let times = warp(pace, rows, positions).await;
    let words = vocabulary.split_to_words(&[text, &[vocabulary.eot]].concat(), language);
    timings(words, &times, &probabilities)
}

/// The probability of each token of the text among the text tokens.
async fn text_probabilities(
    pace: &Pace,
    logits: &[f32],
    before: usize,
    text: &[u32],
    eot: u32,
    count: usize,
) -> Vec<f64> {
    let n_vocab = logits.len() / count;
    let mut all = Vec::with_capacity(text.len());
    for (row, token) in logits.chunks_exact(n_vocab).skip(before).zip(text) {
        all.push(f64::from(softmax_at(&row[..n_vocab.min(eot as usize)], *token)));
        pace.spend(n_vocab * 2).await;
    }
    all
}

/// How much each token follows each position, `[tokens, positions]`, over all heads; none without heads.
async fn followed(
    pace: &Pace,
    scores: &[f32],
    n_tokens: usize,
    n_audio_ctx: usize,
    positions: usize,
) -> Option<Vec<f32>> {
    let heads = scores.len() / (n_tokens * n_audio_ctx).max(1);
    let mut mean = vec![0.0; n_tokens * positions];
    for head in scores.chunks_exact(n_tokens * n_audio_ctx) {
        let mut weights = Vec::with_capacity(n_tokens * positions);
        for row in head.chunks_exact(n_audio_ctx) {
            weights.extend(softmax(&row[..positions]));
        }
        pace.spend(weights.len() * 4).await;
        normalise(&mut weights, positions);
        pace.spend(weights.len() * 4).await;
        for (row, sum) in weights.chunks_exact(positions).zip(mean.chunks_exact_mut(positions)) {
            for (sum, value) in sum.iter_mut().zip(median_filter(row, FILTER)) {
                *sum += value / heads as f32;
            }
            pace.spend(positions * 50).await;
        }
    }
    (heads > 0).then_some(mean)
}

fn softmax(row: &[f32]) -> impl Iterator<Item = f32> {
    let max = row.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    let sum: f32 = row.iter().map(|it| (it - max).exp()).sum();
    row.iter().map(move |it| (it - max).exp() / sum)
}

/// Each column to mean 0 and deviation 1 over its tokens. Without deviation it tells nothing, and is 0.
fn normalise(weights: &mut [f32], positions: usize) {
    let n = (weights.len() / positions) as f32;
    let (mut mean, mut scale) = (vec![0.0; positions], vec![0.0; positions]);
    for row in weights.chunks_exact(positions) {
        mean.iter_mut().zip(row).for_each(|(mean, it)| *mean += it / n);
    }
    for row in weights.chunks_exact(positions) {
        let apart = row.iter().zip(&mean).map(|(it, mean)| (it - mean) * (it - mean) / n);
        scale.iter_mut().zip(apart).for_each(|(sum, it)| *sum += it);
    }
    scale.iter_mut().filter(|it| **it > 0.0).for_each(|it| *it = it.sqrt().recip());
    for row in weights.chunks_exact_mut(positions) {
        for ((it, mean), scale) in row.iter_mut().zip(&mean).zip(&scale) {
            *it = (*it - mean) * scale;
        }
    }
}

/// The median of the `width` values around each; the ends are mirrored. Too short a row stays as it is.
fn median_filter(row: &[f32], width: usize) -> Vec<f32> {
    let reach = width / 2;
    if row.len() <= reach {
        return row.to_vec();
    }
    let mirrored = |at: usize| {
        let at = at.abs_diff(reach);
        row[if at < row.len() { at } else { 2 * (row.len() - 1) - at }]
    };
    let mut around = Vec::with_capacity(width);
    let mut median = |at: usize| {
        around.clear();
        around.extend((at..at + width).map(mirrored));
        around.sort_unstable_by(f32::total_cmp);
        around[reach]
    };
    (0..row.len()).map(&mut median).collect()
}

/// Dynamic time warping: the path through `followed` (`[tokens, positions]`) that follows most, as the position at which
/// each token begins.
async fn warp(pace: &Pace, followed: &[f32], positions: usize) -> Vec<usize> {
    let n_tokens = followed.len() / positions;
    let width = n_tokens + 1;
    let mut cost = vec![f32::INFINITY; width];
    cost[0] = 0.0;
    // Where each cell's path comes from, column by column.
    let mut trace = vec![Step::Later; width * (positions + 1)];
    for position in 1..=positions {
        let mut diagonal = std::mem::replace(&mut cost[0], f32::INFINITY);
        for token in 1..=n_tokens {
            let (both, next, later) = (diagonal, cost[token - 1], cost[token]);
            let (least, step) = if both < next && both < later {
                (both, Step::Both)
            } else if next < both && next < later {
                (next, Step::Next)
            } else {
                (later, Step::Later)
            };
            diagonal = later;
            let follows = f64::from(followed[(token - 1) * positions + position - 1]);
            cost[token] = (f64::from(least) - follows) as f32;
            trace[position * width + token] = step;
        }
        pace.spend(n_tokens * 8).await;
    }
    begins(&trace, n_tokens, positions)
}

/// How a path comes to a cell.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Step {
    /// From the token before at the position before.
    Both,
    /// From the token before at the same position.
    Next,
    /// From the same token at the position before.
    Later,
}

/// Walks a path back from its end.
fn begins(trace: &[Step], n_tokens: usize, positions: usize) -> Vec<usize> {
    let mut begins = vec![0; n_tokens];
    let (mut token, mut position) = (n_tokens, positions);
    while token > 0 || position > 0 {
        if let Some(begin) = token.checked_sub(1).and_then(|it| begins.get_mut(it)) {
            *begin = position.saturating_sub(1);
        }
        let step = match (token, position) {
            (0, _) => Step::Later,
            (_, 0) => Step::Next,
            _ => trace[position * (n_tokens + 1) + token],
        };
        token -= usize::from(step != Step::Later);
        position -= usize::from(step != Step::Next);
    }
    begins
}

/// Words with times; the last of `words` is the end of the text, which ends the word before it.
fn timings(words: Vec<(String, Vec<u32>)>, begins: &[usize], probabilities: &[f64]) -> Vec<Timing> {
    let seconds = |token: usize| begins.get(token).map(|it| *it as f64 / POSITIONS_PER_SECOND);
    let mut from = 0;
    let count = words.len().saturating_sub(1);
    let timing = |(word, tokens): (String, Vec<u32>)| {
        let to = from + tokens.len();
        let own = probabilities.get(from..to)?;
        let probability = own.iter().sum::<f64>() / own.len().max(1) as f64;
        let (start, end) = (seconds(from)?, seconds(to)?);
        from = to;
        Some(Timing { word, tokens, start, end, probability })
    };
    words.into_iter().take(count).map_while(timing).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn filters(row: &[f32], width: usize, expected: &[f32]) {
        assert_eq!(median_filter(row, width), expected, "{row:?} by {width}");
    }

    #[test]
    fn medians_are_of_mirrored_neighbours() {
        filters(&[1.0, 9.0, 2.0, 3.0], 3, &[9.0, 2.0, 3.0, 2.0]);
        filters(&[5.0, 1.0, 4.0, 2.0, 3.0], 5, &[4.0, 2.0, 3.0, 2.0, 3.0]);
        filters(&[5.0, 1.0], 5, &[5.0, 1.0]);
        filters(&[7.0], 1, &[7.0]);
    }

    /// Attention of 1 where a token's row has `#`, of -1 elsewhere.
    #[track_caller]
    fn warps(rows: &[&str], expected: &[usize]) {
        let followed: Vec<f32> = rows.concat().chars().map(|it| if it == '#' { 1.0 } else { -1.0 }).collect();
        let pace = Pace::default();
        assert_eq!(pace.finish(warp(&pace, &followed, rows[0].len())), expected, "{rows:?}");
    }

    #[test]
    fn a_token_begins_where_attention_goes_over_to_it() {
        warps(&["#..", ".#.", "..#"], &[0, 1, 2]);
        warps(&["###..", "...##"], &[0, 3]);
        warps(&["#...", ".##.", "...#"], &[0, 1, 3]);
        warps(&["..#...", "...#..", "....##"], &[0, 3, 4]);
    }

    #[test]
    fn more_tokens_than_positions_share_them() {
        warps(&["#.", "#.", ".#"], &[0, 0, 1]);
    }

    #[test]
    fn columns_are_normalised_over_tokens() {
        let mut weights = [1.0, 5.0, 3.0, 5.0];
        normalise(&mut weights, 2);
        assert_eq!(weights, [-1.0, 0.0, 1.0, 0.0]);
    }

    #[test]
    fn a_word_has_its_tokens_times_and_their_mean_probability() {
        let words =
            vec![(" a".to_owned(), vec![1, 2]), (" b".to_owned(), vec![3]), ("<|end|>".to_owned(), vec![9])];
        let timings = timings(words, &[5, 10, 20, 50], &[0.5, 1.0, 0.25]);
        let seen: Vec<_> =
            timings.iter().map(|it| (it.word.as_str(), it.start, it.end, it.probability)).collect();
        assert_eq!(seen, [(" a", 0.1, 0.4, 0.75), (" b", 0.4, 1.0, 0.25)]);
    }
}
