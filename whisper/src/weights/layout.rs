//! What follows from the sizes of a model: the tensors it has, the memory it takes.
use super::{Dims, Rejected, Tensors, rows};

/// Rows that decoding keeps side by side, at most: beams or samples.
const ROWS: u64 = 5;

/// Sinusoids for encoder positions, by this name.
pub(super) const POSITIONS: &str = "encoder.positional_embedding";

impl Dims {
    /// Bytes of memory that a model of these sizes takes, all of it as f32:
    ///
    /// - weights: every tensor, and the largest once more while it is packed;
    /// - the encoder's activations: per position 16 times the width (residual, queries, keys, values, the hidden
    ///   layer of 4 and what is on its way between them), the first convolution's 2 more, the log-mel window, and the
    ///   scores of one head;
    /// - caches: keys and values of each decoder layer, once for what was heard and per row (5 at most) for what was
    ///   said;
    /// - logits of each row, twice.
    pub fn memory_needed(&self) -> u64 {
        let of = |n: usize| n as u64;
        let sizes = tensors(self).into_iter().map(|it| it.1.iter().map(|n| of(*n)).product::<u64>());
        let (all, largest) = sizes.fold((0, 0), |(all, largest), it: u64| (all + it, it.max(largest)));
        let heard = of(self.n_audio_ctx);
        let encoder = heard * (18 * of(self.n_audio_state) + 2 * of(self.n_mels) + heard);
        let positions = heard + ROWS * of(self.n_text_ctx);
        let caches = 2 * of(self.n_text_layer) * positions * of(self.n_text_state);
        let logits = 2 * ROWS * of(self.n_vocab);
        4 * (all + largest + encoder + caches + logits)
    }

    /// What cannot be about these sizes, in words. Whatever passes can be multiplied without overflow in u64.
    pub(super) fn wrong(&self) -> Option<String> {
        let sizes = [
            ("n_mels", self.n_mels, 1 << 10),
            ("n_audio_ctx", self.n_audio_ctx, 1 << 14),
            ("n_audio_state", self.n_audio_state, 1 << 14),
            ("n_audio_head", self.n_audio_head, 1 << 10),
            ("n_audio_layer", self.n_audio_layer, 1 << 8),
            ("n_vocab", self.n_vocab, 1 << 20),
            ("n_text_ctx", self.n_text_ctx, 1 << 14),
            ("n_text_state", self.n_text_state, 1 << 14),
            ("n_text_head", self.n_text_head, 1 << 10),
            ("n_text_layer", self.n_text_layer, 1 << 8),
        ];
        let wrong = sizes.iter().find(|(_, size, most)| !(1..=*most).contains(size));
        if let Some((name, size, most)) = wrong {
            return Some(format!("{name} is {size}; expected 1 to {most}"));
        }
        if self.n_audio_state != self.n_text_state {
            let (heard, said) = (self.n_audio_state, self.n_text_state);
            return Some(format!("the encoder is {heard} wide, the decoder {said}; expected the same"));
        }
        let (state, heads) = (self.n_audio_state, [self.n_audio_head, self.n_text_head]);
        if heads.iter().chain(&[2]).any(|parts| !state.is_multiple_of(*parts)) {
            return Some(format!("a width of {state} does not split into halves and into {heads:?} heads"));
        }
        None
    }

    /// The alignment heads that openai published for models of these sizes; for others, as openai does, all heads of
    /// the upper half of the layers.
    pub(super) fn alignment_heads(&self) -> Vec<(usize, usize)> {
        let sizes = (self.n_text_layer, self.n_text_head, self.n_mels, self.n_vocab);
        match PUBLISHED.iter().find(|it| it.0 == sizes) {
            Some((_, heads)) => heads.to_vec(),
            None => (self.n_text_layer / 2..self.n_text_layer)
                .flat_map(|layer| (0..self.n_text_head).map(move |head| (layer, head)))
                .collect(),
        }
    }
}

/// Names and shapes of the tensors that a model of these sizes has.
pub(super) fn tensors(dims: &Dims) -> Vec<(String, Vec<usize>)> {
    let (width, mut all) = (dims.n_audio_state, Vec::new());
    let mut add = |name: String, shape: &[usize]| all.push((name, shape.to_vec()));
    add("encoder.conv1.weight".to_owned(), &[width, dims.n_mels, 3]);
    add("encoder.conv1.bias".to_owned(), &[width]);
    add("encoder.conv2.weight".to_owned(), &[width, width, 3]);
    add("encoder.conv2.bias".to_owned(), &[width]);
    add(POSITIONS.to_owned(), &[dims.n_audio_ctx, width]);
    (0..dims.n_audio_layer).for_each(|i| block(&format!("encoder.blocks.{i}"), width, &["attn"], &mut add));
    norm("encoder.ln_post", width, &mut add);
    let width = dims.n_text_state;
    add("decoder.token_embedding.weight".to_owned(), &[dims.n_vocab, width]);
    add("decoder.positional_embedding".to_owned(), &[dims.n_text_ctx, width]);
    let attentions = ["attn", "cross_attn"];
    (0..dims.n_text_layer).for_each(|i| block(&format!("decoder.blocks.{i}"), width, &attentions, &mut add));
    norm("decoder.ln", width, &mut add);
    all
}

