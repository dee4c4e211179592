//! The signals that golden files were made of; `tests/reference/signals.py` makes the same.
use serde::Deserialize;

use crate::{files, wav};

/// A part of a signal.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
pub(crate) enum Part {
    Recording {
        recording: String,
        #[serde(default)]
        from: usize,
        to: Option<usize>,
        #[serde(default = "unchanged")]
        gain: f32,
    },
    Noise {
        noise: u64,
        samples: usize,
        amplitude: f32,
    },
    Chirp {
        #[serde(rename = "chirp")]
        _chirp: bool,
        samples: usize,
    },
    Silence {
        silence: usize,
    },
}

fn unchanged() -> f32 {
    1.0
}

/// All parts, one after the other.
pub(crate) fn make(parts: &[Part]) -> Vec<f32> {
    parts.iter().flat_map(make_part).collect()
}

fn make_part(part: &Part) -> Vec<f32> {
    match part {
        Part::Recording { recording, from, to, gain } => {
            let samples = wav::read(&files::demo().join("recordings").join(recording));
            samples[*from..to.unwrap_or(samples.len())].iter().map(|it| it * gain).collect()
        }
        Part::Noise { noise: seed, samples, amplitude } => noise(*seed, *samples, *amplitude),
        Part::Chirp { samples, .. } => chirp_and_noise(*samples),
        Part::Silence { silence } => vec![0.0; *silence],
    }
}

/// White noise, uniform in ±amplitude.
fn noise(seed: u64, count: usize, amplitude: f32) -> Vec<f32> {
    let step = 0x9e37_79b9_7f4a_7c15u64;
    let states = (1..=count as u64).map(|at| seed.wrapping_add(step.wrapping_mul(at)));
    states.map(|state| ((splitmix(state) >> 40) as f32 / (1 << 23) as f32 - 1.0) * amplitude).collect()
}

/// The output of splitmix64 in a state.
fn splitmix(state: u64) -> u64 {
    let z = (state ^ (state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

/// A tone that rises from 100 Hz by 500 Hz a second, over soft noise.
fn chirp_and_noise(count: usize) -> Vec<f32> {
    let tone = |at: usize| {
        let t = at as f64 / 16_000.0;
        (0.5 * (std::f64::consts::TAU * (100.0 * t + 250.0 * t * t)).sin()) as f32
    };
    noise(7, count, 0.05).into_iter().enumerate().map(|(at, noise)| tone(at) + noise).collect()
}
