//! Log-mel → encoder output → logits, in f32: the demo model, and random weights of the size of whisper-tiny.
use serde::Deserialize;
use whisper::decoding::TokenModel;
use whisper::model::{Heard, Model};
use whisper::transcribe::SpeechModel;
use whisper::weights::{Checkpoint, Dims};

use crate::files::{Tensor, cases, close, demo_checkpoint, load, window};
use crate::signals::{Part, make};

/// Encoder outputs are about ±5.
const HEARD_BOUND: f32 = 1e-4;
/// Logits are about ±20.
const LOGITS_BOUND: f32 = 2e-4;
/// Tokens that are fed at once, before those fed one by one.
const PROMPT: usize = 4;

#[derive(Deserialize)]
struct Case {
    name: String,
    #[serde(flatten)]
    weights: Weights,
    signal: Vec<Part>,
    /// Positions of the encoder in `heard`.
    positions: Vec<usize>,
    heard: Tensor,
    tokens: Vec<u32>,
    /// `logits` has those of the ids 0, `every_id`, …
    every_id: usize,
    logits: Tensor,
    best_ids: Vec<Vec<usize>>,
    best: Tensor,
}

#[derive(Deserialize)]
#[serde(tag = "model", rename_all = "snake_case")]
enum Weights {
    Demo,
    Random { seed: u64, dims: Sizes },
}

#[derive(Deserialize)]
struct Sizes {
    n_mels: usize,
    n_audio_ctx: usize,
    n_audio_state: usize,
    n_audio_head: usize,
    n_audio_layer: usize,
    n_vocab: usize,
    n_text_ctx: usize,
    n_text_state: usize,
    n_text_head: usize,
    n_text_layer: usize,
}

impl Weights {
    fn checkpoint(&self) -> Checkpoint {
        let Weights::Random { seed, dims } = self else { return demo_checkpoint() };
        let dims = Dims {
            n_mels: dims.n_mels,
            n_audio_ctx: dims.n_audio_ctx,
            n_audio_state: dims.n_audio_state,
            n_audio_head: dims.n_audio_head,
            n_audio_layer: dims.n_audio_layer,
            n_vocab: dims.n_vocab,
            n_text_ctx: dims.n_text_ctx,
            n_text_state: dims.n_text_state,
            n_text_head: dims.n_text_head,
            n_text_layer: dims.n_text_layer,
        };
        Checkpoint::random(dims, *seed).unwrap()
    }
}

#[test]
fn the_demo_model_hears_and_speaks_as_in_the_reference() {
    check("demo");
}

#[test]
fn random_weights_of_true_size_hear_and_speak_as_in_the_reference() {
    check("random");
}

#[track_caller]
fn check(name: &str) {
    let case = cases::<Case>("numerics.json").into_iter().find(|it| it.name == name).unwrap();
    let model = load(case.weights.checkpoint());
    let mel = window(&make(&case.signal), model.dims().n_mels);
    let heard = model.pace().finish(model.encode(&mel));
    let width = model.dims().n_audio_state;
    for (position, expected) in case.positions.iter().zip(case.heard.rows()) {
        let found = &heard.output[position * width..][..width];
        close(&format!("{name}, encoder output at {position}"), found, &expected, HEARD_BOUND);
    }
    case.check_logits("in one go", &in_one_go(&model, &heard, &case.tokens));
    case.check_logits("one by one", &one_by_one(&model, &heard, &case.tokens));
    case.check_logits("beside others", &beside_others(&model, &heard, &case.tokens));
}

impl Case {
    /// `found`: logits after the last tokens, as many as there are.
    #[track_caller]
    fn check_logits(&self, how: &str, found: &[Vec<f32>]) {
        let skipped = self.tokens.len() - found.len();
        let expected = self.logits.rows().into_iter().zip(self.best_ids.iter().zip(self.best.rows()));
        for (at, (found, (some, (ids, best)))) in found.iter().zip(expected.skip(skipped)).enumerate() {
            let what = format!("{}, {how}, logits after token {}", self.name, at + skipped);
            let sample: Vec<f32> = found.iter().copied().step_by(self.every_id).collect();
            close(&what, &sample, &some, LOGITS_BOUND);
            let of_best: Vec<f32> = ids.iter().map(|id| found[*id]).collect();
            close(&format!("{what}, of the best"), &of_best, &best, LOGITS_BOUND);
            let max = found.iter().copied().fold(f32::NEG_INFINITY, f32::max);
            close(&format!("{what}, the largest"), &[max], &best[..1], LOGITS_BOUND);
        }
    }
}

fn in_one_go(model: &Model, heard: &Heard, tokens: &[u32]) -> Vec<Vec<f32>> {
    let positions: Vec<usize> = (0..tokens.len()).collect();
    let logits = model.pace().finish(model.decoder(heard).feed_prompt(tokens, &positions));
    logits.chunks_exact(model.dims().n_vocab).map(<[f32]>::to_vec).collect()
}

fn one_by_one(model: &Model, heard: &Heard, tokens: &[u32]) -> Vec<Vec<f32>> {
    let mut decoder = model.decoder(heard);
    let (prompt, rest) = tokens.split_at(PROMPT);
    let mut all = vec![model.pace().finish(decoder.feed_prompt(prompt, &[PROMPT - 1]))];
    all.extend(rest.iter().map(|token| model.pace().finish(decoder.feed(&[vec![*token]]))));
    all
}

/// In a row that has others beside it, changes its place and is copied.
fn beside_others(model: &Model, heard: &Heard, tokens: &[u32]) -> Vec<Vec<f32>> {
    let n_vocab = model.dims().n_vocab;
    let mut decoder = model.decoder(heard);
    let (prompt, rest) = tokens.split_at(PROMPT);
    model.pace().finish(decoder.feed_prompt(prompt, &[PROMPT - 1]));
    decoder.select(&[0, 0, 0]);
    let mut all = Vec::new();
    for (at, token) in rest.iter().enumerate() {
        let place = at % 3;
        let rows: Vec<_> = (0..3).map(|row| vec![if row == place { *token } else { at as u32 }]).collect();
        let logits = model.pace().finish(decoder.feed(&rows));
        all.push(logits[place * n_vocab..][..n_vocab].to_vec());
        decoder.select(&[place; 3]);
    }
    all
}
