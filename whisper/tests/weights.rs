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

#[test]
fn random_weights_follow_their_rule() {
    // By a program of a few lines in another language.
    let cases = [
        ("encoder.conv1.weight", [0x3c1d_c700, 0xbec9_a4a0, 0x3ec1_2e88]),
        ("decoder.blocks.1.cross_attn_ln.weight", [0x3f86_0e0a, 0x3f7f_bb72, 0x3f84_93e9]),
        ("decoder.ln.bias", [0xbadc_d18f, 0xbbad_0fb0, 0x3bd6_bb2e]),
        ("decoder.token_embedding.weight", [0x3d73_17da, 0x3e84_f927, 0x3dc3_cb34]),
    ];
    for (tensor, expected) in cases {
        let all = values(&small(), tensor);
        let found = [all[0], all[1], all[all.len() - 1]].map(f32::to_bits);
        assert_eq!(found, expected, "{tensor}");
    }
}

#[test]
fn rows_are_read_alone_and_appended() {
    let model = opened(ggml(&small(), Kind::Q5_0).unwrap()).unwrap();
    for tensor in TENSORS {
        let (all, row) = (values(&model, tensor), *model.shape(tensor).unwrap().last().unwrap());
        let mut out = vec![1.0];
        let first = (all.len() / row - 1) * row;
        model.read(tensor, first, row, &mut out).unwrap();
        assert_eq!(out[1..], all[first..], "{tensor}");
    }
    let wrong = [(1, 32), (0, 31), (0, 32 * 129), (32 * 128, 32), (usize::MAX - 31, 32)];
    for (first, count) in wrong {
        let read = model.read("encoder.blocks.0.mlp.0.weight", first, count, &mut Vec::new());
        assert!(matches!(read, Err(Rejected::Invalid { .. })), "{first}, {count}");
    }
    let missing = model.read("encoder.blocks.1.mlp.0.weight", 0, 32, &mut Vec::new());
    assert_eq!(missing, Err(Rejected::Missing { what: "tensor encoder.blocks.1.mlp.0.weight".to_owned() }));
}

#[test]
fn both_formats_give_one_and_the_same_model() {
    let folder = weights::open(files(hugging_face(&small(), Kind::F16, 1).unwrap())).unwrap();
    let one = opened(ggml(&folder, Kind::F32).unwrap()).unwrap();
    check(&folder, &one, 0.0);
}

#[test]
fn mel_filters_come_from_the_file() {
    let mut model = small();
    model.mel_filters = Some((0..4 * 201_u16).map(f32::from).collect());
    assert_eq!(opened(ggml(&model, Kind::F16).unwrap()).unwrap().mel_filters, model.mel_filters);
}

#[test]
fn special_tokens_that_a_ggml_file_lists_are_no_texts() {
    let mut model = small();
    let own = model.vocabulary.clone();
    model.vocabulary.texts.extend([b"<|endoftext|>".to_vec(), b"<|startoftranscript|>".to_vec()]);
    assert_eq!(opened(ggml(&model, Kind::F32).unwrap()).unwrap().vocabulary, own);
}

#[test]
fn encoder_positions_that_a_folder_lacks_are_sinusoids() {
    let mut folder = hugging_face(&small(), Kind::F32, 1).unwrap();
    edit(&mut folder, "model.safetensors", "encoder.embed_positions", "another.embed_positions");
    let model = weights::open(files(folder)).unwrap();
    let positions = values(&model, "encoder.positional_embedding");
    assert_eq!(model.shape("encoder.positional_embedding"), Some(vec![6, 32]));
    assert_eq!(positions[..16], [0.0; 16]);
    assert_eq!(positions[16..32], [1.0; 16]);
    // sin and cos of 5, and of 5 / 10000.
    let (found, expected) =
        ([160, 176, 175, 191].map(|at| positions[at]), [-0.958_924_3, 0.283_662_2, 5e-4, 0.999_999_9]);
    found.iter().zip(expected).for_each(|(found, expected)| assert!((found - expected).abs() < 1e-6));
}

/// Replaces text in a file; of a `.safetensors` file in the header, by text of equal length.
fn edit(folder: &mut [(String, Vec<u8>)], name: &str, old: &str, new: &str) {
    let (_, bytes) = folder.iter_mut().find(|it| it.0 == name).unwrap();
    let at = bytes.windows(old.len()).position(|it| it == old.as_bytes()).expect("the file has it");
    bytes.splice(at..at + old.len(), new.bytes());
}

#[track_caller]
fn check_folder(name: &str, old: &str, new: &str, expected: &str) {
    let mut folder = hugging_face(&small(), Kind::F32, 1).unwrap();
    edit(&mut folder, name, old, new);
    let error = weights::open(files(folder)).err().map(|it| it.to_string());
    assert_eq!(error.as_deref(), Some(expected));
}

