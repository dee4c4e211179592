//! The demo model: two formats, one model.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]
use std::path::Path;

use whisper::weights::testing::{file, files};
use whisper::weights::{self, Checkpoint};

fn values(model: &Checkpoint, tensor: &str) -> Vec<f32> {
    let count = model.shape(tensor).expect(tensor).iter().product();
    let mut out = Vec::new();
    model.read(tensor, 0, count, &mut out).unwrap();
    out
}

#[test]
fn its_folder_and_its_ggml_file_are_the_same_model() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("demo-model");
    let (folder, one) = (root.join("hf"), root.join("ggml-demo.bin"));
    // A checkout may have the recipe alone; half of a model is a mistake.
    if !folder.exists() && !one.exists() {
        return;
    }
    let entries = std::fs::read_dir(folder).unwrap().map(Result::unwrap);
    let all = entries.map(|it| (it.file_name().into_string().unwrap(), std::fs::read(it.path()).unwrap()));
    let folder = weights::open(files(all.collect())).unwrap();
    let one = weights::open(vec![file("ggml-demo.bin", std::fs::read(one).unwrap())]).unwrap();
    assert_eq!(folder.dims, one.dims);
    assert_eq!(folder.vocabulary.texts, one.vocabulary.texts);
    assert_eq!(folder.vocabulary.languages, one.vocabulary.languages);
    assert_eq!(folder.vocabulary.timestamp_begin, one.vocabulary.timestamp_begin);
    let sentence = "The quick brown fox; it's 21 o'clock.";
    assert_eq!(folder.vocabulary.encode(sentence), one.vocabulary.encode(sentence));
    assert_eq!(folder.vocabulary.decode(&folder.vocabulary.encode(sentence)), sentence);
    // One keeps biases as f16, the other as f32.
    for tensor in ["encoder.conv1.weight", "decoder.token_embedding.weight", "decoder.ln.bias"] {
        let pairs = values(&folder, tensor).into_iter().zip(values(&one, tensor));
        let worst = pairs.fold(0.0_f32, |worst, (a, b)| worst.max((a - b).abs() / a.abs().max(1.0)));
        assert!(worst < 1e-3, "{tensor}: {worst}");
    }
}
