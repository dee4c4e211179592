//! Scaled dot-product attention over keys and values that are packed for it, head by head.
use crate::Pace;
use crate::kernels::{Packed, multiply, softmax_unscaled};

/// Queries that are worked on at once: their scores stay in the cache.
const QUERIES: usize = 32;

/// Keys and values of one layer, ready for any number of queries.
#[derive(Debug, Default)]
pub(super) struct Memory {
    heads: Vec<Head>,
    positions: usize,
}

#[derive(Debug, Default)]
struct Head {
    /// `[positions, size]`
    keys: Packed,
    /// `[size, positions]`
    values: Packed,
}

impl Memory {
    /// Takes what the heads of `keys` and `values` hold: rows of `stride` numbers, one row a position, of which `width`
    /// belong to the heads.
    pub(super) fn fill(&mut self, heads: usize, positions: usize, keys: Rows<'_>, values: Rows<'_>) {
        let size = keys.width / heads;
        self.positions = positions;
        self.heads.resize_with(heads, Head::default);
        for (at, head) in self.heads.iter_mut().enumerate() {
            head.keys.reset(positions, size);
            head.values.reset(size, positions);
            for position in 0..positions {
                head.keys.set_output(position, &keys.row(position)[at * size..][..size]);
                head.values.set_input(position, &values.row(position)[at * size..][..size]);
            }
        }
    }

    /// For `rows` queries of `width` numbers (already scaled by `size^-½`), `out` becomes `[rows, width]`. `scores`
    /// hears the scores before the softmax: head, first row, `[rows, positions]`.
    pub(super) async fn attend(
        &self,
        pace: &Pace,
        queries: Rows<'_>,
        rows: usize,
        out: &mut [f32],
        mut scores_to: impl FnMut(usize, usize, &[f32]),
    ) {
        let (width, positions) = (queries.width, self.positions);
        let size = width / self.heads.len();
        let mut scores = vec![0.0; QUERIES.min(rows) * positions];
        for (at, head) in self.heads.iter().enumerate() {
            for first in (0..rows).step_by(QUERIES) {
                let count = QUERIES.min(rows - first);
                let a = &queries.data[first * queries.stride + queries.offset + at * size..];
                let panels = 0..head.keys.panels();
                multiply((a, queries.stride), &head.keys, panels, (&mut scores, positions), count, None);
                scores_to(at, first, &scores[..count * positions]);
                let mut totals = [0.0; QUERIES];
                for (row, total) in scores.chunks_exact_mut(positions).zip(&mut totals[..count]) {
                    *total = softmax_unscaled(row);
                }
                let out = &mut out[first * width + at * size..];
                multiply(
                    (&scores, positions),
                    &head.values,
                    0..head.values.panels(),
                    (out, width),
                    count,
                    None,
                );
                for (row, total) in totals[..count].iter().enumerate() {
                    out[row * width..][..size].iter_mut().for_each(|x| *x /= total);
                }
                pace.spend(count.max(4) * positions * (2 * size + 16)).await;
            }
        }
    }
}

/// Rows of numbers that lie `stride` apart, of which `width` from `offset` on are meant.
#[derive(Clone, Copy)]
pub(super) struct Rows<'a> {
    pub(super) data: &'a [f32],
    pub(super) stride: usize,
    pub(super) offset: usize,
    pub(super) width: usize,
}

impl<'a> Rows<'a> {
    fn row(&self, at: usize) -> &'a [f32] {
        &self.data[at * self.stride + self.offset..][..self.width]
    }
}

/// What a text sequence has said so far: keys and values of one layer, `[tokens, width]` each.
#[derive(Debug, Clone, Default)]
pub(super) struct Said {
    keys: Vec<f32>,
    values: Vec<f32>,
}

impl Said {
    pub(super) fn push(&mut self, keys: &[f32], values: &[f32]) {
        self.keys.extend_from_slice(keys);
        self.values.extend_from_slice(values);
    }

