//! Checkpoint → packed weights, a few rows at a time.
use crate::Pace;
use crate::kernels::Packed;
use crate::model::Model;
use crate::model::block::{Block, Cross, Norm};
use crate::model::linear::Linear;
use crate::weights::{Checkpoint, Rejected};

/// Numbers that are read at once.
const PIECE: usize = 1 << 18;
/// What reading, converting and packing one number costs.
const COST: usize = 8;

pub(super) async fn load(
    checkpoint: Checkpoint,
    pace: Pace,
    on_progress: impl FnMut(f64),
) -> Result<Model, Rejected> {
    let dims = checkpoint.dims;
    let total = numbers_of(&checkpoint);
    let mut loader =
        Loader { checkpoint: &checkpoint, pace: &pace, on_progress, read: 0, total, rows: Vec::new() };
    let (audio, text) = (dims.n_audio_state, dims.n_text_state);
    let conv1 = loader.convolution("encoder.conv1", audio, dims.n_mels).await?;
    let conv2 = loader.convolution("encoder.conv2", audio, audio).await?;
    let audio_positions = loader.numbers("encoder.positional_embedding", dims.n_audio_ctx * audio).await?;
    let mut encoder = Vec::with_capacity(dims.n_audio_layer);
    for layer in 0..dims.n_audio_layer {
        let name = format!("encoder.blocks.{layer}");
        encoder.push(loader.block(&name, audio, dims.n_audio_head, None).await?);
    }
    let audio_norm = loader.norm("encoder.ln_post", audio).await?;
    let tokens = loader.matrix(&["decoder.token_embedding.weight"], dims.n_vocab, text, 1.0).await?;
    let text_positions = loader.numbers("decoder.positional_embedding", dims.n_text_ctx * text).await?;
    let mut decoder = Vec::with_capacity(dims.n_text_layer);
    for layer in 0..dims.n_text_layer {
        let name = format!("decoder.blocks.{layer}");
        decoder.push(loader.block(&name, text, dims.n_text_head, Some(audio)).await?);
    }
    let text_norm = loader.norm("decoder.ln", text).await?;
    (loader.on_progress)(1.0);
    let Checkpoint { vocabulary, alignment_heads, .. } = checkpoint;
    Ok(Model {
        pace,
        dims,
        vocabulary,
        alignment_heads,
        conv1,
        conv2,
        audio_positions,
        encoder,
        audio_norm,
        tokens,
        text_positions,
        decoder,
        text_norm,
    })
}

/// About how many numbers a model of these sizes has: the matrices.
fn numbers_of(checkpoint: &Checkpoint) -> usize {
    let dims = &checkpoint.dims;
    let (audio, text) = (dims.n_audio_state, dims.n_text_state);
    let encoder = dims.n_audio_layer * 12 * audio * audio + 3 * audio * (dims.n_mels + audio);
    let decoder = dims.n_text_layer * (14 * text * text + 2 * text * audio) + dims.n_vocab * text;
    encoder + decoder + dims.n_audio_ctx * audio + dims.n_text_ctx * text
}

struct Loader<'a, F> {
    checkpoint: &'a Checkpoint,
    pace: &'a Pace,
    on_progress: F,
    read: usize,
    total: usize,
    rows: Vec<f32>,
}

