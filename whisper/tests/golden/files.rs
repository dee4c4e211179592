//! Golden files, the demo model, and how numbers are compared.
use std::path::{Path, PathBuf};

use serde::Deserialize;
use serde::de::DeserializeOwned;
use whisper::Pace;
use whisper::audio::{self, LogMel};
use whisper::model::Model;
use whisper::weights::testing::file;
use whisper::weights::{self, Checkpoint};

const MISSING: &str = "golden files are written by tests/reference/make_golden.py";
/// Samples and frames of a window.
const SAMPLES: usize = 480_000;
pub(crate) const FRAMES: usize = 3000;
/// Samples on each side of a frame's centre.
const REACH: usize = 200;

/// The cases of a golden file.
pub(crate) fn cases<T: DeserializeOwned>(name: &str) -> Vec<T> {
    let text = std::fs::read_to_string(data().join(name)).expect(MISSING);
    let cases: Vec<T> = serde_json::from_str(&text).unwrap_or_else(|why| panic!("{name}: {why}"));
    assert!(!cases.is_empty(), "{name} has no cases");
    cases
}

/// Numbers in a file of their own.
#[derive(Debug, Deserialize)]
pub(crate) struct Tensor {
    file: String,
    shape: Vec<usize>,
}

impl Tensor {
    /// Its rows: the last dimension.
    pub(crate) fn rows(&self) -> Vec<Vec<f32>> {
        let bytes = std::fs::read(data().join(&self.file)).expect(MISSING);
        assert_eq!(bytes.len(), self.shape.iter().product::<usize>() * 4, "{}", self.file);
        let values: Vec<f32> =
            bytes.chunks_exact(4).map(|it| f32::from_le_bytes(it.try_into().unwrap())).collect();
        values.chunks_exact(*self.shape.last().unwrap()).map(<[f32]>::to_vec).collect()
    }
}

fn data() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden/data")
}

/// The demo model's folder: `hf` and `recordings`.
pub(crate) fn demo() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("demo-model")
}

/// The demo model's files, opened.
pub(crate) fn demo_checkpoint() -> Checkpoint {
    let folder = std::fs::read_dir(demo().join("hf")).unwrap();
    let files = folder.map(|entry| {
        let path = entry.unwrap().path();
        file(path.file_name().unwrap().to_str().unwrap(), std::fs::read(&path).unwrap())
    });
    weights::open(files.collect()).unwrap()
}

pub(crate) fn load(checkpoint: Checkpoint) -> Model {
    let pace = Pace::default();
    pace.finish(Model::load(checkpoint, pace.clone(), |_| {})).unwrap()
}

/// Log-mel of one window as a model hears it, silence behind the samples: `[n_mels, 3000]`.
pub(crate) fn window(samples: &[f32], n_mels: usize) -> Vec<f32> {
    let mirrored = (1..=REACH).rev().map(|at| samples[at]);
    let mut padded: Vec<f32> = mirrored.chain(samples.iter().copied()).collect();
    padded.resize(SAMPLES + 2 * REACH, 0.0);
    let mut frames = Vec::new();
    LogMel::new(n_mels, None).frames(&padded, FRAMES, &mut frames);
    let max = frames.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    audio::normalised(&frames, n_mels, FRAMES, max)
}

/// No number is further from the expected one than `bound`.
#[track_caller]
pub(crate) fn close(what: &str, found: &[f32], expected: &[f32], bound: f32) {
    assert_eq!(found.len(), expected.len(), "{what}");
    let apart = |at: &usize| (found[*at] - expected[*at]).abs();
    // A difference that is no number is the worst of all.
    let worst = (0..found.len()).max_by(|a, b| apart(a).total_cmp(&apart(b))).unwrap();
    let (found, expected, apart) = (found[worst], expected[worst], apart(&worst));
    assert!(
        apart <= bound,
        "{what}: {found} at {worst}; expected {expected} ±{bound:e}, it is {apart:e} off"
    );
}
