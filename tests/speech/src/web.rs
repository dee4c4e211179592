//! The benchmark as JavaScript calls it.
#![allow(unreachable_pub, reason = "exported to JavaScript")]
use wasm_bindgen::prelude::*;

use crate::Bench;

/// One model; each method does one stage to its end.
#[wasm_bindgen]
pub struct SpeechBench(Bench);

#[wasm_bindgen]
impl SpeechBench {
    /// Packs random weights of the size called `name`.
    #[wasm_bindgen(constructor)]
    pub fn new(name: &str) -> Result<SpeechBench, JsError> {
        let dims = crate::dims(name).ok_or_else(|| JsError::new("no such size"))?;
        Ok(SpeechBench(Bench::load(dims)?))
    }
    /// Log-mel of 30 s.
    pub fn mel(&mut self) {
        self.0.mel();
    }
    /// The encoder.
    pub fn encode(&mut self) {
        self.0.encode();
    }
    /// `count` tokens after the prompt.
    pub fn decode(&self, count: usize) -> u32 {
        self.0.decode(count)
    }
}
