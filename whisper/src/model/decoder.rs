//! Tokens → logits, with what was said before kept as keys and values.
use crate::decoding::TokenModel;
use crate::kernels::add;
use crate::model::Model;
use crate::model::attention::{Rows, Said};
use crate::model::block::{Block, Scratch};
use crate::model::encoder::Heard;
use crate::model::linear::apply;
use crate::tokens::Vocabulary;

/// A decoder that has heard one window. Its rows are sequences side by side.
pub struct Decoder<'a> {
    model: &'a Model,
    heard: &'a Heard,
    rows: Vec<Row>,
    scratch: Scratch,
    attended: Vec<f32>,
}

/// One sequence: what it said, for each layer.
#[derive(Clone)]
struct Row {
    tokens: usize,
    layers: Vec<Said>,
}

/// Hears the scores of the cross-attention before the softmax: layer, head, first row, scores.
type ScoresTo<'f> = &'f mut dyn FnMut(usize, usize, usize, &[f32]);

impl<'a> Decoder<'a> {
    pub(super) fn new(model: &'a Model, heard: &'a Heard) -> Self {
        let row = Row { tokens: 0, layers: vec![Said::default(); model.decoder.len()] };
        Decoder { model, heard, rows: vec![row], scratch: Scratch::default(), attended: Vec::new() }
    }

    /// Appends tokens to all rows (`tokens[row]`, of one length) and gives the state after each of them,
    /// `[rows * length, n_text_state]`, before the last norm.
    async fn forward(&mut self, tokens: &[Vec<u32>], scores_to: ScoresTo<'_>) -> Vec<f32> {
        let each = tokens.first().map_or(0, Vec::len);
        let mut x = self.embedded(tokens);
        for layer in 0..self.model.decoder.len() {
            let block = &self.model.decoder[layer];
            self.say(block, layer, &mut x, each).await;
            self.listen(block, layer, &mut x, tokens.len() * each, scores_to).await;
            block.mlp(&self.model.pace, &mut x, tokens.len() * each, &mut self.scratch).await;
        }
        self.rows.iter_mut().for_each(|row| row.tokens += each);
        x
    }

    fn embedded(&self, tokens: &[Vec<u32>]) -> Vec<f32> {
        let width = self.model.dims.n_text_state;
        let mut x = Vec::with_capacity(tokens.iter().map(Vec::len).sum::<usize>() * width);
        for (row, tokens) in self.rows.iter().zip(tokens) {
            for (at, token) in tokens.iter().enumerate() {
                let first = x.len();
                self.model.tokens.output(*token as usize, &mut x);
                add(&mut x[first..], &self.model.text_positions[(row.tokens + at) * width..][..width]);
            }
        }
        x
    }

    /// Attention of each token to those before it and itself.
    async fn say(&mut self, block: &Block, layer: usize, x: &mut [f32], each: usize) {
        let (model, scratch) = (self.model, &mut self.scratch);
        let width = model.dims.n_text_state;
        let count = self.rows.len() * each;
        block.attention_norm.apply(x, &mut scratch.normed);
        block.attention_in.apply(&model.pace, (&scratch.normed, width), count, &mut scratch.wide).await;
        self.attended.clear();
        self.attended.resize(count * width, 0.0);
        let mut scores = Vec::new();
        let inputs = scratch.wide.chunks_exact(3 * width).zip(self.attended.chunks_exact_mut(width));
        for (at, (input, out)) in inputs.enumerate() {
            let row = &mut self.rows[at / each];
            let said = &mut row.layers[layer];
            said.push(&input[width..2 * width], &input[2 * width..]);
            let before = row.tokens + at % each + 1;
            said.attend(model.dims.n_text_head, before, &input[..width], &mut scores, out);
            model.pace.spend(before * width * 4).await;
        }
        block.attention_out.apply(&model.pace, (&self.attended, width), count, &mut scratch.narrow).await;
        add(x, &scratch.narrow);
    }

