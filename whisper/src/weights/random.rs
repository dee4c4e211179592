//! Weights that nobody trained, the same everywhere, by a rule short enough to be written again in another language:
//!
//! - The stream of a tensor begins at `state = FNV-1a-64(openai's name) ^ seed` and takes one step of splitmix64 per
//!   element, in row-major order: `state += 0x9E3779B97F4A7C15`, `z = state`, `z = (z ^ z >> 30) * 0xBF58476D1CE4E5B9`,
//!   `z = (z ^ z >> 27) * 0x94D049BB133111EB`, `z ^= z >> 31` (all wrapping, in u64).
//! - `v = f32(z >> 40) / 2^24 - 0.5`, in f32: exact, in `[-0.5, 0.5)`.
//! - Of one dimension, `…ln.weight` and `ln_post.weight`: `1 + v * 0.1`; all other tensors of one dimension (biases):
//!   `v * 0.02`. Others: `v * sqrt(12 / fan_in)`, where `fan_in` is the product of all dimensions but the first, the
//!   root and the quotient rounded to f32; so a row of it has variance `1 / fan_in` and activations stay about 1.
//!   Embeddings of tokens and of positions (the encoder's as well) are matrices like others.
//!
//! Each operation is rounded to f32 by itself.
use super::layout::tensors;
use super::{Checkpoint, Dims, Rejected, Tensors, rows};
use crate::tokens::{Alphabet, Vocabulary};

/// The tensors of a model of these sizes; see [the rule](self).
#[derive(Debug, Clone, Copy)]
pub struct RandomWeights {
    pub dims: Dims,
    pub seed: u64,
}

impl Tensors for RandomWeights {
    fn shape(&self, name: &str) -> Option<Vec<usize>> {
        tensors(&self.dims).into_iter().find(|it| it.0 == name).map(|it| it.1)
    }

    fn read(&self, name: &str, first: usize, count: usize, out: &mut Vec<f32>) -> Result<(), Rejected> {
        let shape = rows(self, name, first, count)?;
        let start = hash(name) ^ self.seed;
        let (shift, scale) = match shape.as_slice() {
            [_] if name.ends_with("ln.weight") || name.ends_with("ln_post.weight") => (1.0, 0.1),
            [_] => (0.0, 0.02),
            others => (0.0, (12.0 / others[1..].iter().product::<usize>() as f32).sqrt()),
        };
        let value = |at: usize| shift + unit(start, at as u64) * scale;
        out.extend((first..first + count).map(value));
        Ok(())
    }
}

/// FNV-1a, 64 bits.
fn hash(name: &str) -> u64 {
    let step = |hash: u64, byte: u8| (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3);
    name.bytes().fold(0xcbf2_9ce4_8422_2325, step)
}

/// Element `at` of the stream that begins at `start`.
fn unit(start: u64, at: u64) -> f32 {
    let state = start.wrapping_add((at + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15));
    let z = (state ^ (state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    let z = z ^ (z >> 31);
    (z >> 40) as f32 / (1 << 24) as f32 - 0.5
}

pub(super) fn checkpoint(dims: Dims, seed: u64) -> Result<Checkpoint, Rejected> {
    let invalid = |what| Rejected::Invalid { file: "a random model".to_owned(), what };
    dims.wrong().map_or(Ok(()), |what| Err(invalid(what)))?;
    Ok(Checkpoint {
        dims,
        vocabulary: vocabulary(&dims).map_err(invalid)?,
        mel_filters: None,
        alignment_heads: dims.alignment_heads(),
        tensors: Box::new(RandomWeights { dims, seed }),
    })
}

/// All bytes in GPT-2's order and, where there is room for more texts, words: a space, and letters from a to p, the
/// shorter ones first, so that each is a shorter one and a letter. As many languages as leave room for the bytes; in a
/// vocabulary of a size that openai published, as many as it has.
fn vocabulary(dims: &Dims) -> Result<Vocabulary, String> {
    let n_vocab = u32::try_from(dims.n_vocab).unwrap_or(u32::MAX);
    let others = n_vocab.saturating_sub(256 + 1509);
    let languages = others.min(if n_vocab > 51_865 { 100 } else { 99 });
    let mut texts: Vec<Vec<u8>> = Alphabet::new().in_order().map(|byte| vec![byte]).collect();
    for at in 0..(others - languages) as usize {
        let before = at.checked_sub(16).map_or(b" ".as_slice(), |it| &texts[256 + it / 16]);
        texts.push([before, &[b'a' + (at % 16) as u8]].concat());
    }
    Vocabulary::numbered(texts, n_vocab)
}
