//! The same weights in other formats say the same.
use std::rc::Rc;

use whisper::model::Model;
use whisper::transcribe::{Options, SpeechModel, Transcript};
use whisper::weights::testing::{Kind, file, files, ggml, hugging_face};
use whisper::weights::{self, Checkpoint, ModelFile};

use crate::files::{close, demo, demo_checkpoint, load, window};
use crate::transcripts::transcribe;
use crate::wav;

const RECORDING: &str = "date-time.wav";

fn samples() -> Vec<f32> {
    wav::read(&demo().join("recordings").join(RECORDING))
}

fn written(model: &Rc<Model>) -> Transcript {
    let options = Options { language: Some("en".to_owned()), temperatures: vec![0.0], ..Options::default() };
    transcribe(model, &samples(), options)
}

fn encoder_output(model: &Model) -> Vec<f32> {
    model.pace().finish(model.encode(&window(&samples(), model.dims().n_mels))).output
}

fn opened(files: Vec<ModelFile>) -> Rc<Model> {
    Rc::new(load(weights::open(files).unwrap()))
}

fn as_ggml(checkpoint: &Checkpoint, kind: Kind) -> Rc<Model> {
    opened(vec![file("ggml-demo.bin", ggml(checkpoint, kind).unwrap())])
}

#[test]
fn whole_numbers_lose_nothing_on_the_way_through_a_format() {
    let checkpoint = demo_checkpoint();
    let own = Rc::new(load(demo_checkpoint()));
    let (text, output) = (written(&own), encoder_output(&own));
    assert!(!text.segments.is_empty());
    let others = [
        ("ggml, f32", as_ggml(&checkpoint, Kind::F32)),
        ("Hugging Face, f32, two files", opened(files(hugging_face(&checkpoint, Kind::F32, 2).unwrap()))),
        ("Hugging Face, f16", opened(files(hugging_face(&checkpoint, Kind::F16, 1).unwrap()))),
    ];
    for (name, model) in others {
        close(name, &encoder_output(&model), &output, 0.0);
        assert_eq!(written(&model).segments, text.segments, "{name}");
    }
}

#[test]
fn the_demo_model_says_the_same_from_its_ggml_file() {
    let checkpoint =
        weights::open(vec![file("ggml-demo.bin", std::fs::read(demo().join("ggml-demo.bin")).unwrap())]);
    let checkpoint = checkpoint.unwrap();
    let (own, other) = (demo_checkpoint().vocabulary, &checkpoint.vocabulary);
    assert_eq!((&own.texts, &own.languages, own.len), (&other.texts, &other.languages, other.len));
    assert_eq!(
        (own.eot, own.no_speech, own.timestamp_begin),
        (other.eot, other.no_speech, other.timestamp_begin)
    );
    assert_eq!(own.suppressed_at_begin(), other.suppressed_at_begin());
    let (found, expected) = (written(&Rc::new(load(checkpoint))), written(&Rc::new(load(demo_checkpoint()))));
    let placed = |it: &Transcript| {
        it.segments.iter().map(|it| (it.text.clone(), it.tokens.clone())).collect::<Vec<_>>()
    };
    assert_eq!(placed(&found), placed(&expected));
}

#[test]
fn quantised_files_say_the_same() {
    let checkpoint = demo_checkpoint();
    let text = written(&Rc::new(load(demo_checkpoint()))).text;
    for kind in [Kind::F16, Kind::Q8_0, Kind::Q5_1, Kind::Q5_0] {
        assert_eq!(written(&as_ggml(&checkpoint, kind)).text, text, "{kind:?}");
    }
}