    /// Attention to the sound.
    async fn listen(
        &mut self,
        block: &Block,
        layer: usize,
        x: &mut [f32],
        count: usize,
        scores_to: ScoresTo<'_>,
    ) {
        let (model, scratch) = (self.model, &mut self.scratch);
        let width = model.dims.n_text_state;
        let (Some(cross), Some(memory)) = (&block.cross, self.heard.layers.get(layer)) else { return };
        cross.norm.apply(x, &mut scratch.normed);
        cross.query.apply(&model.pace, (&scratch.normed, width), count, &mut scratch.wide).await;
        let queries = Rows { data: &scratch.wide, stride: width, offset: 0, width };
        self.attended.clear();
        self.attended.resize(count * width, 0.0);
        let hear = |head: usize, first: usize, scores: &[f32]| scores_to(layer, head, first, scores);
        memory.attend(&model.pace, queries, count, &mut self.attended, hear).await;
        cross.out.apply(&model.pace, (&self.attended, width), count, &mut scratch.narrow).await;
        add(x, &scratch.narrow);
    }

    /// Logits of the states in rows `chosen` of `x`, `[chosen, n_vocab]`.
    async fn logits(&mut self, x: &[f32], chosen: impl Iterator<Item = usize>) -> Vec<f32> {
        let width = self.model.dims.n_text_state;
        let states: Vec<f32> = chosen.flat_map(|at| x[at * width..][..width].iter().copied()).collect();
        self.model.text_norm.apply(&states, &mut self.scratch.normed);
        let (count, vocab) = (states.len() / width, self.model.dims.n_vocab);
        let mut logits = vec![0.0; count * vocab];
        let a = (self.scratch.normed.as_slice(), width);
        apply(&self.model.pace, a, &self.model.tokens, None, count, (&mut logits, vocab)).await;
        logits
    }

    /// As [`crate::transcribe::SpeechModel::align`].
    pub(super) async fn align(mut self, tokens: &[u32]) -> (Vec<f32>, Vec<f32>) {
        let heads = self.model.alignment_heads.clone();
        let positions = self.model.dims.n_audio_ctx;
        let mut scores = vec![0.0; heads.len() * tokens.len() * positions];
        let mut keep = |layer: usize, head: usize, first: usize, rows: &[f32]| {
            for (at, _) in heads.iter().enumerate().filter(|(_, it)| **it == (layer, head)) {
                let begin = (at * tokens.len() + first) * positions;
                scores[begin..][..rows.len()].copy_from_slice(rows);
            }
        };
        let x = self.forward(&[tokens.to_vec()], &mut keep).await;
        let logits = self.logits(&x, 0..tokens.len()).await;
        (scores, logits)
    }
}

/// Nobody asks for the scores.
fn ignore(_layer: usize, _head: usize, _first: usize, _scores: &[f32]) {}

impl TokenModel for Decoder<'_> {
    fn vocabulary(&self) -> &Vocabulary {
        &self.model.vocabulary
    }
    fn max_tokens(&self) -> usize {
        self.model.dims.n_text_ctx
    }
    async fn feed(&mut self, tokens: &[Vec<u32>]) -> Vec<f32> {
        let each = tokens.first().map_or(0, Vec::len);
        let x = self.forward(tokens, &mut ignore).await;
        self.logits(&x, (1..=tokens.len()).map(|row| row * each - 1)).await
    }
    async fn feed_prompt(&mut self, tokens: &[u32], positions: &[usize]) -> Vec<f32> {
        let x = self.forward(&[tokens.to_vec()], &mut ignore).await;
        self.logits(&x, positions.iter().copied()).await
    }
    fn select(&mut self, rows: &[usize]) {
        let mut old: Vec<Option<Row>> = std::mem::take(&mut self.rows).into_iter().map(Some).collect();
        for (at, from) in rows.iter().enumerate() {
            // The last one who wants a row gets it without a copy.
            let row = if rows[at + 1..].contains(from) { old[*from].clone() } else { old[*from].take() };
            self.rows.extend(row);
        }
    }
}