#[test]
fn a_folder_that_contradicts_itself_is_refused_by_name() {
    let (config, tensors, words) = ("config.json", "model.safetensors", "tokenizer.json");
    check_folder(
        config,
        "\"d_model\":32",
        "\"d_model\":64",
        "tensor encoder.conv1.weight has shape [32, 4, 3]; expected [64, 4, 3]",
    );
    check_folder(
        config,
        "\"d_model\":32",
        "\"d_model\":33",
        "config.json: a width of 33 does not split into halves and into [2, 4] heads",
    );
    check_folder(
        config,
        "\"decoder_layers\":2",
        "\"decoder_layers\":99999",
        "config.json: n_text_layer is 99999; expected 1 to 256",
    );
    check_folder(
        config,
        "\"decoder_layers\":2",
        "\"decoder_layers\":3",
        "tensor decoder.blocks.2.attn_ln.weight is missing",
    );
    check_folder(config, "gelu", "relu", "config.json: activation_function is relu; expected gelu");
    check_folder(
        config,
        "\"tie_word_embeddings\":true",
        "\"tie_word_embeddings\":false",
        "config.json: tie_word_embeddings is false; expected true",
    );
    check_folder(
        "preprocessor_config.json",
        "16000",
        "8000",
        "preprocessor_config.json: sampling_rate is 8000; expected 16000",
    );
    check_folder(
        "generation_config.json",
        "[[1,0]",
        "[[2,0]",
        "generation_config.json: alignment head (2, 0) is none of the decoder's",
    );
    check_folder(
        tensors,
        "\"F32\"",
        "\"I32\"",
        "tensor model.decoder.embed_positions.weight is stored as I32, which is not known",
    );
    check_folder(
        tensors,
        "decoder.layer_norm.bias",
        "decoder.layer_norm.bios",
        "tensor decoder.ln.bias is missing",
    );
    check_folder(words, "<|translate|>", "<|translite|>", "token <|translate|> in tokenizer.json is missing");
}

#[track_caller]
fn check_without(name: &str, expected: &str) {
    let mut folder = hugging_face(&small(), Kind::F32, 3).unwrap();
    folder.retain(|it| it.0 != name);
    let error = weights::open(files(folder)).err().map(|it| it.to_string());
    assert_eq!(error.as_deref(), Some(expected));
}

#[test]
fn a_file_that_is_needed_and_missing_is_named() {
    for name in ["config.json", "tokenizer.json", "model-00002-of-00003.safetensors"] {
        check_without(name, &format!("{name} is missing"));
    }
    check_without("model.safetensors.index.json", "model.safetensors is missing");
    let none = weights::open(Vec::new()).err();
    assert_eq!(none, Some(Rejected::Missing { what: "a model file".to_owned() }));
}

#[test]
fn a_folder_goes_without_the_files_that_not_all_have() {
    let model = small();
    let mut folder = hugging_face(&model, Kind::F32, 1).unwrap();
    folder.retain(|it| !["generation_config.json", "preprocessor_config.json"].contains(&it.0.as_str()));
    edit(
        &mut folder,
        "config.json",
        "{",
        "{\"suppress_tokens\":[3,-7,99999],\"begin_suppress_tokens\":[-1],",
    );
    let read = weights::open(files(folder)).unwrap();
    assert_eq!((read.vocabulary.suppress, read.vocabulary.begin_suppress), (Some(vec![3]), None));
    assert_eq!((read.alignment_heads, read.vocabulary.multilingual), (model.alignment_heads, true));
}

/// Changes 4 bytes of a ggml file.
#[track_caller]
fn check_ggml(at: usize, value: u32, expected: &str) {
    let mut bytes = ggml(&small(), Kind::F32).unwrap();
    bytes[at..at + 4].copy_from_slice(&value.to_le_bytes());
    let error = opened(bytes).err().map(|it| it.to_string());
    assert_eq!(error.as_deref(), Some(expected));
}

#[test]
fn a_ggml_file_that_contradicts_itself_is_refused_by_name() {
    let name = "ggml-small.bin";
    check_ggml(
        0,
        u32::from_le_bytes(*b"GGUF"),
        &format!("{name} is no model file: it begins with [47, 47, 55, 46]"),
    );
    check_ggml(4, u32::MAX, &format!("{name}: n_vocab is -1; expected 0 to 2147483647"));
    check_ggml(4, 1 << 30, &format!("{name}: n_vocab is 1073741824; expected 1 to 1048576"));
    check_ggml(
        4,
        1600,
        &format!("{name}: 1600 ids for 296 texts; expected 1805 and one more per language, 100 at most"),
    );
    check_ggml(12, 64, &format!("{name}: the encoder is 64 wide, the decoder 32; expected the same"));
    check_ggml(20, 2, "tensor encoder.blocks.1.attn_ln.weight is missing");
    check_ggml(48, 80, &format!("{name}: mel filters 80 x 201; expected 4 x 201"));
    check_ggml(56 + 4 * 4 * 201, 2000, &format!("{name}: the count of tokens is 2000; expected 0 to 1904"));
    check_ggml(
        60 + 4 * 4 * 201,
        1 << 30,
        &format!("{name}: the length of a token is 1073741824; expected 0 to 1024"),
    );
}

#[test]
fn quantised_blocks_of_another_version_are_refused() {
    let mut bytes = ggml(&small(), Kind::Q4_0).unwrap();
    bytes[44..48].copy_from_slice(&1002_u32.to_le_bytes());
    let error = opened(bytes).err().unwrap().to_string();
    assert_eq!(error, "ggml-small.bin: version 1 of quantisation; expected 2");
}

#[test]
fn memory_is_asked_for_before_it_is_taken() {
    let tiny = Dims {
        n_mels: 80,
        n_audio_ctx: 1500,
        n_audio_state: 384,
        n_audio_head: 6,
        n_audio_layer: 4,
        n_vocab: 51_865,
        n_text_ctx: 448,
        n_text_state: 384,
        n_text_head: 6,
        n_text_layer: 4,
    };
    let (weights, largest, caches) = (37_760_640, 51_865 * 384, 2 * 4 * (1500 + 5 * 448) * 384);
    let (encoder, logits) = (1500 * (18 * 384 + 2 * 80 + 1500), 2 * 5 * 51_865);
    let needed = tiny.memory_needed();
    assert_eq!(needed, 4 * (weights + largest + encoder + caches + logits));
    assert_eq!(weights::check_memory(needed, needed), Ok(()));
    let refused = Rejected::TooLarge { needed, available: needed - 1 };
    assert_eq!(weights::check_memory(needed, needed - 1), Err(refused));
}
