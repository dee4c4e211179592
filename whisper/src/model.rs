//! The graph: log-mel → encoder output → logits. Whisper as in "Robust Speech Recognition via Large-Scale Weak
//! Supervision" (2022): pre-norm transformer blocks, sinusoidal positions for sound, learned ones for text.
//!
//! [`Model`] is what [`crate::transcribe`] asks for; weights are packed once at load and shared by all that hear.
mod attention;
mod block;
mod decoder;
mod encoder;
mod linear;
mod load;

pub use decoder::Decoder;
pub use encoder::Heard;

use crate::Pace;
use crate::kernels::Packed;
use crate::model::block::{Block, Norm};
use crate::model::linear::Linear;
use crate::tokens::Vocabulary;
use crate::transcribe::SpeechModel;
use crate::weights::{Checkpoint, Dims, Rejected};

/// A loaded model.
pub struct Model {
    pace: Pace,
    dims: Dims,
    vocabulary: Vocabulary,
    alignment_heads: Vec<(usize, usize)>,
    conv1: Linear,
    conv2: Linear,
    /// `[n_audio_ctx, n_audio_state]`
    audio_positions: Vec<f32>,
    encoder: Vec<Block>,
    audio_norm: Norm,
    /// Embeddings of the tokens, and by the same numbers the way back to logits.
    tokens: Packed,
    /// `[n_text_ctx, n_text_state]`
    text_positions: Vec<f32>,
    decoder: Vec<Block>,
    text_norm: Norm,
}

impl Model {
    /// Reads and packs the weights. `pace` is what all work of the model is paid with, from here on;
    /// `on_progress` hears the share that is loaded, from 0 to 1.
    ///
    /// # Errors
    /// The bytes cannot be read.
    pub async fn load(
        checkpoint: Checkpoint,
        pace: Pace,
        on_progress: impl FnMut(f64),
    ) -> Result<Self, Rejected> {
        load::load(checkpoint, pace, on_progress).await
    }

    /// Positions of sound times two: frames of a window.
    pub fn n_frames(&self) -> usize {
        2 * self.dims.n_audio_ctx
    }
}

impl SpeechModel for Model {
    type Heard = Heard;
    type Decoder<'a> = Decoder<'a>;

    fn pace(&self) -> &Pace {
        &self.pace
    }
    fn dims(&self) -> &Dims {
        &self.dims
    }
    fn vocabulary(&self) -> &Vocabulary {
        &self.vocabulary
    }
    async fn encode(&self, mel: &[f32]) -> Heard {
        encoder::encode(self, mel).await
    }
    fn decoder<'a>(&'a self, heard: &'a Heard) -> Decoder<'a> {
        Decoder::new(self, heard)
    }
    async fn align(&self, heard: &Heard, tokens: &[u32]) -> (Vec<f32>, Vec<f32>) {
        Decoder::new(self, heard).align(tokens).await
    }
}