    /// One query (of all heads, scaled) over the first `tokens` tokens.
    pub(super) fn attend(
        &self,
        heads: usize,
        tokens: usize,
        query: &[f32],
        scores: &mut Vec<f32>,
        out: &mut [f32],
    ) {
        let width = query.len();
        let size = width / heads;
        out.fill(0.0);
        for head in 0..heads {
            let part = head * size..(head + 1) * size;
            let query = &query[part.clone()];
            scores.clear();
            scores
                .extend(self.keys.chunks_exact(width).take(tokens).map(|key| dot(query, &key[part.clone()])));
            let total = softmax_unscaled(scores);
            let out = &mut out[part.clone()];
            for (weight, value) in scores.iter().zip(self.values.chunks_exact(width)) {
                let weight = weight / total;
                out.iter_mut().zip(&value[part.clone()]).for_each(|(out, x)| *out += weight * x);
            }
        }
    }
}

fn dot(a: &[f32], b: &[f32]) -> f32 {
    let (a, a_rest) = a.as_chunks::<8>();
    let (b, b_rest) = b.as_chunks::<8>();
    let mut lanes = [0.0f32; 8];
    for (a, b) in a.iter().zip(b) {
        for ((lane, a), b) in lanes.iter_mut().zip(a).zip(b) {
            *lane += a * b;
        }
    }
    lanes.iter().sum::<f32>() + a_rest.iter().zip(b_rest).map(|(a, b)| a * b).sum::<f32>()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn noise(count: usize, seed: usize) -> Vec<f32> {
        (0..count).map(|at| ((at * 7919 + seed * 104_729) % 1009) as f32 / 504.5 - 1.0).collect()
    }

    /// One query after the other, in f64.
    fn naive(
        heads: usize,
        positions: usize,
        width: usize,
        queries: &[f32],
        keys: &[f32],
        values: &[f32],
    ) -> Vec<f32> {
        let size = width / heads;
        let mut out = Vec::new();
        for query in queries.chunks_exact(width) {
            for head in 0..heads {
                let score = |at: usize| -> f64 {
                    (0..size)
                        .map(|i| {
                            f64::from(query[head * size + i]) * f64::from(keys[at * width + head * size + i])
                        })
                        .sum()
                };
                let scores: Vec<f64> = (0..positions).map(|at| score(at).exp()).collect();
                let total: f64 = scores.iter().sum();
                out.extend((0..size).map(|i| {
                    let weigh = |(at, score): (usize, &f64)| {
                        score / total * f64::from(values[at * width + head * size + i])
                    };
                    scores.iter().enumerate().map(weigh).sum::<f64>() as f32
                }));
            }
        }
        out
    }

    #[track_caller]
    fn check_close(found: &[f32], expected: &[f32]) {
        assert_eq!(found.len(), expected.len());
        for (at, (found, expected)) in found.iter().zip(expected).enumerate() {
            assert!((found - expected).abs() < 1e-5, "[{at}]: {found} for {expected}");
        }
    }

    #[test]
    fn packed_memory_attends_like_the_naive_loop() {
        let (heads, positions, width, rows) = (3, 50, 24, 37);
        // Queries, keys and values side by side, as one layer gives them.
        let stride = 3 * width;
        let data = noise(positions * stride, 1);
        let part = |offset| Rows { data: &data, stride, offset, width };
        let mut memory = Memory::default();
        memory.fill(heads, positions, part(width), part(2 * width));
        let pick = |offset: usize, rows: usize| -> Vec<f32> {
            (0..rows).flat_map(|at| data[at * stride + offset..][..width].to_vec()).collect()
        };
        let mut out = vec![0.0; rows * width];
        let mut heard = 0;
        let pace = Pace::default();
        pace.finish(memory.attend(&pace, part(0), rows, &mut out, |_, _, scores| heard += scores.len()));
        let keys = pick(width, positions);
        check_close(
            &out,
            &naive(heads, positions, width, &pick(0, rows), &keys, &pick(2 * width, positions)),
        );
        assert_eq!(heard, heads * rows * positions);
    }

    #[test]
    fn what_was_said_is_attended_to_alike_and_not_beyond() {
        let (heads, tokens, width) = (2, 9, 20);
        let (query, keys, values) = (noise(width, 2), noise(12 * width, 3), noise(12 * width, 4));
        let mut said = Said::default();
        for (keys, values) in keys.chunks_exact(width).zip(values.chunks_exact(width)) {
            said.push(keys, values);
        }
        let mut out = vec![0.0; width];
        said.attend(heads, tokens, &query, &mut Vec::new(), &mut out);
        check_close(&out, &naive(heads, tokens, width, &query, &keys, &values));
    }
}