impl<F: FnMut(f64)> Loader<'_, F> {
    async fn read(
        &mut self,
        name: &str,
        first: usize,
        count: usize,
        out: &mut Vec<f32>,
    ) -> Result<(), Rejected> {
        self.checkpoint.tensors.read(name, first, count, out)?;
        self.read += count;
        (self.on_progress)((self.read as f64 / self.total as f64).min(1.0));
        self.pace.spend(count * COST).await;
        Ok(())
    }

    async fn numbers(&mut self, name: &str, count: usize) -> Result<Vec<f32>, Rejected> {
        let mut numbers = Vec::with_capacity(count);
        self.read(name, 0, count, &mut numbers).await?;
        Ok(numbers)
    }

    async fn norm(&mut self, name: &str, width: usize) -> Result<Norm, Rejected> {
        let weight = self.numbers(&format!("{name}.weight"), width).await?;
        let bias = self.numbers(&format!("{name}.bias"), width).await?;
        Ok(Norm { weight, bias })
    }

    /// Matrices of `[outputs, inputs]`, one below the other; the first is multiplied by `scale`.
    async fn matrix(
        &mut self,
        names: &[&str],
        outputs: usize,
        inputs: usize,
        scale: f32,
    ) -> Result<Packed, Rejected> {
        let mut packed = Packed::zeros(names.len() * outputs, inputs);
        let step = (PIECE / inputs).max(1);
        let mut rows = std::mem::take(&mut self.rows);
        for (at, name) in names.iter().enumerate() {
            for first in (0..outputs).step_by(step) {
                rows.clear();
                let count = step.min(outputs - first);
                self.read(name, first * inputs, count * inputs, &mut rows).await?;
                if at == 0 && scale != 1.0 {
                    rows.iter_mut().for_each(|x| *x *= scale);
                }
                for (row, numbers) in rows.chunks_exact(inputs).enumerate() {
                    packed.set_output(at * outputs + first + row, numbers);
                }
            }
        }
        self.rows = rows;
        Ok(packed)
    }

    /// Layers of one shape side by side. `scale` is for the first; one called `key` has no bias.
    async fn linear(
        &mut self,
        names: &[&str],
        outputs: usize,
        inputs: usize,
        scale: f32,
    ) -> Result<Linear, Rejected> {
        let weights: Vec<String> = names.iter().map(|name| format!("{name}.weight")).collect();
        let weights: Vec<&str> = weights.iter().map(String::as_str).collect();
        let weight = self.matrix(&weights, outputs, inputs, scale).await?;
        let mut bias = Vec::with_capacity(names.len() * outputs);
        for (at, name) in names.iter().enumerate() {
            if name.ends_with(".key") {
                bias.resize(bias.len() + outputs, 0.0);
            } else {
                let mut numbers = self.numbers(&format!("{name}.bias"), outputs).await?;
                if at == 0 {
                    numbers.iter_mut().for_each(|x| *x *= scale);
                }
                bias.extend(numbers);
            }
        }
        Ok(Linear { weight, bias: Some(bias) })
    }

    /// A convolution of width 3 as a matrix: `[out, in, 3]` becomes `[out, 3 * in]`, neighbour by neighbour.
    async fn convolution(&mut self, name: &str, outputs: usize, inputs: usize) -> Result<Linear, Rejected> {
        let mut weight = Packed::zeros(outputs, 3 * inputs);
        let mut row = vec![0.0; 3 * inputs];
        let numbers = self.numbers(&format!("{name}.weight"), outputs * inputs * 3).await?;
        for (output, from) in numbers.chunks_exact(3 * inputs).enumerate() {
            for (input, taps) in from.chunks_exact(3).enumerate() {
                for (tap, x) in taps.iter().enumerate() {
                    row[tap * inputs + input] = *x;
                }
            }
            weight.set_output(output, &row);
        }
        let bias = self.numbers(&format!("{name}.bias"), outputs).await?;
        Ok(Linear { weight, bias: Some(bias) })
    }

    /// A block of `width`; with `audio`, one that attends to sound of that width.
    async fn block(
        &mut self,
        name: &str,
        width: usize,
        heads: usize,
        audio: Option<usize>,
    ) -> Result<Block, Rejected> {
        // Queries are scaled once here instead of scores each time.
        let scale = ((width / heads) as f32).powf(-0.5);
        let of = |part: &str| format!("{name}.{part}");
        let attention = ["attn.query", "attn.key", "attn.value"].map(of);
        let attention = attention.each_ref().map(String::as_str);
        let attention_in = self.linear(&attention, width, width, scale).await?;
        let attention_out = self.linear(&[&of("attn.out")], width, width, 1.0).await?;
        let cross = match audio {
            Some(audio) => Some(self.cross(name, width, audio, scale).await?),
            None => None,
        };
        Ok(Block {
            attention_norm: self.norm(&of("attn_ln"), width).await?,
            attention_in,
            attention_out,
            cross,
            mlp_norm: self.norm(&of("mlp_ln"), width).await?,
            mlp_in: self.linear(&[&of("mlp.0")], 4 * width, width, 1.0).await?,
            mlp_out: self.linear(&[&of("mlp.2")], width, 4 * width, 1.0).await?,
        })
    }

    async fn cross(&mut self, name: &str, width: usize, audio: usize, scale: f32) -> Result<Cross, Rejected> {
        let of = |part: &str| format!("{name}.{part}");
        let memory = ["cross_attn.key", "cross_attn.value"].map(of);
        let memory = memory.each_ref().map(String::as_str);
        Ok(Cross {
            norm: self.norm(&of("cross_attn_ln"), width).await?,
            query: self.linear(&[&of("cross_attn.query")], width, width, scale).await?,
            memory: self.linear(&memory, width, audio, 1.0).await?,
            out: self.linear(&[&of("cross_attn.out")], width, width, 1.0).await?,
        })
    }
}
