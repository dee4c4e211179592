//! What the model's files say about tokens, and the language that is heard.
use std::collections::BTreeMap;

use serde::Deserialize;
use whisper::decoding::detect_language;
use whisper::transcribe::SpeechModel;

use crate::files::{cases, demo_checkpoint, load, window};
use crate::signals::{Part, make};

#[derive(Deserialize)]
struct Case {
    /// Ids that are never sampled.
    never: Vec<u32>,
    texts: Vec<Text>,
    signal: Vec<Part>,
    /// The likeliest languages.
    languages: BTreeMap<String, f32>,
}

#[derive(Deserialize)]
struct Text {
    text: String,
    tokens: Vec<u32>,
}

#[test]
fn texts_have_the_tokens_they_have_in_the_reference() {
    let vocabulary = demo_checkpoint().vocabulary;
    for Text { text, tokens } in cases::<Case>("vocabulary.json").remove(0).texts {
        assert_eq!(vocabulary.encode(&text), tokens, "{text:?}");
        assert_eq!(vocabulary.decode(&tokens), text);
    }
}

#[test]
fn the_same_tokens_are_never_said() {
    assert_eq!(demo_checkpoint().vocabulary.suppressed(), cases::<Case>("vocabulary.json").remove(0).never);
}

#[test]
fn the_language_is_as_likely_as_in_the_reference() {
    let case = cases::<Case>("vocabulary.json").remove(0);
    let model = load(demo_checkpoint());
    let heard = model.pace().finish(model.encode(&window(&make(&case.signal), model.dims().n_mels)));
    let (code, probability) = model.pace().finish(detect_language(&mut model.decoder(&heard))).unwrap();
    let expected = case.languages.iter().max_by(|a, b| a.1.total_cmp(b.1)).unwrap();
    assert_eq!(code, *expected.0);
    assert!((probability - expected.1).abs() < 1e-3, "{code} is {probability}; expected {}", expected.1);
}
