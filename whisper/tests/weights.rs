//! Model files: what is written is read, and what cannot be is refused by name.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]
use whisper::weights::testing::{Kind, file, files, ggml, hugging_face};
use whisper::weights::{self, Checkpoint, Dims, Rejected};

/// A model of all parts, as small as blocks of 32 allow.
const SMALL: Dims = Dims {
    n_mels: 4,
    n_audio_ctx: 6,
    n_audio_state: 32,
    n_audio_head: 2,
    n_audio_layer: 1,
    n_vocab: 256 + 40 + 99 + 1509,
    n_text_ctx: 8,
    n_text_state: 32,
    n_text_head: 4,
    n_text_layer: 2,
};

fn small() -> Checkpoint {
    Checkpoint::random(SMALL, 7).unwrap()
}

fn opened(bytes: Vec<u8>) -> Result<Checkpoint, Rejected> {
    weights::open(vec![file("ggml-small.bin", bytes)])
}

fn values(model: &Checkpoint, tensor: &str) -> Vec<f32> {
    let count = model.shape(tensor).unwrap().iter().product();
    let mut out = Vec::new();
    model.read(tensor, 0, count, &mut out).unwrap();
    out
}

/// One of each: convolution, matrix, bias, norm, embeddings.
const TENSORS: [&str; 8] = [
    "encoder.conv2.weight",
    "encoder.conv1.bias",
    "encoder.positional_embedding",
    "encoder.blocks.0.mlp.0.weight",
    "decoder.token_embedding.weight",
    "decoder.blocks.1.cross_attn.value.bias",
    "decoder.blocks.1.cross_attn_ln.weight",
    "decoder.ln.bias",
];

/// `read` has what `model` has, up to `tolerance` times the largest value of a tensor.
#[track_caller]
fn check(model: &Checkpoint, read: &Checkpoint, tolerance: f32) {
    assert_eq!(read.dims, model.dims);
    assert_eq!(read.vocabulary, model.vocabulary);
    assert_eq!(read.alignment_heads, model.alignment_heads);
    for tensor in TENSORS {
        assert_eq!(read.shape(tensor), model.shape(tensor), "{tensor}");
        let (expected, found) = (values(model, tensor), values(read, tensor));
        let most = expected.iter().fold(0.0_f32, |most, it| most.max(it.abs()));
        for (expected, found) in expected.iter().zip(&found) {
            assert!((expected - found).abs() <= tolerance * most, "{tensor}: {found}, not {expected}");
        }
    }
}

#[test]
fn a_ggml_file_says_what_was_written_in_every_kind() {
    let kinds = [
        (Kind::F32, 0.0),
        (Kind::F16, 0.0005),
        (Kind::Q8_0, 0.005),
        (Kind::Q5_1, 0.04),
        (Kind::Q5_0, 0.07),
        (Kind::Q4_1, 0.08),
        (Kind::Q4_0, 0.15),
    ];
    for (kind, tolerance) in kinds {
        let model = small();
        check(&model, &opened(ggml(&model, kind).unwrap()).unwrap(), tolerance);
    }
}

#[test]
fn a_hugging_face_folder_says_what_was_written_in_one_file_or_in_shards() {
    for (kind, tolerance, shards) in [(Kind::F32, 0.0, 1), (Kind::F16, 0.0005, 1), (Kind::Bf16, 0.004, 3)] {
        let model = small();
        let folder = files(hugging_face(&model, kind, shards).unwrap());
        check(&model, &weights::open(folder).unwrap(), tolerance);
    }
}
