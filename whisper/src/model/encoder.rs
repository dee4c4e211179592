//! Sound → what the decoder attends to.
use crate::kernels::add;
use crate::model::Model;
use crate::model::attention::{Memory, Rows};
use crate::model::block::{Scratch, gelu_paid};

/// What the encoder made of one window: its output, and keys and values of every decoder layer.
pub struct Heard {
    /// `[n_audio_ctx, n_audio_state]`
    pub output: Vec<f32>,
    pub(super) layers: Vec<Memory>,
}

/// A convolution of width 3 sees one row before and one after; both ends are zeros.
const BORDER: usize = 1;

pub(super) async fn encode(model: &Model, mel: &[f32]) -> Heard {
    let output = through_blocks(model, convolved(model, mel).await).await;
    let mut layers = Vec::with_capacity(model.decoder.len());
    let (positions, width) = (model.dims.n_audio_ctx, model.dims.n_text_state);
    let mut both = Vec::new();
    for block in &model.decoder {
        let Some(cross) = &block.cross else { continue };
        cross.memory.apply(&model.pace, (&output, model.dims.n_audio_state), positions, &mut both).await;
        let part = |offset| Rows { data: &both, stride: 2 * width, offset, width };
        let mut memory = Memory::default();
        memory.fill(model.dims.n_text_head, positions, part(0), part(width));
        layers.push(memory);
        model.pace.spend(positions * width * 16).await;
    }
    Heard { output, layers }
}

/// Both convolutions, and the positions.
async fn convolved(model: &Model, mel: &[f32]) -> Vec<f32> {
    let (bands, width, frames) = (model.dims.n_mels, model.dims.n_audio_state, model.n_frames());
    // Rows of three neighbours overlap in memory, so nothing is copied for the convolution.
    let mut input = vec![0.0; (frames + 2 * BORDER) * bands];
    for (band, row) in mel.chunks_exact(frames).enumerate() {
        for (at, x) in row.iter().enumerate() {
            input[(at + BORDER) * bands + band] = *x;
        }
    }
    let mut first = vec![0.0; (frames + 2 * BORDER) * width];
    let bias = model.conv1.bias.as_deref();
    let inner = &mut first[BORDER * width..][..frames * width];
    super::linear::apply(&model.pace, (&input, bands), &model.conv1.weight, bias, frames, (inner, width))
        .await;
    gelu_paid(&model.pace, inner).await;
    let mut x = Vec::new();
    // Every second row: the convolution has a stride of two.
    model.conv2.apply(&model.pace, (&first, 2 * width), model.dims.n_audio_ctx, &mut x).await;
    gelu_paid(&model.pace, &mut x).await;
    add(&mut x, &model.audio_positions);
    x
}

async fn through_blocks(model: &Model, mut x: Vec<f32>) -> Vec<f32> {
    let (width, heads, positions) =
        (model.dims.n_audio_state, model.dims.n_audio_head, model.dims.n_audio_ctx);
    let mut scratch = Scratch::default();
    let mut memory = Memory::default();
    let mut attended = vec![0.0; positions * width];
    for block in &model.encoder {
        block.attention_norm.apply(&x, &mut scratch.normed);
        block.attention_in.apply(&model.pace, (&scratch.normed, width), positions, &mut scratch.wide).await;
        let part = |offset| Rows { data: &scratch.wide, stride: 3 * width, offset, width };
        memory.fill(heads, positions, part(width), part(2 * width));
        model.pace.spend(positions * width * 16).await;
        memory.attend(&model.pace, part(0), positions, &mut attended, |_, _, _| {}).await;
        block.attention_out.apply(&model.pace, (&attended, width), positions, &mut scratch.narrow).await;
        add(&mut x, &scratch.narrow);
        block.mlp(&model.pace, &mut x, positions, &mut scratch).await;
    }
    model.audio_norm.apply(&x, &mut scratch.normed);
    scratch.normed
}
