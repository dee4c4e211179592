//! Word error rate of a model on recordings: WAV files of 16 bits, 16 kHz, mono, each with a JSON file that has its `text`.
//!
//!     cargo run -p whisper --example wer -- [MODEL] [RECORDINGS]
//!
//! `MODEL` is a Hugging Face folder or a ggml file; without, the demo model and its recordings are taken.
use std::path::{Path, PathBuf};
use std::rc::Rc;

use whisper::Pace;
use whisper::audio::LogMel;
use whisper::model::Model;
use whisper::transcribe::{Options, SpeechModel, Step, Transcriber};
use whisper::weights::testing::file;
use whisper::weights::{self, ModelFile};

#[path = "../tests/golden/errors.rs"]
mod errors;
#[path = "../tests/golden/wav.rs"]
mod wav;

type Failure = Box<dyn std::error::Error>;

fn main() -> Result<(), Failure> {
    let mut given = std::env::args().skip(1).map(PathBuf::from);
    let demo = Path::new(env!("CARGO_MANIFEST_DIR")).join("demo-model");
    let model = given.next().unwrap_or_else(|| demo.join("hf"));
    let recordings = given.next().unwrap_or_else(|| demo.join("recordings"));
    let model = load(&model)?;
    let (mut wrong, mut count) = (0, 0);
    for path in sorted(&recordings)?.into_iter().filter(|it| it.extension().is_some_and(|it| it == "wav")) {
        let beside: serde_json::Value = serde_json::from_slice(&std::fs::read(path.with_extension("json"))?)?;
        let said = beside["text"].as_str().ok_or("a recording has no text")?;
        let written = transcribe(&model, &wav::read(&path))?;
        let (errors, words) = errors::errors(said, &written);
        println!("{}: {errors} of {words} words wrong\n  {}", path.display(), written.trim());
        (wrong, count) = (wrong + errors, count + words);
    }
    println!(
        "word error rate: {:.2} % ({wrong} of {count})",
        100.0 * f64::from(wrong) / f64::from(count.max(1))
    );
    Ok(())
}

fn sorted(folder: &Path) -> std::io::Result<Vec<PathBuf>> {
    let mut paths =
        std::fs::read_dir(folder)?.map(|it| Ok(it?.path())).collect::<std::io::Result<Vec<_>>>()?;
    paths.sort();
    Ok(paths)
}

fn load(path: &Path) -> Result<Rc<Model>, Failure> {
    let paths = if path.is_dir() { sorted(path)? } else { vec![path.to_owned()] };
    let opened = |path: PathBuf| -> std::io::Result<ModelFile> {
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        Ok(file(&name, std::fs::read(path)?))
    };
    let files = paths.into_iter().map(opened).collect::<std::io::Result<Vec<_>>>()?;
    let pace = Pace::default();
    let checkpoint = weights::open(files)?;
    Ok(Rc::new(pace.finish(Model::load(checkpoint, pace.clone(), |_| {}))?))
}

fn transcribe(model: &Rc<Model>, samples: &[f32]) -> Result<String, Failure> {
    let options = Options { language: Some("en".to_owned()), ..Options::default() };
    let mut transcriber = Transcriber::new(model.clone(), LogMel::new(model.dims().n_mels, None), options)?;
    transcriber.push(samples);
    transcriber.end();
    while transcriber.step(Pace::TURN) != Step::Done {}
    Ok(transcriber.transcript().text)
}
