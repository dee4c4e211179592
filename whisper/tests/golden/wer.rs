//! How many words of the demo model's recordings are understood.
use std::rc::Rc;

use serde::Deserialize;
use whisper::transcribe::Options;

use crate::errors::errors;
use crate::files::{demo, demo_checkpoint, load};
use crate::transcripts::transcribe;
use crate::wav;

/// Share of words that may be wrong. The recordings include held-out voices, noise and a long one.
const BOUND: f64 = 0.05;

/// What was said in a recording.
#[derive(Deserialize)]
struct Said {
    text: String,
}

#[test]
fn the_demo_model_understands_its_recordings() {
    let model = Rc::new(load(demo_checkpoint()));
    let (mut wrong, mut count) = (0, 0);
    let mut recordings: Vec<_> =
        std::fs::read_dir(demo().join("recordings")).unwrap().map(|it| it.unwrap().path()).collect();
    recordings.retain(|it| it.extension().is_some_and(|it| it == "wav"));
    recordings.sort();
    for path in recordings {
        let text = std::fs::read_to_string(path.with_extension("json")).unwrap();
        let Said { text: said } = serde_json::from_str(&text).unwrap();
        let options = Options { language: Some("en".to_owned()), ..Options::default() };
        let written = transcribe(&model, &wav::read(&path), options).text;
        let (errors, words) = errors(&said, &written);
        println!("{}: {errors} of {words} words wrong", path.display());
        (wrong, count) = (wrong + errors, count + words);
    }
    let rate = f64::from(wrong) / f64::from(count);
    println!("word error rate: {:.1} % ({wrong} of {count})", rate * 100.0);
    assert!(rate <= BOUND, "{wrong} of {count} words are wrong");
}

#[test]
fn a_word_is_wrong_if_it_is_another_or_missing_or_too_many() {
    let rate = |written| errors("It is 7 o'clock, Anna.", written);
    assert_eq!(rate("it is 7 o'clock anna"), (0, 5));
    assert_eq!(rate("it was 7 o'clock"), (2, 5));
    assert_eq!(rate("so it is 7 o'clock, anna."), (1, 5));
    assert_eq!(rate(""), (5, 5));
}