fn block(name: &str, width: usize, attentions: &[&str], add: &mut impl FnMut(String, &[usize])) {
    for attention in attentions {
        norm(&format!("{name}.{attention}_ln"), width, add);
        for part in ["query", "key", "value", "out"] {
            add(format!("{name}.{attention}.{part}.weight"), &[width, width]);
            if part != "key" {
                add(format!("{name}.{attention}.{part}.bias"), &[width]);
            }
        }
    }
    norm(&format!("{name}.mlp_ln"), width, add);
    for (part, (to, from)) in [("0", (4 * width, width)), ("2", (width, 4 * width))] {
        add(format!("{name}.mlp.{part}.weight"), &[to, from]);
        add(format!("{name}.mlp.{part}.bias"), &[to]);
    }
}

fn norm(name: &str, width: usize, add: &mut impl FnMut(String, &[usize])) {
    add(format!("{name}.weight"), &[width]);
    add(format!("{name}.bias"), &[width]);
}

/// The tensors, if all that the sizes ask for are among them. Encoder positions that are missing are made.
pub(super) fn complete(dims: &Dims, found: impl Tensors + 'static) -> Result<Box<dyn Tensors>, Rejected> {
    let mut without_positions = false;
    for (name, expected) in tensors(dims) {
        match found.shape(&name) {
            Some(shape) if shape == expected => {}
            Some(found) => return Err(Rejected::ShapeMismatch { tensor: name, expected, found }),
            None if name == POSITIONS => without_positions = true,
            None => return Err(Rejected::Missing { what: format!("tensor {name}") }),
        }
    }
    if !without_positions {
        return Ok(Box::new(found));
    }
    let shape = [dims.n_audio_ctx, dims.n_audio_state];
    Ok(Box::new(WithPositions { found, positions: sinusoids(shape), shape }))
}

/// Tensors, and encoder positions with them.
struct WithPositions<T> {
    found: T,
    positions: Vec<f32>,
    shape: [usize; 2],
}

impl<T: Tensors> Tensors for WithPositions<T> {
    fn shape(&self, name: &str) -> Option<Vec<usize>> {
        if name == POSITIONS { Some(self.shape.to_vec()) } else { self.found.shape(name) }
    }

    fn read(&self, name: &str, first: usize, count: usize, out: &mut Vec<f32>) -> Result<(), Rejected> {
        if name != POSITIONS {
            return self.found.read(name, first, count, out);
        }
        rows(self, name, first, count)?;
        out.extend_from_slice(&self.positions[first..first + count]);
        Ok(())
    }
}

/// Sines in the first half of a row, cosines in the second, of wavelengths from 2π to 20000π. Rounded where openai's
/// code rounds.
fn sinusoids([positions, width]: [usize; 2]) -> Vec<f32> {
    let half = width / 2;
    let step = (10_000_f64.ln() / (half.max(2) - 1) as f64) as f32;
    let rates: Vec<f32> = (0..half).map(|i| f64::from(-step * i as f32).exp() as f32).collect();
    let mut all = Vec::with_capacity(positions * width);
    for position in 0..positions {
        let angle = |rate: &f32| f64::from(position as f32 * rate);
        all.extend(rates.iter().map(|rate| angle(rate).sin() as f32));
        all.extend(rates.iter().map(|rate| angle(rate).cos() as f32));
    }
    all
}

/// Text layers, text heads, mel bands and ids of a model, and its alignment heads as openai published them. Of large-v1
/// and large-v2, which have the same sizes, the heads are large-v2's.
type Published = ((usize, usize, usize, usize), &'static [(usize, usize)]);
#[rustfmt::skip]
const PUBLISHED: &[Published] = &[
    ((4, 6, 80, 51864), &[(1, 0), (2, 0), (2, 5), (3, 0), (3, 1), (3, 2), (3, 3), (3, 4)]),
    ((4, 6, 80, 51865), &[(2, 2), (3, 0), (3, 2), (3, 3), (3, 4), (3, 5)]),
    ((6, 8, 80, 51864), &[(3, 3), (4, 7), (5, 1), (5, 5), (5, 7)]),
    ((6, 8, 80, 51865), &[(3, 1), (4, 2), (4, 3), (4, 7), (5, 1), (5, 2), (5, 4), (5, 6)]),
    ((12, 12, 80, 51864), &[(6, 6), (7, 0), (7, 3), (7, 8), (8, 2), (8, 5), (8, 7), (9, 0), (9, 4), (9,
        8), (9, 10), (10, 0), (10, 1), (10, 2), (10, 3), (10, 6), (10, 11), (11, 2), (11, 4)]),
    ((12, 12, 80, 51865), &[(5, 3), (5, 9), (8, 0), (8, 4), (8, 7), (8, 8), (9, 0), (9, 7), (9, 9), (10,
        5)]),
    ((24, 16, 80, 51864), &[(11, 4), (14, 1), (14, 12), (14, 14), (15, 4), (16, 0), (16, 4), (16, 9),
        (17, 12), (17, 14), (18, 7), (18, 10), (18, 15), (20, 0), (20, 3), (20, 9), (20, 14), (21,
        12)]),
    ((24, 16, 80, 51865), &[(13, 15), (15, 4), (15, 15), (16, 1), (20, 0), (23, 4)]),
    ((32, 20, 80, 51865), &[(10, 12), (13, 17), (16, 11), (16, 12), (16, 13), (17, 15), (17, 16), (18,
        4), (18, 11), (18, 19), (19, 11), (21, 2), (21, 3), (22, 3), (22, 9), (22, 12), (23, 5), (23,
        7), (23, 13), (25, 5), (26, 1), (26, 12), (27, 15)]),
    ((32, 20, 128, 51866), &[(7, 0), (10, 17), (12, 18), (13, 12), (16, 1), (17, 14), (19, 11), (21, 4),
        (24, 1), (25, 6)]),
    ((4, 20, 128, 51866), &[(2, 4), (2, 11), (3, 3), (3, 6), (3, 11), (3, 14)]),
];
