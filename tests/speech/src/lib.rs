//! The stages of the speech engine one by one, each to its end: what benchmarks time.
#[cfg(target_arch = "wasm32")]
mod web;

use whisper::audio::{FRAME, HOP, LogMel, normalised};
use whisper::decoding::TokenModel;
use whisper::model::{Decoder, Heard, Model};
use whisper::transcribe::SpeechModel;
use whisper::weights::{Checkpoint, Dims, Rejected};

/// A model of random weights, and the window it has heard.
pub struct Bench {
    model: Model,
    mel: Vec<f32>,
    heard: Option<Heard>,
}

/// Sizes of the published models that are measured.
pub fn dims(name: &str) -> Option<Dims> {
    let (state, head, layer) = match name {
        "tiny" => (384, 6, 4),
        "base" => (512, 8, 6),
        "small" => (768, 12, 12),
        _ => return None,
    };
    Some(Dims {
        n_mels: 80,
        n_audio_ctx: 1500,
        n_audio_state: state,
        n_audio_head: head,
        n_audio_layer: layer,
        n_vocab: 51_865,
        n_text_ctx: 448,
        n_text_state: state,
        n_text_head: head,
        n_text_layer: layer,
    })
}

impl Bench {
    /// Packs the weights.
    ///
    /// # Errors
    /// The sizes cannot be.
    pub fn load(dims: Dims) -> Result<Self, Rejected> {
        let pace = whisper::Pace::default();
        let checkpoint = Checkpoint::random(dims, 1)?;
        let model = pace.finish(Model::load(checkpoint, pace.clone(), |_| {}))?;
        Ok(Bench { model, mel: Vec::new(), heard: None })
    }

    /// Log-mel of 30 s of a rising tone.
    pub fn mel(&mut self) {
        let n_frames = self.model.n_frames();
        let tone = |at: usize| (at as f32 * 1e-6 * at as f32).sin() * 0.3;
        let samples: Vec<f32> = (0..n_frames * HOP + FRAME).map(tone).collect();
        let mut frames = Vec::new();
        let n_mels = self.model.dims().n_mels;
        LogMel::new(n_mels, None).frames(&samples, n_frames, &mut frames);
        let max = frames.iter().copied().fold(f32::MIN, f32::max);
        self.mel = normalised(&frames, n_mels, n_frames, max);
    }

    /// Hears the window.
    pub fn encode(&mut self) {
        self.heard = Some(self.model.pace().finish(self.model.encode(&self.mel)));
    }

    /// Says `count` tokens, one at a time, after a prompt of four; gives the last one, so that nothing is left out.
    pub fn decode(&self, count: usize) -> u32 {
        let Some(heard) = &self.heard else { return 0 };
        let vocabulary = self.model.vocabulary();
        let mut decoder: Decoder<'_> = self.model.decoder(heard);
        let prompt =
            vec![vocabulary.sot, vocabulary.sot + 1, vocabulary.transcribe, vocabulary.no_timestamps];
        self.model.pace().finish(async {
            let mut logits = decoder.feed(&[prompt]).await;
            let mut token = likeliest(&logits);
            for _ in 0..count {
                logits = decoder.feed(&[vec![token]]).await;
                token = likeliest(&logits);
            }
            token
        })
    }
}

fn likeliest(logits: &[f32]) -> u32 {
    let best = logits.iter().enumerate().max_by(|a, b| a.1.total_cmp(b.1));
    best.map_or(0, |(token, _)| token as u32)
}
