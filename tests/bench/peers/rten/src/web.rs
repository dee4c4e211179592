//! The peer as JavaScript calls it.
#![allow(clippy::unwrap_used, reason = "a measurement that cannot go on has failed")]
use rten::{Model, ModelOptions, NodeId, Value, ValueOrView};
use rten_tensor::Tensor;
use rten_tensor::prelude::*;
use wasm_bindgen::prelude::*;

const LAYERS: usize = 4;
const HEADS: usize = 6;
const HEAD_SIZE: usize = 64;
const FRAMES: usize = 3000;
const N_MELS: usize = 80;

/// The three graphs of whisper-tiny's size, and the window they have heard.
#[wasm_bindgen]
pub struct RtenBench {
    encoder: Model,
    cross: Model,
    decoder: Model,
    heard: Vec<Value>,
}

fn load(bytes: Vec<u8>) -> Model {
    ModelOptions::with_all_ops().prepack_weights(true).load(bytes).unwrap()
}

fn ids(model: &Model, kind: &str) -> Vec<NodeId> {
    let names = (0..LAYERS).flat_map(|at| [format!("{kind}key.{at}"), format!("{kind}value.{at}")]);
    names.map(|name| model.node_id(&name).unwrap()).collect()
}

#[wasm_bindgen]
impl RtenBench {
    #[wasm_bindgen(constructor)]
    pub fn new(encoder: Vec<u8>, cross: Vec<u8>, decoder: Vec<u8>) -> RtenBench {
        RtenBench { encoder: load(encoder), cross: load(cross), decoder: load(decoder), heard: Vec::new() }
    }

    pub fn encode(&mut self) {
        let mel: Vec<f32> = (0..N_MELS * FRAMES).map(|at| (at % 101) as f32 / 100.0 - 0.5).collect();
        let mel: Value = Tensor::from_data(&[1, N_MELS, FRAMES], mel).into();
        let heard = self.encoder.run_one(mel.into(), None).unwrap();
        let given = vec![(self.cross.node_id("heard").unwrap(), ValueOrView::from(&heard))];
        self.heard = self.cross.run(given, &ids(&self.cross, "cross_"), None).unwrap();
    }

    /// `count` tokens after a prompt of four.
    pub fn decode(&self, count: usize) -> u32 {
        let empty = || Value::from(Tensor::from_data(&[1, HEADS, 0, HEAD_SIZE], Vec::<f32>::new()));
        let mut caches: Vec<Value> = (0..2 * LAYERS).map(|_| empty()).collect();
        let mut outputs = vec![self.decoder.node_id("logits").unwrap()];
        outputs.extend(ids(&self.decoder, "new_"));
        let mut tokens: Vec<i32> = vec![50_258, 50_259, 50_359, 50_363];
        for _ in 0..=count {
            let length = tokens.len();
            let fed: Value = Tensor::from_data(&[1, length], tokens).into();
            let mut inputs = vec![(self.decoder.node_id("tokens").unwrap(), ValueOrView::Value(fed))];
            inputs.extend(ids(&self.decoder, "").into_iter().zip(caches.drain(..).map(ValueOrView::Value)));
            inputs.extend(ids(&self.decoder, "cross_").into_iter().zip(self.heard.iter().map(ValueOrView::from)));
            let mut given = self.decoder.run(inputs, &outputs, None).unwrap().into_iter();
            let logits: Tensor<f32> = given.next().unwrap().try_into().unwrap();
            caches = given.collect();
            let best = logits.iter().enumerate().max_by(|a, b| a.1.total_cmp(b.1)).unwrap();
            tokens = vec![best.0 as i32];
        }
        tokens[0] as u32
    }
}
