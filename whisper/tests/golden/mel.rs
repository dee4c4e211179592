//! Samples → log-mel.
use serde::Deserialize;

use crate::files::{FRAMES, Tensor, cases, close, window};
use crate::signals::{Part, make};

/// Log-mels are about -1 to 1.5.
const BOUND: f32 = 1e-4;

#[derive(Deserialize)]
struct Case {
    name: String,
    signal: Vec<Part>,
    n_mels: usize,
    frames: Vec<usize>,
    values: Tensor,
}

#[test]
fn log_mel_is_that_of_the_reference() {
    for case in cases::<Case>("mel.json") {
        let window = window(&make(&case.signal), case.n_mels);
        for (frame, expected) in case.frames.iter().zip(case.values.rows()) {
            let found: Vec<f32> = (0..case.n_mels).map(|band| window[band * FRAMES + frame]).collect();
            close(&format!("{}, frame {frame}", case.name), &found, &expected, BOUND);
        }
    }
}
