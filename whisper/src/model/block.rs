//! A transformer block's weights, and what both sides do alike.
use crate::Pace;
use crate::kernels::{add, gelu, layer_norm};
use crate::model::linear::Linear;

/// Weights of a block of either side.
pub(super) struct Block {
    pub(super) attention_norm: Norm,
    /// Query (scaled), key and value side by side.
    pub(super) attention_in: Linear,
    pub(super) attention_out: Linear,
    /// Decoder only: attention to what was heard.
    pub(super) cross: Option<Cross>,
    pub(super) mlp_norm: Norm,
    pub(super) mlp_in: Linear,
    pub(super) mlp_out: Linear,
}

/// Attention of the text to the sound.
pub(super) struct Cross {
    pub(super) norm: Norm,
    /// Scaled.
    pub(super) query: Linear,
    /// Key and value side by side.
    pub(super) memory: Linear,
    pub(super) out: Linear,
}

/// Layer normalisation.
pub(super) struct Norm {
    pub(super) weight: Vec<f32>,
    pub(super) bias: Vec<f32>,
}

impl Norm {
    /// Rows of `x`, normalised, in `out`.
    pub(super) fn apply(&self, x: &[f32], out: &mut Vec<f32>) {
        out.clear();
        out.resize(x.len(), 0.0);
        let width = self.weight.len();
        for (row, out) in x.chunks_exact(width).zip(out.chunks_exact_mut(width)) {
            layer_norm(row, &self.weight, &self.bias, out);
        }
    }
}

/// Rows whose GELU is taken at once.
const ROWS: usize = 64;

/// Room that is used again and again.
#[derive(Default)]
pub(super) struct Scratch {
    pub(super) normed: Vec<f32>,
    pub(super) wide: Vec<f32>,
    pub(super) narrow: Vec<f32>,
}

impl Block {
    /// The second half of the block: `x += mlp(norm(x))`, for `rows` rows.
    pub(super) async fn mlp(&self, pace: &Pace, x: &mut [f32], rows: usize, scratch: &mut Scratch) {
        let width = self.mlp_norm.weight.len();
        self.mlp_norm.apply(x, &mut scratch.normed);
        self.mlp_in.apply(pace, (&scratch.normed, width), rows, &mut scratch.wide).await;
        gelu_paid(pace, &mut scratch.wide).await;
        let wide = self.mlp_out.weight.inputs();
        self.mlp_out.apply(pace, (&scratch.wide, wide), rows, &mut scratch.narrow).await;
        add(x, &scratch.narrow);
    }
}

/// The GELU of all `values`, paid for.
pub(super) async fn gelu_paid(pace: &Pace, values: &mut [f32]) {
    for piece in values.chunks_mut(ROWS * 1024) {
        gelu(piece);
        pace.spend(piece.len() * 12).await;
    }
}
